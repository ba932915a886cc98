"""A run that is killed and started again decides what one that was never killed decides."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulegrid.engine.binding import bind
from tests.building import NOON
from tests.laws.drawn import Drawn, drawn
from tests.laws.test_fold import grid_of
from tests.reference.days import Slot, Tree
from tests.reference.evaluator import METRICS
from tests.rehearsal.lived import (
    AFTER_SEND,
    AFTER_SLOT,
    BEFORE_SEND,
    Life,
    Lived,
    Troubles,
    same_columns,
)

DEATHS = [BEFORE_SEND, AFTER_SEND, AFTER_SLOT]
TREE = Tree(["Grid", "Street", "Mill"], [-1, 0, 0], ["id grid", "id street", "id mill"])

RULEBOOK = """\
rulegrid: 1
name: Looks far back
variables:
  flow: average(import - export, 3 slots)
  calm: highest(flow, 4 slots) - previous(flow, 2 slots)
areas:
  Grid:
    fee: default(calm / 1 kWh, 1.5)
    limits: {max_change: 2.5, hold: 3 slots}
  Street:
    rules:
      - {when: 'total(volume, 5 slots) > 30 kWh', fee: parent.fee * 50 %}
      - {otherwise: 'previous(current_fee, 3 slots) + 0.25 ct/kWh'}
    limits: {dead_band: 0.3, decimals: 2}
  Mill:
    fee: lowest(avg_price, 2 slots) * 10 %
    when_no_data: skip
    limits: {hold: 2 slots, decimals: 1}
limits: {max: 20}
"""


@st.composite
def long_days(draw: st.DrawFn) -> Drawn:
    """The rulebook that looks back, and up to twenty slots with gaps and without data."""
    number = st.one_of(st.none(), st.integers(0, 12), st.floats(0, 60).map(lambda x: round(x, 3)))
    slots, when = [], NOON
    for distance in draw(st.lists(st.sampled_from([1, 1, 1, 1, 1, 3]), min_size=6, max_size=20)):
        drawn_numbers = draw(st.lists(number, min_size=6, max_size=6))
        metrics: dict[str, Any] = {metric: [None] * 3 for metric in METRICS}
        for place, metric in enumerate(["import", "export", "volume", "avg_price"]):
            metrics[metric] = [drawn_numbers[(place + turn) % 6] for turn in range(3)]
        metrics["current_fee"] = [1.0, None, 3.25]
        slots.append(Slot(when, metrics))
        when += distance * timedelta(minutes=15)
    return Drawn(yaml.safe_load(RULEBOOK), TREE, slots)


@st.composite
def troubles(draw: st.DrawFn) -> Troubles:
    """Deaths, and sometimes what else happens at an exchange."""
    slots = st.integers(0, 19)
    return Troubles(
        draw(st.dictionaries(slots, st.sampled_from(DEATHS), max_size=5)),
        draw(st.dictionaries(slots, st.sampled_from(TREE.ids[1:]), max_size=2)),
        draw(st.frozensets(slots, max_size=2)),
        draw(st.dictionaries(slots, st.sampled_from([0.0, 1.5, 9.9]), max_size=2)),
    )


def lived(case: Drawn, *what: Any, **how: Any) -> tuple[Life, Life]:
    """A day as it is without a death, and as it is with them."""
    whole = Lived(case, *what, **how)
    assume(whole.program is not None)
    assume(bind(whole.program, grid_of(case.tree)).binding is not None)
    with TemporaryDirectory() as folder:
        return whole.live(), Lived(case, *what, Path(folder) / "j", **how).live()


def assert_same(whole: Life, broken: Life) -> None:
    assert (whole.fault, whole.fees, whole.strange) == (broken.fault, broken.fees, broken.strange)
    assert list(whole.cycles) == list(broken.cycles)
    for slot, cycle in whole.cycles.items():
        assert same_columns(cycle, broken.cycles[slot]), slot


@settings(max_examples=60)
@given(case=drawn(), deaths=st.dictionaries(st.integers(0, 9), st.sampled_from(DEATHS)))
def test_a_run_of_any_rulebook_that_is_killed_goes_on(case, deaths):
    """Raw fees, fees, limits and what was sent are equal to the bit, slot by slot."""
    assert_same(*lived(case, Troubles(deaths)))


@settings(max_examples=60)
@given(case=long_days(), what=troubles(), dry_run=st.booleans())
def test_a_run_that_looks_back_and_is_killed_goes_on(case, what, dry_run):
    """Windows over windows, holds and last fees, among late fees, strangers and a changed tree."""
    assert_same(*lived(case, what, dry_run=dry_run))
