"""What is shown of a calendar is what an area would pay."""

from datetime import UTC, date, timedelta
from itertools import pairwise

import pytest

from rulegrid.cli.pictures import QUARTERS, Scale, curve, day_row
from rulegrid.gateway.rulebooks import compile_bytes, compile_file
from rulegrid.rehearsal.timetable import Timetable
from tests.console import ROOT, rulegrid

SHOWN = ROOT / "tests" / "golden" / "shown.yaml"
DAYS = [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100), (date(2026, 10, 26), 96)]


@pytest.fixture
def timetable():
    return Timetable(compile_file(str(SHOWN)).program)


@pytest.mark.parametrize(("day", "slots"), DAYS)
def test_a_day_has_all_its_slots_each_with_one_value(timetable, day, slots):
    """100 and 92 where the clock changes, one right after the other."""
    hours = timetable.hours(timetable.calendars["times"], day)
    assert slots == len(hours)
    assert all(len(hour.names) == 1 for hour in hours)
    moments = [hour.slot.astimezone(UTC) for hour in hours]
    assert {timedelta(minutes=15)} == {after - before for before, after in pairwise(moments)}
    assert {day} == {hour.slot.date() for hour in hours}


def test_a_holiday_is_no_workday(timetable):
    """The Monday is a holiday of the rulebook, the Tuesday is not."""
    times = timetable.calendars["times"]
    monday, tuesday = (timetable.hours(times, date(2026, 10, each)) for each in (26, 27))
    assert ("otherwise",) == monday[17 * 4].names
    assert ("peak",) == tuesday[17 * 4].names


def test_dated_values_are_those_of_the_day(timetable):
    """On the day on which a value changes the new one counts."""
    times = timetable.calendars["times"]
    before, after = (timetable.hours(times, date(2026, 10, each)) for each in (27, 28))
    assert (1.0, 2.0) == (before[48].value.amount, after[48].value.amount)


def test_what_depends_on_metrics_is_told_as_its_formula(timetable):
    """There is no number to show before it is reported."""
    peak = timetable.hours(timetable.calendars["times"], date(2026, 10, 27))[17 * 4]
    assert (None, "avg_price * 10 %") == (peak.value.amount, peak.value.text)


def test_windows_that_add_up_are_added():
    """As `overlap: add` has it."""
    text = b"""
rulegrid: 1
name: Sum
timezone: Europe/Berlin
calendars:
  sum:
    overlap: add
    otherwise: 5
    windows:
      - {name: day, hours: "06:00-20:00", value: 1}
      - {name: noon, hours: "12:00-13:00", value: 2}
areas: {Grid: sum}
"""
    timetable = Timetable(compile_bytes("a.yaml", text).program)
    hours = timetable.hours(timetable.calendars["sum"], date(2026, 1, 9))
    assert (5.0, 1.0, 3.0) == tuple(hours[4 * each].value.amount for each in (5, 6, 12))
    assert ("day", "noon") == hours[48].names


@pytest.mark.parametrize(("day", "slots"), DAYS)
def test_a_row_of_a_day_is_the_clock_on_the_wall(timetable, day, slots):
    """96 quarters: an hour that the clock skips is blank, one that comes twice is there once."""
    hours = timetable.hours(timetable.calendars["times"], day)
    amounts = [hour.value.amount for hour in hours]
    row = day_row([hour.slot for hour in hours], amounts, Scale(amounts))
    assert QUARTERS == len(row)
    assert (4 if slots == 92 else 0) == row.count(" ")


def test_slots_of_an_hour_are_four_quarters_wide():
    """The picture keeps its width whatever the slots."""
    text = b"""
rulegrid: 1
name: Hours
timezone: UTC
slot_length: 1 h
calendars: {c: {windows: [{value: 1}]}}
areas: {Grid: c}
"""
    timetable = Timetable(compile_bytes("a.yaml", text).program)
    slots = timetable.slots(date(2026, 1, 9))
    assert 24 == len(slots)
    assert "·" * QUARTERS == day_row(slots, [1.0] * 24, Scale([1.0]))


def test_a_curve_goes_through_every_fee():
    """A level a fee, flat as long as it holds, with its corners above each other."""
    lines = list(curve([10, 20], [1, 3, 2]))
    assert [
        "3 ┤                        ┌───────────────────────┐",
        "2 ┤                        │                       └───────────",
        "1 ┤────────────────────────┘",
        "  └────────────────────────┴───────────────────────┴────────────",
        "                          10                      20",
    ] == lines


def test_days_and_weeks_exclude_each_other():
    """Usage."""
    ran = rulegrid("show", str(SHOWN), "--date", "2026-01-09", "--week", "2026-W02")
    assert 2 == ran.code


def test_a_week_is_that_of_any_day_in_it():
    """Monday to Sunday."""
    by_day = rulegrid("show", str(SHOWN), "--week", "2026-10-29").out
    assert rulegrid("show", str(SHOWN), "--week", "2026-W44").out == by_day
    assert "2026-10-26 to 2026-11-01" in by_day


def test_today_is_shown_unless_told_otherwise():
    """In the time zone of the rulebook."""
    ran = rulegrid("show", str(SHOWN))
    assert 0 == ran.code
    assert "times: " in ran.out
