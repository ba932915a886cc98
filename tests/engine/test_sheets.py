"""Tables on a grid: each area has its column's cell of the slot's row."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rulegrid.bodies import MINUTE
from rulegrid.diagnostics import Severity
from rulegrid.engine.binding import bind
from rulegrid.gateway.grids import named_grid
from rulegrid.gateway.rulebooks import compile_bytes
from rulegrid.grid import MarketSlot
from tests.building import VILLAGE, fees, fold, snapshot

RULEBOOK = """\
rulegrid: 1
name: By table
timezone: Europe/Berlin
calendars: {sheet: {file: tou.csv, unit: ct/kWh}}
areas: {"*": sheet}
limits: {max: 10000, decimals: 2}
when_no_data: skip
"""
QUARTERS = 96


def table(*areas, amount=lambda slot, column: slot + column / 10):
    """A table whose amounts say where they stand."""
    lines = [";".join(("Time", *areas))]
    for slot in range(QUARTERS):
        cells = (f"{amount(slot, column):.2f}" for column in range(len(areas)))
        lines.append(";".join((f"{slot // 4:02}:{slot % 4 * 15:02}", *cells)))
    return "\n".join(lines).encode()


def bound(csv, rulebook=RULEBOOK, tree=VILLAGE):
    made = compile_bytes("test.yaml", rulebook.encode(), {"tou.csv": csv})
    assert made.program is not None, made.findings
    return bind(made.program, tree if not isinstance(tree, dict) else named_grid(tree))


def at(binding, local):
    """The cycle whose fees apply to a moment."""
    slot = local.astimezone(UTC) - timedelta(minutes=15)
    (cycle,) = fold(binding, [snapshot(binding.grid, MarketSlot(slot))])
    return cycle


def noon(minute=0):
    return datetime(2026, 1, 12, 12, minute, tzinfo=ZoneInfo("Europe/Berlin"))


def test_each_area_has_the_cell_of_its_column_and_of_the_slots_row():
    """By name or path, whatever the order of the columns; without a column there is no data."""
    binding = bound(table("Mill", "Grid", "Grid/Street/House 2")).binding
    expected = {"Grid": 49.1, "Street": None, "Mill": 49.0, "House 1": None, "House 2": 49.2}
    assert expected == fees(at(binding, noon(15)))


def test_a_path_beats_a_name():
    """As the selectors of a rulebook do."""
    for areas in (("Mill", "Grid/Mill"), ("Grid/Mill", "Mill")):
        path = areas.index("Grid/Mill")
        assert 48 + path / 10 == fees(at(bound(table(*areas)).binding, noon()))["Mill"]


def test_a_key_equal_to_a_name_is_a_name():
    """Also with `/` in it."""
    binding = bound(table("A/B"), tree={"A": {"B": {}, "A/B": {}}}).binding
    assert {"A": None, "B": None, "A/B": 48} == fees(at(binding, noon()))


def test_a_column_for_no_area_is_a_warning_in_the_table():
    """RG605: a grid may grow; what was meant is told."""
    found = bound(table("Grid", "Mil"), RULEBOOK.replace('"*": sheet', "Grid: sheet")).findings
    (finding,) = found
    assert ("RG605", Severity.WARNING) == (finding.code, finding.severity)
    assert "did you mean `Mill`?" == finding.hint
    assert "Mil" == finding.source.text[finding.span.start : finding.span.end]
    assert "tou.csv" == finding.source.name


def test_a_column_for_several_areas_is_an_error_in_the_table():
    """RG502: nobody can tell whose fee it is."""
    tree = {"Grid": {"A": {"House": {}}, "B": {"House": {}}}}
    made = bound(table("Grid", "House"), RULEBOOK.replace('"*": sheet', "Grid: sheet"), tree)
    assert made.binding is None
    (finding,) = made.findings
    assert "RG502" == finding.code
    assert "`Grid/A/House`, `Grid/B/House`" in finding.hint


DAYS = [
    # the day, its slots, and how often each hour comes
    ("2026-10-25", 100, {2: 8}),
    ("2026-03-29", 92, {2: 0}),
    ("2026-01-12", 96, {}),
]


@pytest.mark.parametrize(("day", "slots", "odd"), DAYS)
def test_a_day_has_a_row_for_each_slot_when_clocks_change_too(day, slots, odd):
    """The hour that comes twice takes its rows twice, the one that is left out leaves them out."""
    binding = bound(table("Grid")).binding
    zone = ZoneInfo("Europe/Berlin")
    moment = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
    taken = []
    while moment.astimezone(zone).date().isoformat() == day:
        local = moment.astimezone(zone)
        taken.append(fees(at(binding, moment))["Grid"])
        assert local.hour * 4 + local.minute // 15 == taken[-1]
        moment += timedelta(minutes=15)
    assert slots == len(taken)
    hours = [int(row // 4) for row in taken]
    assert {hour: odd.get(hour, 4) for hour in range(24)} == {h: hours.count(h) for h in range(24)}


def test_where_the_clock_is_a_half_slot_off_the_row_in_force_holds():
    """In Nepal a slot of an hour in UTC begins at a quarter to: the row that holds then counts."""
    rulebook = RULEBOOK.replace("Europe/Berlin", "Asia/Kathmandu") + "slot_length: 1 h\n"
    lines = ["Time;Grid", *(f"{hour:02}:00;{hour}" for hour in range(24))]
    binding = bound("\n".join(lines).encode(), rulebook).binding
    slot = MarketSlot(datetime(2026, 1, 12, 5, tzinfo=UTC))  # from 11:45 to 12:45 in Kathmandu
    (cycle,) = fold(binding, [snapshot(binding.grid, slot)])
    assert 11 == fees(cycle)["Grid"]


def test_a_block_of_slots_is_its_rows():
    """(slots, areas) at once are what the slots are one by one."""
    (sheet,) = bound(table("Mill", "Grid")).binding.sheets
    minutes = np.array([0.0, 15, 720, 1425])
    block = sheet.columns({MINUTE: minutes[:, None]})
    key = sheet.sheet.amount_key
    rows = [sheet.columns({MINUTE: minute[None]})[key] for minute in minutes]
    assert (4, 5) == block[key].shape
    np.testing.assert_array_equal(rows, block[key])


def test_a_unit_of_another_size_is_converted():
    """0.29 EUR/kWh are 29 ct/kWh."""
    csv = table("Grid", amount=lambda *_: 0.29)
    binding = bound(csv, RULEBOOK.replace("unit: ct/kWh", "unit: EUR/kWh")).binding
    assert 29 == fees(at(binding, noon()))["Grid"]


def test_a_table_is_an_amount_in_formulas():
    """It multiplies, compares, and fills in for no data; variables and parents read it too."""
    rulebook = RULEBOOK.replace(
        'areas: {"*": sheet}',
        "variables: {double: sheet * 2}\n"
        'areas: {Grid: double, Mill: "default(sheet, 7 ct/kWh)", Street: parent.fee + 1 ct/kWh, '
        '"House *": "1 if has(sheet) else 5"}',
    )
    binding = bound(table("Grid", "House 2"), rulebook).binding
    expected = {"Grid": 96, "Street": 97, "Mill": 7, "House 1": 5, "House 2": 1}
    assert expected == fees(at(binding, noon()))


LACKING = [
    # what the areas pay, and whether it is told that House 2 has no column
    ('"House *": sheet', True),
    ('"House *": double * 2', True),
    ('"House *": {fee: other, variables: {other: sheet}}', True),
    ('"House *": "default(sheet, 1 ct/kWh)"', False),
    ('"House *": {rules: [{when: has(sheet), fee: sheet}, {otherwise: 2}]}', False),
    ('"House *": 2', False),
    ('"House 1": sheet', False),
    ('"House *": parent.fee', False),
]


@pytest.mark.parametrize(("areas", "is_told"), LACKING)
def test_an_area_without_a_column_is_told_unless_the_formula_says_what_then(areas, is_told):
    """RG607 at the selector: such an area would quietly keep its fee for ever."""
    rulebook = RULEBOOK.replace(
        'areas: {"*": sheet}',
        f"variables: {{double: sheet * 2}}\nareas: {{Grid: double, {areas}}}",
    )
    found = bound(table("Grid", "House 1"), rulebook).findings
    assert ["RG607"] * is_told == [finding.code for finding in found]
    if is_told:
        assert "`Grid/Street/House 2`" in found[0].message
        assert rulebook[found[0].span.start : found[0].span.end] == '"House *"'
