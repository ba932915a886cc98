"""One slot in, fees out: rules, no data, windows over missed slots, holds."""

import numpy as np
import pytest

from rulegrid.engine.cycle import NO_RULE, step
from rulegrid.engine.history import Memory
from rulegrid.gateway.grids import named_grid
from tests.building import (
    NOON,
    VILLAGE,
    after,
    bound,
    by_name,
    fees,
    fold,
    snapshot,
)

ROOT_ONLY = {"Grid": {}}


def root_fees(text: str, slots: list[dict | None], length: int = 15) -> list[float | None]:
    """The fees of a lone area over some slots; None is a slot of which nothing was heard."""
    binding = bound(text, ROOT_ONLY)
    seen = [
        snapshot(binding.grid, after(number, length), **metrics)
        for number, metrics in enumerate(slots)
        if metrics is not None
    ]
    return [fees(cycle)["Grid"] for cycle in fold(binding, seen)]


RULES = """\
areas:
  Grid:
    rules:
      - {when: import > 10 kWh, fee: 3}
      - {when: volume > 10 kWh, fee: 2}
      - otherwise: export / 1 kWh
    when_no_data: 9
"""

FIRST_TRUE = [
    # import, volume, export, fee, the rule that decided
    (11, 11, 1, 3, 0),
    (11, None, None, 3, 0),  # what comes after the first true line is not asked
    (10, 11, 1, 2, 1),
    (10, 10, 1, 1, 2),
    (None, 11, 1, 9, 0),  # no data is not false: it stops here
    (10, None, 1, 9, 1),
    (10, 10, None, 9, 2),  # the line is true, its fee has no data
]


@pytest.mark.parametrize(("bought", "volume", "export", "fee", "rule"), FIRST_TRUE)
def test_the_first_true_rule_wins_and_no_data_stops(bought, volume, export, fee, rule):
    """Rules are read from the top; one without data ends the reading without a fee."""
    binding = bound(RULES, ROOT_ONLY)
    seen = snapshot(binding.grid, NOON, import_=bought, volume=volume, export=export)
    (cycle,) = fold(binding, [seen])
    assert (fee, rule) == (fees(cycle)["Grid"], cycle.rule[0])


def test_each_area_goes_its_own_way_through_the_rules():
    """Areas that share a policy are decided at once and yet each by its own numbers."""
    binding = bound(RULES.replace("  Grid:", "  '*':"))
    seen = snapshot(
        binding.grid,
        NOON,
        import_={"Grid": 11, "Street": 1, "Mill": 1, "House 1": None, "House 2": 12},
        volume={"Grid": 1, "Street": 20, "Mill": 1, "House 1": 11},
        export={"Mill": 4},
    )
    (cycle,) = fold(binding, [seen])
    assert {"Grid": 3, "Street": 2, "Mill": 4, "House 1": 9, "House 2": 3} == fees(cycle)
    assert [0, 1, 2, 0, 0] == cycle.rule.tolist()


def test_an_area_that_no_selector_names_is_left_alone():
    """It gets no fee, and none of its numbers matters."""
    binding = bound("areas: {Street: 2}")
    (cycle,) = fold(binding, [snapshot(binding.grid, next_fee=7)])
    left = {**dict.fromkeys(binding.grid.names), "Street": 2}
    assert left == fees(cycle)
    assert [NO_RULE, 0, NO_RULE, NO_RULE, NO_RULE] == cycle.rule.tolist()
    assert {**dict.fromkeys(binding.grid.names, 7), "Street": 2} == by_name(cycle, cycle.standing)


V = "volume"
WINDOWS = [
    # formula, volumes by slot (- is a slot of which nothing was heard, ? one without data), fees
    ("average(volume, 3 slots)", "6 0 3 9", [6, 3, 3, 4]),
    ("total(volume, 3 slots)", "6 0 3 9", [6, 6, 9, 12]),
    ("lowest(volume, 2 slots)", "6 0 3 9", [6, 0, 0, 3]),
    ("highest(volume, 45 min)", "6 0 3 9", [6, 6, 6, 9]),
    ("previous(volume, 1 slot)", "6 0 3 9", [50, 6, 0, 3]),
    ("previous(volume, 2 slots)", "6 0 3 9", [50, 50, 6, 0]),
    ("average(volume, 3 slots)", "6 ? 2 4", [6, 50, 4, 3]),  # the newest slot must have data
    ("total(volume, 3 slots)", "6 - 2 4", [6, 8, 6]),  # a slot that was missed is left out
    ("total(volume, 3 slots)", "6 - - 4", [6, 4]),
    ("previous(volume, 1 slot)", "6 - 2 4", [50, 50, 2]),
    ("previous(volume, 2 slots)", "6 - 2 4", [50, 6, 50]),
    ("total(default(volume, 7 kWh), 3 slots)", "? - 2", [7, 9]),  # missed is not: without data
    ("total(2 kWh, 4 slots)", "1 - 1 1", [2, 4, 6]),
    ("lowest(highest(volume, 2 slots), 2 slots)", "1 5 2 0 3", [1, 1, 5, 2, 2]),
    ("average(previous(volume, 1 slot), 2 slots)", "1 3 5 9", [50, 1, 2, 4]),
    ("total(volume, 1 h)", "1 1 1 1 1", [1, 2, 3, 4, 4]),
]


@pytest.mark.parametrize(("formula", "volumes", "expected"), WINDOWS)
def test_a_window_goes_over_the_newest_slots(formula, volumes, expected):
    """Missed slots and gaps are left out, but for the newest slot, which must be there."""
    numbers = {"-": None, "?": {"volume": None}}
    slots = [numbers[v] if v in numbers else {"volume": float(v)} for v in volumes.split()]
    text = f"areas: {{Grid: {{fee: '{formula} / 1 kWh', when_no_data: 50}}}}"
    assert expected == root_fees(text, slots)


def test_a_window_goes_on_while_its_rule_is_not_taken():
    """The history of a window in a branch is kept also in slots that take another branch."""
    text = """\
areas:
  Grid:
    rules:
      - {when: import > 10 kWh, fee: 'total(volume, 3 slots) / 1 kWh'}
      - otherwise: 0
"""
    slots = [{"import_": i, "volume": 2} for i in (0, 0, 11)]
    assert [0, 0, 6] == root_fees(text, slots)


def test_the_window_of_a_variable_is_that_of_each_areas_own_version():
    """Where an area defines the variable itself, the window goes over its own values."""
    text = """\
variables: {flow: import}
areas:
  "*": {fee: 'total(flow, 2 slots) / 1 kWh'}
  Mill: {fee: 'total(flow, 2 slots) / 1 kWh', variables: {flow: export * 10}}
"""
    binding = bound(text)
    seen = [snapshot(binding.grid, after(n), import_=n + 1, export=n + 2) for n in range(2)]
    assert {"Mill": 50, "Grid": 3} == {
        name: fees(fold(binding, seen)[-1])[name] for name in ("Mill", "Grid")
    }


OWN_TRUTHS = [
    ("variables: {is_full: import > 5 kWh}\n", {"Grid": 1, "Street": 2, "Mill": 2, "House 1": 9}),
    ("", {"Mill": 2}),
]


@pytest.mark.parametrize(("shared", "expected"), OWN_TRUTHS)
def test_a_condition_may_be_an_areas_own(shared, expected):
    """Where an area defines a truth itself, its own holds there and the shared one elsewhere."""
    fee = "2 if is_full else 1"
    others = f"  '*': {{fee: {fee}, when_no_data: 9}}\n" if shared else ""
    mill = f"  Mill: {{fee: {fee}, variables: {{is_full: export > 5 kWh}}}}\n"
    binding = bound(f"{shared}areas:\n{others}{mill}")
    bought = {"Grid": 1, "Street": 8, "Mill": 1, "House 1": None}
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=bought, export=7)])
    assert expected == {name: fees(cycle)[name] for name in expected}


HOLDS = [
    # hold, fees asked for slot by slot (- missed), fees decided
    ("2 slots", "1 2 3 4 5 6", [1, 2, 2, 2, 5, 5]),
    ("1 slot", "1 2 3 4 5 6", [1, 2, 2, 4, 4, 6]),
    ("0 slots", "1 2 3", [1, 2, 3]),
    ("30 min", "1 2 3 4 5", [1, 2, 2, 2, 5]),
    ("2 slots", "1 2 2 2 3", [1, 2, 2, 2, 3]),  # the same fee again is no change
    ("2 slots", "1 2 - 3 4", [1, 2, 2, 4]),  # a missed slot counts
    ("2 slots", "1 2 - - 4", [1, 2, 4]),
]


@pytest.mark.parametrize(("hold", "wanted", "expected"), HOLDS)
def test_hold_keeps_a_changed_fee_for_so_many_decisions(hold, wanted, expected):
    """After a change none for so long; the first fee, where none was known, is no change."""
    binding = bound(f"areas: {{Grid: volume / 1 kWh}}\nlimits: {{hold: {hold}}}", ROOT_ONLY)
    memory, decided, before = Memory.fresh(binding.grid), [], None
    for number, volume in enumerate(wanted.split()):
        if volume == "-":
            continue
        seen = snapshot(binding.grid, after(number), volume=float(volume), next_fee=before)
        cycle, memory = step(binding, memory, seen)
        before = fees(cycle)["Grid"]
        decided.append(before)
    assert expected == decided


def test_hold_is_for_each_area_on_its_own():
    """One area's change holds no other area."""
    binding = bound("areas: {'*': volume / 1 kWh}\nlimits: {hold: 1 slot}")
    memory = Memory.fresh(binding.grid)
    before = dict.fromkeys(binding.grid.names, 1.0)
    for number, volumes in enumerate([{"Grid": 2, "Mill": 1}, {"Grid": 3, "Mill": 3}]):
        seen = snapshot(binding.grid, after(number), volume=volumes, next_fee=before)
        cycle, memory = step(binding, memory, seen)
        before = fees(cycle)
    assert (2, 3) == (before["Grid"], before["Mill"])


def test_one_area_without_data_holds_no_other():
    """Only the area that lacks data follows `when_no_data`, the others go out."""
    binding = bound("areas: {'*': volume / 1 kWh}")
    seen = snapshot(binding.grid, volume={"Grid": 3, "Mill": 4}, next_fee={"Grid": 1, "Street": 5})
    (cycle,) = fold(binding, [seen])
    assert {"Grid": 3, "Mill": 4, "Street": 5, "House 1": None, "House 2": None} == fees(cycle)


DIVISIONS = ["volume / import", "volume / import * 0", "1 / (import / 1 kWh)"]


@pytest.mark.parametrize("formula", DIVISIONS)
def test_a_division_by_zero_is_no_data_in_its_area_alone(formula):
    """Nothing that is not finite gets into a fee."""
    binding = bound(f"areas: {{'*': {{fee: {formula}, when_no_data: 7}}}}")
    seen = snapshot(binding.grid, volume=4, import_={"Grid": 0, "Street": 2, "Mill": 0})
    (cycle,) = fold(binding, [seen])
    assert 7 == fees(cycle)["Grid"] == fees(cycle)["Mill"] == fees(cycle)["House 1"]
    assert np.isfinite(cycle.raw[1])


DOTTED = [
    ("Grid.volume", {"Grid": 1, "Street": 1, "Mill": 1, "House 1": 1, "House 2": 1}),
    ("parent.volume", {"Grid": 9, "Street": 1, "Mill": 1, "House 1": 2, "House 2": 2}),
    ('"House 2".volume', {"Grid": 5, "Street": 5, "Mill": 5, "House 1": 5, "House 2": 5}),
    ('"Grid/Mill".volume', {"Grid": 3, "Street": 3, "Mill": 3, "House 1": 3, "House 2": 3}),
    ("nowhere.volume", dict.fromkeys(["Grid", "Street", "Mill", "House 1", "House 2"], 9)),
    ("market_maker_rate * 1 kWh / 1 ct", dict.fromkeys(["Grid", "Mill"], 8)),
    ("parent.market_maker_rate * 1 kWh / 1 ct", {"Grid": 9, "Mill": 8}),  # a root has no parent
    ("Mill.market_maker_rate * 1 kWh / 1 ct", dict.fromkeys(["Grid", "Mill"], 8)),
]


@pytest.mark.parametrize(("formula", "expected"), DOTTED)
def test_a_dotted_name_reads_another_area(formula, expected):
    """Of the area named, of the parent, of the whole grid; no data where there is none."""
    unit = "" if "ct" in formula else " / 1 kWh"
    binding = bound(f"areas: {{'*': {{fee: '{formula}{unit}', when_no_data: 9}}}}")
    volumes = dict(zip(binding.grid.names, [1, 2, 3, 4, 5], strict=True))
    (cycle,) = fold(binding, [snapshot(binding.grid, volume=volumes, market_maker_rate=8)])
    assert expected == {name: fees(cycle)[name] for name in expected}


CLOCKS = [
    # time zone, formula, slot of the event after noon on 2026-01-12, fee
    ("UTC", "hour", 0, 12),  # the fee applies at 12:15
    ("UTC", "minute", 0, 15),
    ("UTC", "hour", 3, 13),
    ("Europe/Vienna", "hour", 3, 14),
    ("Asia/Kolkata", "minute", 0, 45),
    ("UTC", "weekday", 0, 1),
    ("UTC", "weekday", 47, 2),  # decided at 23:45, in force from midnight
    ("UTC", "month", 0, 1),
    ("UTC", "1 if is_workday else 0", 0, 1),
    ("UTC", "1 if is_workday else 0", 5 * 96, 0),
    ("UTC", "1 if is_holiday else 0", 0, 0),
]


@pytest.mark.parametrize(("zone", "formula", "slot", "fee"), CLOCKS)
def test_the_clock_is_that_of_the_slot_the_fee_applies_to(zone, formula, slot, fee):
    """Clock names are local, and of the slot in which the fee will be in force."""
    binding = bound(f"timezone: {zone}\nareas: {{Grid: {formula}}}", ROOT_ONLY)
    (cycle,) = fold(binding, [snapshot(binding.grid, after(slot))])
    assert fee == fees(cycle)["Grid"]


def test_a_slot_is_decided_once_and_in_order():
    """An older slot, the same one again, or another tree is a bug of the caller."""
    binding = bound("areas: {Grid: 1}")
    _, memory = step(binding, Memory.fresh(binding.grid), snapshot(binding.grid, after(1)))
    for number in (0, 1):
        with pytest.raises(ValueError, match="after all earlier ones"):
            step(binding, memory, snapshot(binding.grid, after(number)))
    with pytest.raises(ValueError, match="another grid"):
        step(binding, memory, snapshot(named_grid(ROOT_ONLY), after(2)))


def test_what_a_cycle_says_cannot_be_changed():
    """Columns are read-only once they are decided."""
    binding = bound("areas: {'*': 1}", VILLAGE)
    (cycle,) = fold(binding, [snapshot(binding.grid)])
    for decided in (cycle.raw, cycle.fee, cycle.rule, cycle.flags):
        with pytest.raises(ValueError, match="read-only"):
            decided[0] = 5
