"""Bands, calendars and dated values at market time: one option, the right one, for every area."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rulegrid.bodies import Calendar
from rulegrid.columns import Truth
from rulegrid.engine.bodies import takes, worked_out
from rulegrid.engine.clock import clock_columns
from rulegrid.engine.explain import explain, reasons
from rulegrid.grid import MarketSlot, later
from tests.building import after, bound, fees, fold, program, snapshot

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = timedelta(minutes=15)

BAND = """\
bands:
  load:
    input: import
    steps:
      - {up_to: 10 kWh, fee: 1}
      - {up_to: 0.02 MWh, fee: avg_price * 10 %}
      - {above: 20 kWh, fee: {from: {2026-01-12: 5, 2026-01-13: 6}}}
areas: {"*": load}
timezone: Europe/Vienna
limits: {decimals: 2}
"""


def test_a_step_takes_its_upper_end_in():
    """Up to and with `up_to`, above the last one, and no data where the input has none."""
    binding = bound(BAND)
    seen = {"Grid": 10, "Street": 10.000001, "House 1": 20, "House 2": 20.000001, "Mill": None}
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=seen, avg_price=30)])
    expected = {"Grid": 1, "Street": 3, "House 1": 3, "House 2": 5, "Mill": None}
    assert expected == fees(cycle)
    told = {binding.grid.names[place]: each.text for place, each in reasons(cycle).items()}
    assert {
        "Grid": "step 1",
        "Street": "step 2",
        "House 1": "step 2",
        "House 2": "step 3",
        "Mill": "no data: import",
    } == told


@pytest.mark.parametrize(
    ("flow", "fee"), [("import - export", 3), ("round(import - export, 6)", 1)]
)
def test_a_difference_that_is_rounded_meets_an_exact_bound(flow, fee):
    """As floats, 0.4 less 0.1 is a hair above 0.3: the language guide says so, and what to do."""
    steps = "[{up_to: 0.3 kWh, fee: 1}, {above: 0.3 kWh, fee: 3}]"
    binding = bound(
        f'bands: {{load: {{input: "{flow}", steps: {steps}}}}}\nareas: {{"*": load}}\n'
    )
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=0.4, export=0.1)])
    assert fees(cycle)["Grid"] == fee


def test_only_the_step_taken_needs_data():
    """A fee of another step may lack it; that of the own step is named."""
    binding = bound(BAND)
    seen = {"Grid": -5, "Street": 15, "House 1": 1e9}
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=seen)])
    assert [1, None, 5] == [fees(cycle)[name] for name in ("Grid", "Street", "House 1")]
    assert "no data: avg_price" == reasons(cycle)[binding.grid.names.index("Street")].text


def test_a_dated_value_changes_at_midnight_where_the_rulebook_is():
    """Vienna is an hour ahead of UTC in winter: the new value holds from 23:00 UTC on."""
    binding = bound(BAND)
    slots = [snapshot(binding.grid, after(number), import_=50) for number in (42, 43)]
    assert [5, 6] == [fees(cycle)["Grid"] for cycle in fold(binding, slots)]


def test_before_the_first_day_there_is_no_data():
    """And the reason says from when on there is."""
    binding = bound(
        "timezone: UTC\nvariables: {base: {unit: ct/kWh, from: {2027-01-01: 2}}}\n"
        "areas: {Grid: base * 2}"
    )
    (cycle,) = fold(binding, [snapshot(binding.grid)])
    assert "no data: no value before 2027-01-01" == reasons(cycle)[0].text
    assert ("no value before 2027-01-01",) == explain(cycle, 0).reason.no_data


def test_conditions_may_be_dated():
    """Also those of an area's own, and before the first day they are no data."""
    binding = bound(
        """\
timezone: UTC
variables:
  is_dear: {from: {2026-01-12: import > 1 kWh, 2026-01-13: import > 5 kWh}}
areas:
  "*": 2 if is_dear else 1
  Mill: {fee: 2 if is_dear else 1, variables: {is_dear: {from: {2030-01-01: import > 1 kWh}}}}
"""
    )
    slots = [snapshot(binding.grid, after(number), import_=3) for number in (46, 47)]
    assert [2, 1] == [fees(cycle)["Grid"] for cycle in fold(binding, slots)]
    assert [None, None] == [fees(cycle)["Mill"] for cycle in fold(binding, slots)]


CALENDAR = """\
timezone: Europe/Berlin
holidays: [2026-01-01, 2026-12-25]
calendars:
  tariff:
    otherwise: 0
    {overlap}
    windows:
      - {{name: one, {one}, value: 1}}
      - {{name: two, {two}, value: 2}}
areas: {{Grid: tariff}}
"""
WINDOWS = [
    # the first window, the second, and what holds at local times
    ('hours: "17:00-20:00"', 'hours: "20:00-24:00"',
     {"2026-03-02 16:45": 0, "2026-03-02 17:00": 1, "2026-03-02 19:45": 1,
      "2026-03-02 20:00": 2, "2026-03-02 23:45": 2, "2026-03-03 00:00": 0}),
    ('days: Fri, hours: "22:30-06:00"', "days: Sun",
     {"2026-03-06 00:00": 0, "2026-03-06 22:15": 0, "2026-03-06 22:30": 1,
      "2026-03-07 05:45": 1, "2026-03-07 06:00": 0, "2026-03-07 23:00": 0,
      "2026-03-08 00:00": 2}),
    ("months: Nov-Feb", 'months: [Apr, Jun-Jul], hours: "22:00-02:00"',
     {"2025-11-01 00:00": 1, "2026-02-28 23:45": 1, "2026-03-01 00:00": 0,
      "2026-04-30 23:00": 2, "2026-05-01 01:45": 2, "2026-05-31 23:00": 0,
      "2026-06-01 01:00": 0, "2026-06-01 22:00": 2}),
    ('days: holidays, hours: "08:00-02:00"', 'days: workdays, hours: "08:00-20:00"',
     {"2025-12-31 08:00": 2, "2026-01-01 01:00": 0, "2026-01-01 08:00": 1,
      "2026-01-02 01:45": 1, "2026-01-02 02:00": 0, "2026-01-02 08:00": 2,
      "2026-12-25 19:00": 1}),
    ("days: [weekends, Wed]", 'days: Thu-Mon, hours: "12:00-13:00"',
     {"2026-03-04 12:00": 1, "2026-03-05 12:00": 2, "2026-03-07 12:00": 2,
      "2026-03-07 13:00": 1, "2026-03-09 12:45": 2, "2026-03-10 12:00": 0}),
]  # fmt: skip


def calendar_of(text: str) -> Calendar:
    (variable,) = program(text).variables
    assert isinstance(variable.shared, Calendar)
    return variable.shared


def local(text: str) -> MarketSlot:
    return MarketSlot(datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC))


@pytest.mark.parametrize(("one", "two", "expected"), WINDOWS)
def test_a_window_takes_its_start_in_and_leaves_its_end_out(one, two, expected):
    """By local time; a window over midnight belongs to the day, and month, it begins on."""
    binding = bound(CALENDAR.format(overlap="overlap: last", one=one, two=two), {"Grid": {}})
    found = {
        moment: fees(fold(binding, [snapshot(binding.grid, later(local(moment), -SLOT))])[0])
        for moment in expected
    }
    assert expected == {moment: fee["Grid"] for moment, fee in found.items()}


def test_overlapping_windows_add_up_or_the_last_one_holds():
    """As `overlap` says, and the reason names all that hold."""
    told = {}
    for overlap in ("add", "last"):
        text = CALENDAR.format(overlap=f"overlap: {overlap}", one="days: Mon", two="months: Jan")
        binding = bound(text, {"Grid": {}})
        (cycle,) = fold(binding, [snapshot(binding.grid)])
        told[overlap] = fees(cycle)["Grid"], reasons(cycle)[0].text
    assert {"add": (3, "one + two"), "last": (2, "two")} == told


def test_a_window_without_data_leaves_the_sum_without():
    """What adds up has to be known in all its parts."""
    text = CALENDAR.format(overlap="overlap: add", one="days: Mon", two="months: Jan")
    binding = bound(text.replace("value: 1", "value: avg_price"), {"Grid": {}})
    (cycle,) = fold(binding, [snapshot(binding.grid)])
    assert (None, "no data: avg_price") == (fees(cycle)["Grid"], reasons(cycle)[0].text)


FULL_DAY = """\
timezone: Europe/Berlin
calendars:
  tariff:
    windows:
      - {name: night, hours: "22:00-02:30", value: 1}
      - {name: early, hours: "02:30-03:00", value: 2}
      - {name: day, hours: "03:00-22:00", value: 3}
areas: {Grid: tariff}
"""


@pytest.mark.parametrize(
    ("day", "slots", "early"),
    [("2026-10-25", 100, 4), ("2026-03-29", 92, 0), ("2026-06-01", 96, 2)],
)
def test_a_day_with_a_clock_change_has_one_value_in_each_slot(day, slots, early):
    """The hour that comes twice has its values twice, the one left out never."""
    calendar = calendar_of(FULL_DAY)
    start = local(f"{day} 00:00")
    end = local(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")
    moments = [later(start, number * SLOT) for number in range((end - start) // SLOT)]
    taken = np.array([[flag.sum() for flag in takes(calendar, clock_columns(moment, BERLIN))]
                      for moment in moments])  # fmt: skip
    assert (slots, 3) == taken.shape
    assert set(taken.sum(axis=1)) == {1}
    assert early == taken[:, 1].sum()
    binding = bound(FULL_DAY, {"Grid": {}})
    cycles = fold(binding, [snapshot(binding.grid, later(each, -SLOT)) for each in moments])
    assert [{0: 1, 1: 2, 2: 3}[int(row.argmax())] for row in taken] == [
        fees(cycle)["Grid"] for cycle in cycles
    ]


def test_the_clock_knows_the_holidays():
    """`is_holiday` is true on one, `is_workday` is not."""
    binding = bound(
        "timezone: Europe/Vienna\nholidays: [2026-01-12]\n"
        "areas: {Grid: 5 if is_holiday else 6, Mill: 7 if is_workday else 8}"
    )
    first, second = fold(binding, [snapshot(binding.grid, after(number)) for number in (0, 48)])
    assert [(5, 8), (6, 7)] == [
        (fees(cycle)["Grid"], fees(cycle)["Mill"]) for cycle in (first, second)
    ]


def test_a_reason_of_the_authors_own_comes_first():
    """`because` wins; so does a formula that is more than the name."""
    binding = bound(
        BAND.replace(
            '"*": load',
            'Grid: {fee: load, because: Agreed}, Street: load * 2, "House 1": load, Mill: '
            "{rules: [{when: import > 1 kWh, fee: load}, {otherwise: 2}]}",
        )
    )
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=5)])
    told = {binding.grid.names[place]: each.text for place, each in reasons(cycle).items()}
    assert {"Grid": "Agreed", "Street": "fee", "House 1": "step 1", "Mill": "step 1"} == told
    assert told == {
        binding.grid.names[place]: explain(cycle, place).reason.text for place in reasons(cycle)
    }


def test_an_area_has_its_own_of_what_a_band_reads():
    """Own variables change what a band goes by, and may take its place altogether."""
    binding = bound(
        """\
variables: {flow: import}
bands:
  load: {input: flow, steps: [{up_to: 10 kWh, fee: 1}, {above: 10 kWh, fee: 2}]}
areas:
  "*": load
  Street: {fee: load, variables: {flow: export}}
  Mill: {fee: load, variables: {load: 7 ct/kWh}}
"""
    )
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=50, export=0)])
    found = fees(cycle)
    assert [2, 1, 7] == [found[name] for name in ("Grid", "Street", "Mill")]
    told = reasons(cycle)
    names = [told[binding.grid.names.index(name)].text for name in ("Grid", "Street", "Mill")]
    assert ["step 2", "step 1", "fee"] == names


def test_an_explanation_shows_the_option_taken_and_its_line():
    """With the input, and none of what was not taken."""
    binding = bound(BAND)
    (cycle,) = fold(binding, [snapshot(binding.grid, import_=15, avg_price=30)])
    (definition,) = explain(cycle, 1).definitions
    size, step = definition.trace.counting()
    assert ("load", 3, "import", 15) == (definition.name, definition.value, size.text, size.at())
    assert ("step 2 (up_to 0.02 MWh)", 8, 3) == (step.text, step.line, step.at())
    assert ["avg_price * 10 %"] == [child.text for child in step.children]


MANY = """\
timezone: Europe/Berlin
holidays: [2026-03-30]
variables: {base: {unit: ct/kWh, from: {2021-01-01: 1, 2026-03-29: 2, 2026-03-30: import / 1 kWh}},
            dear: {from: {2026-03-29: import > 2 kWh, 2026-03-30: import > 9 kWh}}}
calendars:
  sum:
    overlap: add
    otherwise: base
    windows: [{days: workdays, value: 1}, {hours: "20:00-04:00", value: avg_price * 10 %}]
  last:
    overlap: last
    windows: [{value: base}, {days: holidays, value: avg_price}, {hours: "01:15-03:15", value: 9}]
bands:
  steps:
    input: import
    steps: [{up_to: 3 kWh, fee: base}, {up_to: 5 kWh, fee: sum}, {above: 5 kWh, fee: 4}]
areas: {"*": steps + sum + last if dear else 1}
"""


def test_a_block_of_slots_gives_what_its_slots_give():
    """Columns of `(slots, areas)`, with clocks of `(slots, 1)`, are their rows one by one."""
    made, rng = program(MANY), np.random.default_rng(4)
    moments = [later(local("2026-03-27 21:00"), number * 11 * SLOT) for number in range(40)]
    clocks = [clock_columns(moment, made.timezone, made.holidays) for moment in moments]
    shape = (len(moments), 7)
    numbers = {"import": rng.integers(0, 9, shape) / 1.0, "avg_price": rng.random(shape)}
    numbers["import"][rng.random(shape) < 0.2] = np.nan
    rows = [{**clock, **{key: of[at] for key, of in numbers.items()}}
            for at, clock in enumerate(clocks)]  # fmt: skip
    block = {**{key: np.stack([c[key] for c in clocks]) for key, of in clocks[0].items()
                if not isinstance(of, Truth)}, **numbers}  # fmt: skip
    for variable in made.variables:
        assert variable.shared is not None
        for row in rows:
            row[variable.name] = worked_out(variable.shared, row)
        whole = block[variable.name] = worked_out(variable.shared, block)
        for part in (lambda v: v.yes, lambda v: v.no) if isinstance(whole, Truth) else (np.array,):
            expected = [np.broadcast_to(part(row[variable.name]), shape[1:]) for row in rows]
            found = np.broadcast_to(part(whole), shape)
            np.testing.assert_array_equal(np.array(expected), found, err_msg=variable.name)
