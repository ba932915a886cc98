"""The months, days and hours of a calendar's window, and dates, from the words of an author."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula import Problem

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ALL_MONTHS = 0b1111111111110
ALL_DAYS = 0b11111111111111
MIDNIGHT = 24 * 60

_WORKDAYS, _WEEKEND, _WEEK = 0b0011111, 0b1100000, 0b1111111
_GROUPS = {
    "workdays": _WORKDAYS,
    "weekends": _WEEKEND | _WEEKEND << 7,
    "holidays": _WEEK << 7,
}
_MONTH_BITS = {name: 1 << number for number, name in enumerate(MONTHS, start=1)}
_DAY_BITS = {name: 1 << number | 1 << number + 7 for number, name in enumerate(WEEKDAYS)}
_HOURS = re.compile(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])")


def months(text: str) -> int | Problem:
    """A month or a range of them as bits: January is bit 1."""
    return _bits(text, MONTHS, _MONTH_BITS, "a month")


def days(text: str) -> int | Problem:
    """A week day, a range or a group of days as bits, in the order of `bodies.Hours`."""
    if text in _GROUPS:
        return _GROUPS[text]
    return _bits(text, WEEKDAYS, _DAY_BITS | _GROUPS, "a day")


def hours(text: str) -> tuple[int, int] | Problem:
    """The first minute since midnight, and the one that is left out."""
    found = _HOURS.fullmatch(text.replace(" ", ""))
    if not found:
        hint = 'write a start and an end, as in "17:00-20:00"'
        return _wrong(text, f"`{shown(text)}` is no span of hours", hint)
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if start >= MIDNIGHT or end > MIDNIGHT:
        return _wrong(text, "a day has 24 hours", "write `24:00` for the midnight at its end")
    if start == end:
        hint = "leave `hours` out for the whole day"
        return _wrong(text, "these hours end when they begin", hint)
    return start, end


def day(text: str) -> date | Problem:
    """A day of the calendar, as 2026-01-09."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        return _wrong(text, f"`{shown(text)}` is no day", "write it as in 2026-01-09")
    return found


def _bits(text: str, order: Sequence[str], bits: Mapping[str, int], what: str) -> int | Problem:
    ends = [end.strip() for end in text.split("-")]
    unknown = next((end for end in ends if end not in order), None)
    if unknown is None and len(ends) == 1:
        return bits[text.strip()]
    if unknown is None and text.count("-") == 1:
        first, last = map(order.index, ends)
        count = (last - first) % len(order) + 1
        return sum(bits[order[(first + step) % len(order)]] for step in range(count))
    if "," in text:
        return _wrong(text, "several in one text", f"write a list: [{shown(text)}]")
    word = unknown or text
    close = did_you_mean(word, bits) or did_you_mean(word[:3], order)
    hint = close or f"write it as in `{order[0]}` or `{order[0]}-{order[4]}`"
    return _wrong(text, f"`{shown(word)}` is not {what}", hint)


def _wrong(text: str, message: str, hint: str) -> Problem:
    return Problem(0, len(text), "RG204", message, hint)
