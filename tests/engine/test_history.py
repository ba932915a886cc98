"""What the fold remembers: windows, fees and holds, over missed slots and other trees."""

import numpy as np

from rulegrid.engine.cycle import step
from rulegrid.engine.history import Memory, as_if_sent, pushed, slot_number
from rulegrid.gateway.grids import named_grid
from tests.building import NOON, VILLAGE, after, bound, by_name, column, fees, fold, snapshot


def numbers(columns):
    """Columns of one area as numbers, None for no data."""
    return [None if np.isnan(c[0]) else float(c[0]) for c in columns]


def test_a_ring_holds_the_newest_slots_and_the_gaps_between():
    """It is cut to its depth, and a missed slot is a column without data."""
    ring = pushed((), column(1.0), 3, 0)
    assert [1] == numbers(ring)
    ring = pushed(pushed(ring, column(2.0), 3, 0), column(3.0), 3, 0)
    assert [1, 2, 3] == numbers(ring)
    assert [2, 3, 4] == numbers(pushed(ring, column(4.0), 3, 0))
    assert [3, None, 4] == numbers(pushed(ring, column(4.0), 3, 1))
    assert [None, None, 4] == numbers(pushed(ring, column(4.0), 3, 1_000_000_000))


def test_slots_are_counted_from_an_epoch():
    """A difference of numbers is a number of slots, whatever their length."""
    assert 4 == slot_number(after(4), after(1) - NOON) - slot_number(NOON, after(1) - NOON)
    assert 2 == slot_number(after(4), after(2) - NOON) - slot_number(NOON, after(2) - NOON)


def test_a_memory_is_carried_onto_another_tree_by_the_areas_ids():
    """Whoever stays keeps the past, whoever is new has none, wherever they stand now."""
    text = "areas: {'*': 'total(volume, 3 slots) / 1 kWh'}\nlimits: {hold: 1 slot}"
    first = bound(text)
    seen = snapshot(first.grid, NOON, volume=dict(zip(first.grid.names, range(5), strict=True)))
    _, memory = step(first, Memory.fresh(first.grid), seen)
    second = bound(text, {"Grid": {"Mill": {}, "Barn": {}, "Street": {"House 2": {}}}})
    cycle, _ = step(second, memory, snapshot(second.grid, after(1), volume=10))
    past = dict(zip(first.grid.names, range(5), strict=True))
    expected = {name: 10 + past.get(name, 0) for name in second.grid.names}
    assert {"Grid", "Mill", "Barn", "Street", "House 2"} == set(expected)
    assert expected == fees(cycle)
    back = memory.on(second.grid).on(first.grid)
    kept = [None if name == "House 1" else past[name] for name in first.grid.names]
    assert kept == [None if np.isnan(n) else n for n in next(iter(back.rings.values()))[-1]]


def test_a_hold_survives_a_change_of_the_tree():
    """An area that has just changed is held also where the tree is another."""
    text = "areas: {'*': volume / 1 kWh}\nlimits: {hold: 2 slots}"
    first = bound(text)
    _, memory = step(
        first, Memory.fresh(first.grid), snapshot(first.grid, NOON, volume=3, next_fee=1)
    )
    second = bound(text, {"Grid": {"Barn": {}, "Mill": {}}})
    cycle, _ = step(second, memory, snapshot(second.grid, after(1), volume=5, next_fee=3))
    assert {"Grid": 3, "Mill": 3, "Barn": 5} == fees(cycle)


def test_an_equal_tree_changes_nothing():
    """A tree that was read again is the same tree."""
    grid = named_grid(VILLAGE)
    memory = Memory.fresh(grid)
    again = memory.on(named_grid(VILLAGE))
    assert memory.on(grid) is memory
    assert again.changed_at is memory.changed_at


def test_our_fees_count_as_sent_from_the_slot_they_apply_to():
    """The newest fees are in force now and next, those before them were in force last."""
    binding = bound(
        "areas: {Grid: volume / 1 kWh, Mill: {fee: import / 1 kWh, when_no_data: skip}}"
    )
    grid, memory = binding.grid, Memory.fresh(binding.grid)
    recorded = {"current_fee": 50, "next_fee": 51, "last_fee": 52}
    shown = []
    for number in (0, 1, 2, 5):
        seen = as_if_sent(memory, snapshot(grid, after(number), volume=number + 1, **recorded))
        cycle, memory = step(binding, memory, seen)
        shown.append({name: seen.columns[name][0] for name in recorded})
        mill = grid.names.index("Mill")
        assert recorded == {name: seen.columns[name][mill] for name in recorded}
    assert [
        {"current_fee": 50, "next_fee": 51, "last_fee": 52},
        {"current_fee": 1, "next_fee": 1, "last_fee": 52},
        {"current_fee": 2, "next_fee": 2, "last_fee": 1},
        {"current_fee": 3, "next_fee": 3, "last_fee": 3},  # in force through the missed slots
    ] == shown
    assert 6 == fees(cycle)["Grid"]


def test_a_fold_that_is_cut_goes_on_as_if_it_had_not_been():
    """All that is remembered is in the memory: a fold can stop and go on anywhere."""
    text = (
        "areas: {'*': 'average(volume, 3 slots) / 1 kWh'}\nlimits: {max_change: 2, hold: 1 slot}"
    )
    binding = bound(text)
    seen = [snapshot(binding.grid, after(n), volume=n * n, next_fee=n) for n in range(6)]
    whole = [by_name(cycle, cycle.fee) for cycle in fold(binding, seen)]
    memory, parts = Memory.fresh(binding.grid), []
    for each in seen:
        cycle, memory = step(bound(text), memory, each)  # a new binding every time
        parts.append(by_name(cycle, cycle.fee))
    assert whole == parts
