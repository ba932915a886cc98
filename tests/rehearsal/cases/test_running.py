"""Slots, their state, and how what comes out is compared."""

import tracemalloc

import pytest

from rulegrid.rehearsal.cases.running import (
    LEFT_ALONE,
    MOST_EXPLAINED,
    MOST_TOLD,
    Mismatch,
    Verdict,
    run,
)
from tests.rehearsal.cases.trying import got, outcomes, read

FLOW = "areas: {Grid: import * 1 ct/kWh / 1 kWh}\nlimits: {decimals: 2, %s}"


def named(mismatch: Mismatch) -> str:
    """The area of a cell, where there are but Grid and what is below it."""
    return "Grid" if mismatch.expected.place == 0 else "Mill"


def verdicts(rulebook: str, tests: str) -> list[Verdict]:
    return [each.verdict for each in outcomes(rulebook, tests)]


def test_what_was_decided_is_in_force_from_slot_to_slot():
    """A fee moves by `max_change` from what the slot before has decided."""
    tests = """
- name: a climb
  start: 2026-01-12 12:00
  given: {Grid.import: [1, 10, 10, 10]}
  expect: {Grid: [1, 4, 7, 10]}
"""
    assert [Verdict.PASSED] == verdicts(FLOW % "max_change: 3", tests)


def test_gaps_between_rows_count_for_hold():
    """A change right after another one waits; after a gap it does not."""
    tests = """
- name: a gap
  table: |
    | time             | Grid.import | = Grid |
    | 2026-01-12 12:00 | 1           | 1      |
    | 2026-01-12 12:15 | 2           | 2      |
    | 2026-01-12 12:30 | 3           | 2      |
    | 2026-01-12 13:00 | 4           | 4      |
"""
    assert [Verdict.PASSED] == verdicts(FLOW % "hold: 2 slots", tests)


def test_gaps_between_rows_are_slots_without_data():
    """A window over three slots has two of them after a gap of one."""
    rulebook = "areas: {Grid: 'total(import, 3 slots) * 1 ct/kWh / 1 kWh'}\nlimits: {max: 100}"
    tests = """
- name: a gap
  table: |
    | time             | Grid.import | = Grid |
    | 2026-01-12 12:00 | 1           | 1      |
    | 2026-01-12 12:15 | 2           | 3      |
    | 2026-01-12 12:45 | 4           | 6      |
    | 2026-01-12 13:30 | 8           | 8      |
"""
    assert [Verdict.PASSED] == verdicts(rulebook, tests)


def test_each_test_begins_anew():
    """No fee is in force before the first slot, whatever the test before has decided."""
    tests = """
- name: one
  start: 2026-01-12 12:00
  given: {Grid.import: 50}
  expect: {Grid: 50}
- name: another
  start: 2026-01-12 12:15
  given: {Grid.import: 1}
  expect: {Grid: 1}
"""
    assert [Verdict.PASSED] * 2 == verdicts(FLOW % "max_change: 3", tests)


def test_a_fee_in_force_before_the_first_slot_can_be_given():
    """`next_fee` is what stands if nothing is sent; our own fees go over it afterwards."""
    tests = """
- name: from 20
  start: 2026-01-12 12:00
  given: {Grid.import: 1, Grid.next_fee: 20}
  expect: {Grid: [17, 14, 11]}
"""
    assert [Verdict.PASSED] == verdicts(FLOW % "max_change: 3", tests)


def test_the_clock_is_that_of_the_slot_the_fee_applies_to():
    """In the rulebook's time zone, which is UTC where it names none."""
    rulebook = "timezone: Europe/Vienna\nareas: {Grid: hour + minute / 100}\nlimits: {decimals: 2}"
    tests = """
- name: a clock
  start: 2026-07-01 17:45
  expect: {Grid: [17.45, 18]}
"""
    assert [Verdict.PASSED] == verdicts(rulebook, tests)


def test_the_hour_that_comes_twice_is_eight_slots():
    """`start` says which of the two by its offset; lists go on slot by slot."""
    rulebook = "timezone: Europe/Vienna\nareas: {Grid: hour}\nlimits: {decimals: 0}"
    tests = """
- name: as lists
  start: 2026-10-25 01:45
  expect: {Grid: [1, 2, 2, 2, 2, 2, 2, 2, 2, 3]}
- name: as a table
  table: |
    | time                   | = Grid |
    | 2026-10-25 02:45+02:00 | 2      |
    | 2026-10-25 02:00+01:00 | 2      |
    | 2026-10-25 03:00       | 3      |
"""
    assert [Verdict.PASSED] * 2 == verdicts(rulebook, tests)


def test_only_cells_that_differ_are_told_with_what_came_out():
    """A fee, `none` where nothing is sent, a reason."""
    tests = """
- name: wrong
  start: 2026-01-12 12:00
  given: {Grid.import: [1, 2, 3]}
  expect: {Grid: [1, 5, 3], Mill: 1}
  expect_reason: {Grid: [fee, fee, rule 1], Mill: fee}
"""
    told = got(FLOW % "max: 100", tests)
    assert [2.0, *[pytest.approx(float("nan"), nan_ok=True)] * 3] == told[:4]
    assert ["fee", LEFT_ALONE, LEFT_ALONE, LEFT_ALONE] == told[4:]


def test_none_is_expected_where_nothing_is_sent():
    """Of an area that lacks data for the first time, and of one that nobody names."""
    tests = """
- name: nothing
  start: 2026-01-12 12:00
  expect: {Grid: none, Mill: none}
  expect_batch: {}
"""
    assert [Verdict.PASSED] == verdicts(FLOW % "max: 100", tests)


def test_a_batch_is_compared_as_a_whole():
    """By the areas' paths, and an area more is one too many."""
    tests = """
- name: a batch
  start: 2026-01-12 12:00
  expect_batch:
    - {Grid: [{type: grid_fees, data: {fee_const: 2}}]}
    - Grid: [{type: grid_fees, data: {fee_const: 2}}]
      Mill: [{type: grid_fees, data: {fee_const: 1}}]
"""
    first = {"Grid": [{"type": "grid_fees", "data": {"fee_const": 2}}]}
    first["Grid/Mill"] = [{"type": "grid_fees", "data": {"fee_const": 1}}]
    assert [first] == got("areas: {Grid: 2, Mill: 1}", tests)


@pytest.mark.parametrize(("expected", "verdict"), [(1.9, "passed"), (1.89, "failed")])
def test_a_tolerance_is_how_far_a_fee_may_be(expected, verdict):
    """Itself included, and counted in decimals, not in floats."""
    tests = f"""
- name: about
  start: 2026-01-12 12:00
  expect: {{Grid: {expected}}}
  tolerance: 0.1 ct/kWh
"""
    assert [verdict] == verdicts("areas: {Grid: 2}", tests)


def test_a_todo_has_to_fail():
    """And is told as soon as it passes; what is skipped is not even run."""
    tests = """
- name: wrong
  todo: later
  start: 2026-01-12 12:00
  expect: {Grid: 1}
- name: right
  todo: later
  start: 2026-01-12 12:00
  expect: {Grid: 2}
- name: left out
  skip: not now
  start: 2026-01-12 12:00
  expect: {Grid: 1}
"""
    assert ["todo", "failed", "skipped"] == verdicts("areas: {Grid: 2}", tests)
    assert 0 == outcomes("areas: {Grid: 2}", tests)[2].slots


def all_of_grid_wrong(slots: int):
    """A test in which every cell of one area differs, and the last five of another."""
    tests = f"""
- name: all wrong
  start: 2026-01-12 12:00
  given: {{Grid.import: [{", ".join(["1"] * slots)}]}}
  expect:
    Mill: [{", ".join(["2"] * (slots - 5) + ["1"] * 5)}]
    Grid: 0
"""
    (outcome,) = outcomes("areas: {Grid: import * 1 ct/kWh / 1 kWh, Mill: 2}", tests)
    return outcome


def test_the_first_cells_that_differ_are_told_in_the_order_in_which_they_are_expected():
    """A thousand of them, with what was read for the first hundred and the first of each area."""
    slots = MOST_TOLD + 10
    outcome = all_of_grid_wrong(slots)
    assert slots + 5 == outcome.differing
    assert MOST_TOLD == len(outcome.mismatches)
    assert {"Grid"} == {named(each) for each in outcome.mismatches}
    assert MOST_EXPLAINED == sum(each.cycle is not None for each in outcome.mismatches)
    times = [each.applies_to for each in outcome.mismatches]
    assert sorted(times) == times


def test_the_first_cell_of_each_area_that_differs_is_told_with_all_that_was_read():
    """However many cells of another area differ before it."""
    slots = MOST_EXPLAINED + 10
    outcome = all_of_grid_wrong(slots)
    assert [*["Mill"] * 5, *["Grid"] * slots] == [named(each) for each in outcome.mismatches]
    kept = [named(each) for each in outcome.mismatches if each.cycle is not None]
    assert ["Mill", *["Grid"] * MOST_EXPLAINED] == kept


def test_slots_that_come_out_as_expected_are_not_kept():
    """Four times the slots of a hundred areas take no more memory to run."""
    grid = f"{{Grid: {{{', '.join(f'House {n}: {{}}' for n in range(100))}}}}}"
    peaks = [_peak_of(slots, grid) for slots in (100, 400)]
    assert peaks[1] < 1.5 * peaks[0]


def _peak_of(slots: int, grid: str) -> int:
    """The most memory, in bytes, that a test of so many slots takes besides what is read."""
    tests = f"""
- name: as expected
  start: 2026-01-12 12:00
  given: {{House 1.import: [{", ".join(["1"] * slots)}]}}
  expect: {{House 1: 1}}
"""
    file = read(FLOW.replace("Grid", "'*'") % "max: 100", tests, grid)
    assert file.suite is not None
    run(file.suite.cases[0], file.suite.binding)
    tracemalloc.start()
    try:
        assert Verdict.PASSED is run(file.suite.cases[0], file.suite.binding).verdict
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
