"""`rulegrid show`: calendars and bands as tables and pictures."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

import click

from rulegrid.bodies import Band, Calendar, Sheet
from rulegrid.cli.amounts import amount
from rulegrid.cli.exits import Exit
from rulegrid.cli.loading import load_rulebook
from rulegrid.cli.pictures import UNKNOWN, Scale, curve, day_row, heat_map
from rulegrid.cli.terminal import say
from rulegrid.diagnostics import shown
from rulegrid.rehearsal.timetable import Hour, Step, Timetable, Told

DAYS_OF_A_WEEK = 7
_WEEK = re.compile(r"([0-9]{4})-?W([0-9]{2})")

EXAMPLES = """\b
Examples:
  rulegrid show tariff.yaml
  rulegrid show tariff.yaml --date 2026-10-25
  rulegrid show tariff.yaml --week 2026-W44
"""


@click.command("show", epilog=EXAMPLES)
@click.argument("rulebook", metavar="RULEBOOK")
@click.option(
    "--date", "day", metavar="D", help="The day to show, as 2026-10-25. [default: today]"
)
@click.option("--week", metavar="W", help="A whole week, as 2026-W44 or a day in it.")
def command(rulebook: str, day: str | None, week: str | None) -> int:
    """Show the calendars and bands of a rulebook, on a day or in a week.

    A calendar is a table of the day and a picture of its amounts, a band a curve. What depends on
    metrics is shown as the formula that it is.
    """
    if day is not None and week is not None:
        raise click.UsageError("--date and --week cannot be used together")
    program = load_rulebook(rulebook).program
    timetable = Timetable(program)
    today = datetime.now(program.timezone).date()
    days = _week(week) if week is not None else [today if day is None else _day(day, "--date")]
    blocks = ["\n".join(block) for block in _blocks(timetable, days)]
    say("\n\n".join(blocks) or "there are no calendars and no bands in this rulebook")
    return Exit.FINE


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{option}: `{shown(text)}` is no day; write it as 2026-10-25"
        raise click.UsageError(message) from None


def _week(text: str) -> list[date]:
    """The seven days of a week, from Monday on."""
    found = _WEEK.fullmatch(text)
    try:
        if found:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        else:
            given = date.fromisoformat(text)
            monday = given - timedelta(days=given.weekday())
    except ValueError:
        message = f"--week: `{shown(text)}` is no week; write it as 2026-W44, or a day in it"
        raise click.UsageError(message) from None
    return [monday + timedelta(days=each) for each in range(DAYS_OF_A_WEEK)]


def _blocks(timetable: Timetable, days: Sequence[date]) -> Iterator[Iterator[str]]:
    for name, calendar in timetable.calendars.items():
        yield _calendar(timetable, name, calendar, days)
    for name, sheet in timetable.sheets.items():
        yield _sheet(timetable, name, sheet, days[0])
    for name, band in timetable.bands.items():
        yield _band(timetable, name, band, days[0])


def _calendar(
    timetable: Timetable, name: str, calendar: Calendar, days: Sequence[date]
) -> Iterator[str]:
    """A calendar: the picture of its days, and for a single day the table."""
    shown_days = [timetable.hours(calendar, day) for day in days]
    scale = Scale(hour.value.amount for hours in shown_days for hour in hours)
    unit = str(calendar.kind)
    yield click.style(f"{name}: {_span(days)}", bold=True)
    yield ""
    if len(days) == 1:
        yield from _table(shown_days[0], unit)
        yield ""
    rows = [(_label(hours), _row(hours, scale)) for hours in shown_days]
    yield from heat_map(rows, scale)
    yield from filter(None, (scale.legend(unit), *map(_change, shown_days)))
    if any(UNKNOWN in row for _, row in rows):
        yield f"{UNKNOWN} depends on what is reported"


def _span(days: Sequence[date]) -> str:
    first, last = days[0], days[-1]
    if first == last:
        return f"{first:%A} {first}"
    return f"week {first:%G-W%V}, {first} to {last}"


def _label(hours: Sequence[Hour]) -> str:
    return f"{hours[0].slot:%a}"


def _row(hours: Sequence[Hour], scale: Scale) -> str:
    return day_row([hour.slot for hour in hours], [hour.value.amount for hour in hours], scale)


def _table(hours: Sequence[Hour], unit: str) -> Iterator[str]:
    """The times of a day, each with what holds in it."""
    parts = [list(group) for _, group in groupby(hours, key=_said)]
    ends = [*(part[0].slot for part in parts[1:]), None]
    lines = [
        (f"{part[0].slot:%H:%M}-{_end(end)}", " + ".join(part[0].names) or "-", _value(part, unit))
        for part, end in zip(parts, ends, strict=True)
    ]
    width = max(len(names) for _, names, _ in lines)
    for times, names, value in lines:
        yield f"{times}  {names:{width}}  {value}"


def _said(hour: Hour) -> tuple[object, ...]:
    return hour.names, hour.value


def _end(slot: datetime | None) -> str:
    return "24:00" if slot is None else f"{slot:%H:%M}"


def _value(part: Sequence[Hour], unit: str) -> str:
    return _told(part[0].value, unit)


def _told(value: Told, unit: str) -> str:
    return value.text if value.amount is None else f"{amount(value.amount)} {unit}"


def _change(hours: Sequence[Hour]) -> str:
    """What the clock does on this day, where it changes."""
    first, last = hours[0].slot, hours[-1].slot
    shift = (last.utcoffset() or timedelta()) - (first.utcoffset() or timedelta())
    if not shift:
        return ""
    what = "skips an hour" if shift > timedelta() else "shows an hour twice"
    return f"{first:%Y-%m-%d}: {len(hours)} slots, the clock {what}"


def _sheet(timetable: Timetable, name: str, sheet: Sheet, day: date) -> Iterator[str]:
    """A table: a row for each of its areas."""
    slots, table = timetable.slots(day), timetable.rows(sheet, day)
    scale = Scale(value for row in table for value in row)
    yield click.style(f"{name}: {sheet.file}, {day:%A} {day}", bold=True)
    yield ""
    columns = zip(sheet.table.areas, zip(*table, strict=True), strict=True)
    rows = [(area, day_row(slots, values, scale)) for area, values in columns]
    yield from heat_map(rows, scale)
    yield scale.legend(str(sheet.kind))


def _band(timetable: Timetable, name: str, band: Band, day: date) -> Iterator[str]:
    """A band: its steps, and its curve where all fees are known."""
    steps = timetable.steps(band, day)
    unit = str(band.kind)
    yield click.style(f"{name}: by {band.input.text}", bold=True)
    yield ""
    width = max(len(step.when) for step in steps)
    for step in steps:
        yield f"{step.when.replace('_', ' '):{width}}  {_told(step.value, unit)}"
    yield from _curve(steps, unit, str(band.input.kind))


def _curve(steps: Sequence[Step], unit: str, input_unit: str) -> Iterator[str]:
    uppers = [step.upper for step in steps if step.upper is not None]
    fees = [step.value.amount for step in steps if step.value.amount is not None]
    if len(fees) == len(steps) and uppers:
        yield ""
        yield f"{unit} by {input_unit}"
        yield from curve(uppers, fees)
