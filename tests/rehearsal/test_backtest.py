"""Backtests: the fees of a run, added up; in constant memory."""

import json
import sys
from datetime import timedelta
from math import isclose
from tempfile import NamedTemporaryFile

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import rulegrid as door
from rulegrid.engine.limits import flag_names
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.histories import open_history
from rulegrid.gateway.histories.writing import FeesFile
from rulegrid.gateway.replay import open_replay
from rulegrid.metrics import METRICS
from rulegrid.rehearsal.backtest import Evaluation, Tally, Watching, backtest, evaluate, tally
from rulegrid.rehearsal.rehearse import RehearsalError, rehearse
from tests.building import program
from tests.console import ROOT, rulegrid
from tests.yardstick import peak_memory

RULES = sorted((ROOT / "rules").glob("*.yaml"))
RULES = [path for path in RULES if not path.name.endswith(".test.yaml")]
BANDS = str(ROOT / "rules" / "import_bands.yaml")
QUARTER = timedelta(minutes=15)


def city():
    history, _ = open_history("")
    return history


def blocks_of_city():
    return city().blocks(QUARTER, METRICS)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_backtest_of_the_city_day_has_the_fees_of_its_rehearsal(path):
    """To the bit, in every area and slot, with the same limits: both are the same fold."""
    rulebook = door.compile_rulebook(str(path))
    link, _ = open_replay("replay:", Wire(percent=rulebook.fee_dimension.percent))
    cycles = [slot.cycle for slot in rehearse(rulebook, link) if slot.cycle is not None]
    outcomes = list(evaluate(rulebook, blocks_of_city()))
    for name in ("fee", "raw", "flags", "rule"):
        rehearsed = np.stack([getattr(cycle, name) for cycle in cycles])
        tested = np.concatenate([getattr(outcome, name) for outcome in outcomes])
        np.testing.assert_array_equal(rehearsed, tested)


def by_hand(path: str, place: int, charged_before: dict[int, float]) -> dict[str, float]:
    """What a backtest says of one area of the city, added up slot by slot."""
    rulebook = door.compile_rulebook(path)
    fees, flags = {}, {}
    for outcome in evaluate(rulebook, blocks_of_city()):
        for row in range(outcome.block.slots):
            fees[len(fees)] = float(outcome.fee[row, place])
            flags[len(flags)] = int(outcome.flags[row, place])
    (block,) = blocks_of_city()
    volume = block.columns["volume"][:, place]
    earned = 0.0
    for row, energy in enumerate(volume):
        fee = fees[row - 2] if row >= 2 else charged_before[row]
        earned += 0.0 if np.isnan(energy) else fee * float(energy) / 100
    return {
        "mean_fee": sum(fees.values()) / len(fees),
        "changes": sum(fees[row] != fees[row - 1] for row in range(1, len(fees))),
        "revenue_eur": earned,
        "max_change": sum("max_change" in flag_names(each) for each in flags.values()),
    }


def test_the_sums_are_those_that_one_makes_by_hand():
    """Mean, changes, slots at a limit, and the revenue of the slot that each fee applied to."""
    (block,) = blocks_of_city()
    place = block.grid.paths.index("Grid/Factory")
    recorded = {row: float(block.columns["last_fee"][row, place]) for row in range(2)}
    wanted = by_hand(BANDS, place, recorded)
    found = backtest([door.compile_rulebook(BANDS)], city()).results[0]
    (area,) = (area for area in found.areas if area.area == "Grid/Factory")
    assert isclose(wanted["mean_fee"], area.mean_fee)
    assert isclose(wanted["revenue_eur"], area.revenue_eur)
    assert wanted["max_change"] == area.slots_at_limit["max_change"]
    assert wanted["changes"] <= area.changes <= wanted["changes"] + 1  # the first slot's too


def test_fees_as_recorded_earn_what_was_recorded():
    """The revenue of fees that are just those of the recording is the recorded revenue."""
    text = "areas:\n  '*': default(current_fee, 0)\nlimits: {decimals: 9}\nwhen_no_data: 0\n"
    (result,) = backtest([program(text)], city()).results
    (block,) = blocks_of_city()
    last_fee, volume = block.columns["last_fee"], block.columns["volume"]
    recorded = block.columns["fee_revenue"]
    recorded = np.where(np.isnan(recorded), last_fee * volume, recorded)
    assert isclose(float(np.nansum(recorded)) / 100, result.total.recorded_revenue_eur)
    payers = [area for area in result.areas if area.area.count("/") == 1]
    grid = result.areas[0]
    assert sum(area.paid_eur for area in payers) <= grid.revenue_eur + 1e-9


def test_tallies_of_parts_are_the_tally_of_the_whole():
    """So parts can be added up anywhere, in any grouping."""
    rulebook = door.compile_rulebook(BANDS)
    (block,) = blocks_of_city()
    parts = [block.rows(start, min(start + 7, 95), QUARTER) for start in range(0, 95, 7)]
    whole = [tally(outcome) for outcome in evaluate(rulebook, [block])]
    pieces = [tally(outcome) for outcome in evaluate(rulebook, parts)]
    assert 14 == len(pieces)
    total = Tally.nothing(block.grid)
    for piece in pieces:
        total = total.plus(piece)
    for name, numbers in whole[0].sums().items():
        np.testing.assert_allclose(numbers, total.sums()[name], err_msg=name)


def test_a_tree_that_grows_keeps_what_was_added_up():
    """An area that comes late begins from nothing; the others go on."""
    rulebook = program("areas:\n  '*': import / 1 kWh\n")
    rows = ["slot,area,import,volume"]
    rows += [f"2026-01-01T{hour:02}:00,Grid,{hour},1" for hour in range(1)]
    rows += ["2026-01-01T00:15,Grid,3,1", "2026-01-01T00:15,Grid/Late,5,1"]
    result = backtested(rulebook, "\n".join(rows))
    assert [("Grid", 2, 1.5), ("Grid/Late", 1, 5.0)] == [
        (area.area, area.slots, area.mean_fee) for area in result.areas
    ]


def backtested(rulebook, text: str):
    with NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        history, findings = open_history(file.name)
        assert () == findings
        return backtest([rulebook], history).results[0]


def test_rulebooks_of_different_slots_are_not_compared():
    """They would not decide at the same times."""
    lengths = ("15 min", "30 min")
    rulebooks = [program(f"slot_length: {length}\nareas:\n  Grid: 1\n") for length in lengths]
    with pytest.raises(RehearsalError, match="different lengths"):
        backtest(rulebooks, city())


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_fees_that_are_written_are_those_decided(tmp_path, ending):
    """A row for each slot and area, with the slot the fee applies to and the limits."""
    path = str(tmp_path / f"fees.{ending}")
    ran = rulegrid("backtest", BANDS, "rules/flat.yaml", "-o", path)
    assert (0, "") == (ran.code, ran.err)
    table = pq.read_table(path) if ending == "parquet" else pa_csv.read_csv(path)
    rows = table.to_pylist()
    assert 2 * 95 * 22 == len(rows)
    assert {BANDS, "rules/flat.yaml"} == {row["rulebook"] for row in rows}
    (outcome,) = evaluate(door.compile_rulebook(BANDS), blocks_of_city())
    fees = [row["fee"] for row in rows if row["rulebook"] == BANDS]
    np.testing.assert_array_equal(outcome.fee.ravel(), fees)
    assert "2021-07-01 00:30" == f"{rows[0]['slot']:%Y-%m-%d %H:%M}"
    assert {"max_change", "decimals", ""} >= {row["limits"] or "" for row in rows}


def test_a_file_that_was_not_finished_is_not_there(tmp_path):
    """Whoever finds one can rely on it."""
    path = tmp_path / "fees.parquet"
    with pytest.raises(RuntimeError), FeesFile(str(path), ["one"]):
        raise RuntimeError
    assert [] == list(tmp_path.iterdir())


def test_a_file_whose_place_is_taken_is_not_there_either(tmp_path):
    """By a folder, before or while it is written."""
    path = tmp_path / "fees.csv"
    with pytest.raises(IsADirectoryError), FeesFile(str(path), ["one"]):
        path.mkdir()
    with pytest.raises(IsADirectoryError):
        FeesFile(str(path), ["one"])
    assert [path] == list(tmp_path.iterdir())


def test_json_has_every_area_of_every_rulebook():
    """And the seconds that each part took, and that energy does not react."""
    ran = rulegrid("backtest", BANDS, "rules/flat.yaml", "--format", "json")
    told = json.loads(ran.out)
    assert [22, 22] == [len(rulebook["areas"]) for rulebook in told["rulebooks"]]
    assert {"reading", "evaluating", "writing"} == set(told["seconds"])
    assert "does not react" in told["note"]
    assert 95 == told["slots"]


PLAIN_ALLOCATORS = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Others keep, by chance, up to 30 MB of what was given back."""


A_YEAR = 35_040 * 50 * (3 + 1 + 0.5) * 8
"""Bytes of the year below, were it kept: three metrics, the slots and the numbers of the areas."""


def test_the_memory_of_two_years_is_that_of_one(tmp_path):
    """50 areas, slot by slot for a year and for two: what is read is not kept.

    How far reading is ahead at the worst moment is chance: so the better of two runs counts.
    """
    peaks = []
    for years in (1, 2):
        path = tmp_path / f"{years}.parquet"
        write_years(path, years)
        command = ["-m", "rulegrid", "backtest", BANDS, "--data", str(path), "--format", "json"]
        runs = [peak_memory([sys.executable, *command], PLAIN_ALLOCATORS) for _ in range(2)]
        assert all(years * 35_040 == json.loads(printed)["slots"] for printed, _ in runs)
        peaks.append(min(peak for _, peak in runs))
    assert peaks[1] - peaks[0] < A_YEAR / 2, peaks


def write_years(path, years: int, areas: int = 50) -> None:
    """Made-up years, written month by month."""
    names = pa.array(["Grid", *(f"Grid/House {n}" for n in range(1, areas))])
    schema = pa.schema(
        [
            ("slot", pa.timestamp("s", "UTC")),
            ("area", pa.dictionary(pa.int32(), pa.string())),
            *((name, pa.float64()) for name in ("import", "export", "volume")),
        ]
    )
    rows = 2_920
    numbers = np.arange(rows * areas) % 97 / 8
    with pq.ParquetWriter(path, schema) as writer:
        for month in range(12 * years):
            first = 1_700_000_100 + month * rows * 900
            slots = np.repeat(first + np.arange(rows) * 900, areas)
            columns = [
                pa.array(slots).cast(schema.field("slot").type),
                pa.DictionaryArray.from_arrays(
                    pa.array(np.tile(np.arange(areas, dtype=np.int32), rows)), names
                ),
                *(pa.array(numbers * weight) for weight in (1.0, 0.5, 1.5)),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def test_an_evaluation_goes_on_where_another_ended():
    """With its memory, the second half of a day is decided as if it had seen the first."""
    rulebook = door.compile_rulebook(BANDS)
    (block,) = blocks_of_city()
    first = Evaluation(rulebook)
    parts = [*first.outcomes(block.rows(0, 40, QUARTER))]
    parts += evaluate(rulebook, [block.rows(40, 95, QUARTER)], first.memory)
    whole = list(evaluate(rulebook, [block]))
    np.testing.assert_array_equal(
        np.concatenate([each.fee for each in whole]), np.concatenate([each.fee for each in parts])
    )


def test_who_watches_is_told_of_every_part():
    """Each rulebook's outcomes in order, and the rows that are done."""
    told, rows = [], []
    watching = Watching(lambda number, outcome: told.append((number, outcome.block)), rows.append)
    rulebooks = [door.compile_rulebook(BANDS), door.compile_rulebook("rules/flat.yaml")]
    backtest(rulebooks, city(), watching)
    assert {0, 1} == {number for number, _ in told}
    assert 95 * 22 == sum(rows)
