"""One decision out of a long history: the same as that of a recorded day, read no further."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import rulegrid as door
from rulegrid.gateway.histories import open_history
from rulegrid.grid import later, read_slot, write_slot
from rulegrid.metrics import METRICS
from rulegrid.rehearsal.backtest import NoFeeError, cycle_for
from tests.console import ROOT, rulegrid

QUARTER = timedelta(minutes=15)
BANDS = "rules/import_bands.yaml"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The city day as a table, in both forms."""
    history, _ = open_history("")
    (block,) = history.blocks(QUARTER, METRICS)
    slots = [f"{later(block.first, QUARTER, row):%Y-%m-%dT%H:%M}" for row in range(block.slots)]
    table = {
        "slot": np.repeat(slots, len(block.grid)),
        "area": np.tile(block.grid.paths, block.slots),
        **{name: block.metric(name).ravel() for name in block.columns},
    }
    folder = tmp_path_factory.mktemp("tables")
    pq.write_table(pa.table(table), folder / "day.parquet", row_group_size=500)
    pa_csv.write_csv(pa.table(table), folder / "day.csv")
    return folder


@pytest.mark.parametrize("file", ["day.parquet", "day.csv"])
@pytest.mark.parametrize("rulebook", ["import_bands", "scarcity", "time_of_use"])
@pytest.mark.parametrize("slot", ["2021-07-01T00:30", "2021-07-01T12:45", "2021-07-02T00:00"])
def test_a_table_explains_what_the_recording_explains(tables, rulebook, slot, file):
    """Word by word, windows and fees in force and all."""
    asked = ("explain", "Factory", "--slot", slot, "--rulebook", f"rules/{rulebook}.yaml")
    recorded = rulegrid(*asked)
    assert 0 == recorded.code
    assert recorded == rulegrid(*asked, "--data", str(tables / file))


class Bits:
    """The city day in blocks of 5 slots, which counts those that were asked for."""

    given = 0

    def blocks(self, slot_length, metrics):
        """See `History`."""
        history, _ = open_history("")
        (block,) = history.blocks(slot_length, metrics)
        for start in range(0, block.slots, 5):
            self.given += 1
            yield block.rows(start, start + 5, slot_length)


def test_a_history_is_read_no_further_than_needed():
    """Up to the block that tells of the slot, or to one behind a slot that is not there."""
    program = door.compile_rulebook(str(ROOT / BANDS))
    history = Bits()
    found = cycle_for(read_slot("2021-07-01T02:00"), program, history)
    assert (2, "2021-07-01T02:00") == (history.given, write_slot(found.applies_to))
    history = Bits()
    with pytest.raises(NoFeeError, match="no slot begins"):
        cycle_for(read_slot("2021-07-01T02:07"), program, history)
    assert 2 == history.given


@pytest.mark.parametrize(
    ("slot", "told"),
    [
        ("2021-07-01T00:15", "the first fees are for 2021-07-01T00:30"),
        ("2021-07-03T00:15", "there are fees from 2021-07-01T00:30 to 2021-07-02T00:00"),
        ("2021-07-01T10:07", "no slot begins at 2021-07-01T10:07: slots are 15 min long"),
    ],
)
def test_a_slot_without_a_fee_is_told(tables, slot, told):
    """Which slots there are, and how long they last."""
    history, _ = open_history(str(tables / "day.parquet"))
    program = door.compile_rulebook(str(ROOT / BANDS))
    with pytest.raises(NoFeeError, match=told):
        cycle_for(read_slot(slot), program, history)
