"""A run that is killed and started again decides what one that was never killed decides."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulegrid.engine.binding import bind
from rulegrid.gateway.journal import JournalError
from rulegrid.rehearsal.recall import NotDecidedError, recall, restored
from tests.building import NOON, after, compiled
from tests.laws.drawn import Drawn, drawn
from tests.laws.test_fold import grid_of
from tests.reference.days import Slot, Tree
from tests.reference.evaluator import METRICS
from tests.rehearsal.lived import (
    AFTER_SEND,
    AFTER_SLOT,
    AGGREGATOR,
    BEFORE_SEND,
    Life,
    Lived,
    Troubles,
    same_columns,
)

DEATHS = [BEFORE_SEND, AFTER_SEND, AFTER_SLOT]
TREE = Tree(["Grid", "Street", "Mill"], [-1, 0, 0], ["id grid", "id street", "id mill"])

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""Where a journal need not wait for a disk."""

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


def long_day(length: int) -> list[Slot]:
    """Slots in which all is there."""
    slots = []
    for number in range(length):
        metrics: dict[str, Any] = {metric: [number + 1.0] * 3 for metric in METRICS}
        metrics["import"] = [number * 1.5, number / 3, 2.0]
        slots.append(Slot(after(number), metrics))
    return slots


A_DAY = Drawn(yaml.safe_load(RULEBOOK), TREE, long_day(8))


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
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        return whole.live(), Lived(case, *what, Path(folder) / "j", **how).live()


def assert_same(whole: Life, broken: Life) -> None:
    assert (whole.fault, whole.fees, whole.strange) == (broken.fault, broken.fees, broken.strange)
    assert list(whole.cycles) == list(broken.cycles)
    for slot, cycle in whole.cycles.items():
        assert same_columns(cycle, broken.cycles[slot]), slot


@settings(max_examples=40)
@given(case=drawn(), deaths=st.dictionaries(st.integers(0, 9), st.sampled_from(DEATHS)))
def test_a_run_of_any_rulebook_that_is_killed_goes_on(case, deaths):
    """Raw fees, fees, limits and what was sent are equal to the bit, slot by slot."""
    assert_same(*lived(case, Troubles(deaths)))


@settings(max_examples=40)
@given(case=long_days(), what=troubles(), dry_run=st.booleans())
def test_a_run_that_looks_back_and_is_killed_goes_on(case, what, dry_run):
    """Windows over windows, holds and last fees, among late fees, strangers and a changed tree."""
    assert_same(*lived(case, what, dry_run=dry_run))


@settings(max_examples=15)
@given(case=long_days(), what=troubles(), dry_run=st.booleans())
def test_each_slot_is_worked_out_again_from_the_journal_alone(case, what, dry_run):
    """Also across deaths: only the slots that the rulebook looks back on are folded."""
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        journal = Path(folder) / "j"
        life = Lived(case, what, journal, dry_run=dry_run).live()
        for cycle in life.cycles.values():
            assert same_columns(cycle, recall(str(journal), cycle.applies_to))


def test_a_journal_that_is_not_there_restores_nothing(tmp_path):
    """The first run of all knows nothing, and neither does one of another exchange."""
    program = compiled(RULEBOOK).program
    assert None is restored(str(tmp_path / "j"), program)
    Lived(A_DAY, Troubles(), tmp_path / "j").live()
    assert None is restored(str(tmp_path / "j"), program, exchange="another")


def test_what_a_dry_run_decided_is_not_in_force(tmp_path):
    """A run that sends takes from it the name of its aggregator, and nothing else."""
    Lived(A_DAY, Troubles(), tmp_path / "j", dry_run=True).live()
    found = restored(str(tmp_path / "j"), compiled(RULEBOOK).program)
    assert (AGGREGATOR, None, None, None) == (
        found.aggregator,
        found.newest,
        found.memory,
        found.ours,
    )
    assert not found.goes_on


def test_a_dry_run_goes_on_with_fees_that_were_decided_long_ago(tmp_path):
    """An area without data for longer than the rulebook looks back has its fee all the same."""
    slots = [Slot(slot.when, dict(slot.metrics)) for slot in long_day(16)]
    for slot in slots[2:14]:
        slot.metrics["avg_price"] = [None, None, None]
    case = Drawn(yaml.safe_load(RULEBOOK), TREE, slots)
    deaths = Troubles({13: AFTER_SLOT})
    whole = Lived(case, deaths, dry_run=True).live()
    assert_same(whole, Lived(case, deaths, tmp_path / "j", dry_run=True).live())
    mill = whole.cycles["01-12T15:30"]
    assert 0.1 == mill.before[mill.binding.grid.names.index("Mill")]


@pytest.mark.parametrize("death", [None, 7, 9, 10, 13])
def test_an_exchange_that_has_begun_anew_is_another_past(tmp_path, death):
    """What was before it is not remembered, with a death or without."""
    days = [*long_day(40)[32:], *long_day(6)]
    case = Drawn(yaml.safe_load(RULEBOOK), TREE, days)
    troubles = Troubles({} if death is None else {death: AFTER_SLOT})
    whole = Lived(case, troubles).live()
    broken = Lived(case, troubles, tmp_path / "j").live()
    assert [after(n) for n in (*range(32, 40), *range(1, 6))] == [
        cycle.slot for cycle in broken.cycles.values()
    ]
    assert_same(whole, broken)
    assert after(5) == restored(str(tmp_path / "j"), compiled(RULEBOOK).program).newest
    for cycle in broken.cycles.values():
        assert same_columns(cycle, recall(str(tmp_path / "j"), cycle.applies_to))


@pytest.mark.parametrize(
    ("distances", "strides"),
    [
        ([], ()),
        ([2], (2,)),
        ([2, 4], (2, 4)),
        ([2, 4, 2, 4], (4, 2, 4)),
        ([2, 5], (1,)),
        ([1], (1,)),
        ([1, 5, 5], (1,)),
        ([1, 5, 5, 5], (1,)),
    ],
)
def test_a_run_knows_how_market_events_came(tmp_path, distances, strides):
    """So that events which were lost around its restart are no wrong length of slots."""
    day, slots = long_day(30), [0]
    for distance in distances:
        slots.append(slots[-1] + distance)
    case = Drawn(yaml.safe_load(RULEBOOK), TREE, [day[number] for number in slots])
    assert not Lived(case, Troubles(), tmp_path / "j").live().fault
    assert strides == restored(str(tmp_path / "j"), compiled(RULEBOOK).program).strides


def test_a_slot_that_was_never_decided_is_told(tmp_path):
    """With the slots that there are."""
    Lived(A_DAY, Troubles(), tmp_path / "j").live()
    with pytest.raises(NotDecidedError, match="from 2026-01-12T12:15 to 2026-01-12T14:00"):
        recall(str(tmp_path / "j"), after(99))


def test_another_rulebook_goes_on_with_the_metrics_there_are(tmp_path):
    """Its windows go over what the old one read; what was decided then stays decided."""
    Lived(A_DAY, Troubles(), tmp_path / "j").live()
    new = compiled(
        "areas: {Mill: {fee: '0.1 * total(import, 3 slots) / 1 kWh', limits: {hold: 9 slots}}}"
    ).program
    found = restored(str(tmp_path / "j"), new)
    rings = {key: [column.tolist() for column in ring] for key, ring in found.memory.rings.items()}
    bought = [slot.metrics["import"] for slot in A_DAY.slots[-3:]]
    assert [bought] == list(rings.values())
    assert found.newest == A_DAY.slots[-1].when
    sent = found.ours.newest
    assert sent.tolist() == found.memory.standing[-1].fees.tolist()


def test_only_the_end_of_a_journal_is_read(tmp_path):
    """A record that is broken does no harm where the rulebook does not look back so far."""
    Lived(A_DAY, Troubles(), tmp_path / "j").live()
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    first = next(place for place, line in enumerate(lines) if b'"kind":"cycle"' in line)
    lines[first] = b"x" * (len(lines[first]) - 1) + b"\n"
    (tmp_path / "j").write_bytes(b"".join(lines))
    program = compiled("areas: {Mill: 2}").program
    assert restored(str(tmp_path / "j"), program).goes_on
    with pytest.raises(JournalError, match=f"j:{first + 1}: this is no record of a journal"):
        recall(str(tmp_path / "j"), after(1))
