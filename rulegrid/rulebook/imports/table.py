"""Fees by market and time of day, as the SDK's `ToU.csv` holds them, as calendars.

Where every market has few fees a day they become windows that a person can read; else the rulebook
reads the table as it is.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from rulegrid.bodies import DAY_MINUTES, Table
from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.rulebook.cells import rows
from rulegrid.rulebook.imports.writing import Draft, grouped, limits, names_of, number, quoted
from rulegrid.rulebook.named_files import refused
from rulegrid.rulebook.sheets import Measure, read_sheet
from rulegrid.rulebook.times import distance, written
from rulegrid.source import Source

MOST_WINDOWS = 6
"""Up to so many changes of a market's fee a day are windows."""

Day = tuple[Decimal, ...]
"""The fee of each slot of a day, in ct/kWh."""

_HEAD = """\
# yaml-language-server: $schema=rulebook.schema.json
#
# Made by `rulegrid import` from {file}, a file of the exchange's SDK.
#
# A market's fee follows the time of day at which it will be in force. The SDK goes by the
# exchange's clock, which shows UTC: write the time zone that the times are meant in.
rulegrid: 1
name: Time of use
fee_unit: ct/kWh
timezone: UTC
slot_length: {slot} min
"""


def from_table(source: Source) -> tuple[Draft | None, tuple[Diagnostic, ...]]:
    """The rulebook of such a file, or all that is wrong with it."""
    slot = distance(rows(source)[1:]) or 15
    table, findings = read_sheet(source, Measure(Fraction(1), slot, is_fee=True))
    if table is None:
        return None, findings
    days = {
        area: tuple(Decimal(str(values[at])) for values in table.values)
        for at, area in enumerate(table.areas)
    }
    head = _HEAD.format(file=shown(source.name.rpartition("/")[2]), slot=slot)
    fees = [fee for day in days.values() for fee in day]
    if all(len(_runs(day)) <= MOST_WINDOWS for day in days.values()):
        return Draft("\n".join([head, *_by_windows(days, slot), "", limits(fees), ""])), ()
    file = _file(source)
    return Draft("\n".join([head, *_by_file(table, file), "", limits(fees), ""]), file), ()


def _file(source: Source) -> str:
    """The name of the table beside the rulebook."""
    name = source.name.rpartition("/")[2]
    is_name = name.isprintable() and refused(name) is None and not name.startswith("<")
    return name if is_name else "tou.csv"


def _by_file(table: Table, file: str) -> Iterator[str]:
    yield "calendars:"
    yield "  time_of_use:"
    yield f"    file: {quoted(file)}   # a column per area, a row per slot of the day"
    yield "    unit: ct/kWh"
    yield ""
    yield "areas:"
    for area in table.areas:
        yield f"  {quoted(area)}: time_of_use"


def _by_windows(days: dict[str, Day], slot: int) -> Iterator[str]:
    changing = [(area, day) for area, day in days.items() if len(_runs(day)) > 1]
    names = names_of(grouped(changing), "time_of_use")
    if changing:
        yield "calendars:"
    for day, name in names.items():
        yield from _calendar(name, next(own for own in days.values() if own == day), slot)
    if changing:
        yield ""
    yield "areas:"
    for area, day in days.items():
        yield f"  {quoted(area)}: {names.get(day, number(day[0]))}"


def _calendar(name: str, day: Day, slot: int) -> Iterator[str]:
    usual = Counter(day).most_common(1)[0][0]
    yield f"  {name}:"
    yield "    unit: ct/kWh"
    yield f"    otherwise: {number(usual)}"
    yield "    windows:"
    for first, end, fee in _runs(day):
        if fee != usual:
            hours = f"{written(first * slot)}-{written(end * slot % DAY_MINUTES)}"
            yield f'      - {{hours: "{hours}", value: {number(fee)}}}'


def _runs(day: Sequence[Decimal]) -> list[tuple[int, int, Decimal]]:
    """The runs of slots with one fee: first slot, the slot behind the last, fee.

    One that goes over midnight is one.
    """
    runs: list[tuple[int, int, Decimal]] = []
    at = 0
    for fee, slots in groupby(day):
        length = sum(1 for _ in slots)
        runs.append((at, at + length, fee))
        at += length
    if len(runs) > 1 and runs[0][2] == runs[-1][2]:
        runs = [(runs[-1][0], runs[0][1], runs[0][2]), *runs[1:-1]]
    return runs
