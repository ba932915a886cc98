"""Local times, as people write them, as market slots."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.grid import MarketSlot
from rulegrid.source import Span

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[ T]+(\d{2}:\d{2})(?: ?([+-])(\d{2}):(\d{2}))?", re.ASCII
)
_FIRST_YEAR, _LAST_YEAR = 1971, 9997
_EXAMPLE = "write it as in `2026-01-12 12:00`"


def read_moment(text: str, span: Span, zone: ZoneInfo | None) -> MarketSlot | Diagnostic:
    """The slot that begins at a local time, or what is wrong with it.

    A time that the clock shows twice needs its offset from UTC behind it: `02:30+02:00`. Without a
    zone the time is UTC.
    """
    matched = _MOMENT.fullmatch(text)
    try:
        naive = datetime.fromisoformat(f"{matched[1]}T{matched[2]}") if matched else None
    except ValueError:
        naive = None
    if matched is None or naive is None or not _FIRST_YEAR <= naive.year <= _LAST_YEAR:
        return _finding(f"`{shown(text)}` is no date and time", span, _EXAMPLE)
    offset = _offset(matched) if matched[3] else None
    found = _in_zone(naive, offset, zone or UTC)
    if isinstance(found, str):
        message, _, hint = found.partition("\n")
        return _finding(message, span, hint)
    return MarketSlot(found)


def slots_apart(
    slot: MarketSlot, span: Span, first: MarketSlot, length: timedelta
) -> Iterator[Diagnostic]:
    """What is wrong with a slot that is no whole number of slots away from the first one."""
    behind: timedelta = (slot - first) % length
    if behind:
        minutes = length // timedelta(minutes=1)
        message = f"this is between two slots: they are {minutes} min long"
        hint = f"the slot before begins {behind // timedelta(minutes=1)} min earlier"
        yield _finding(message, span, hint)


def same_moment(slot: MarketSlot, zone: ZoneInfo | None) -> str:
    """A slot as `read_moment` reads it, with an offset where the clock shows the time twice."""
    local = slot.astimezone(zone or UTC)
    naive = local.replace(tzinfo=None)
    text = naive.strftime("%Y-%m-%d %H:%M")
    if len(_readings(naive, zone or UTC)) > 1:
        text += _spelled(local.utcoffset() or timedelta())
    return text


def _offset(matched: re.Match[str]) -> timedelta:
    size = timedelta(hours=int(matched[4]), minutes=int(matched[5]))
    return -size if matched[3] == "-" else size


def _in_zone(naive: datetime, offset: timedelta | None, zone: tzinfo) -> datetime | str:
    """The moment in UTC, or a message and, on a second line, a hint."""
    readings = _readings(naive, zone)
    if not readings:
        return f"the clock of {zone} skips this time\nit goes from winter to summer time then"
    by_offset = {reading.utcoffset(): reading for reading in readings}
    if offset is None and len(readings) == 1:
        offset = next(iter(by_offset))
    if offset in by_offset:
        return by_offset[offset].astimezone(UTC)
    choices = " or ".join(f"`{naive:%H:%M}{_spelled(each or timedelta())}`" for each in by_offset)
    what = "shows this time twice" if offset is None else "has another offset then"
    return f"the clock of {zone} {what}\nwrite {choices}"


def _readings(naive: datetime, zone: tzinfo) -> list[datetime]:
    """The moments at which a clock shows a time: one, mostly; two or none at a clock change."""
    both = [naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    real = [each for each in both if _is_shown(each, naive, zone)]
    return real[:1] if len({each.utcoffset() for each in real}) == 1 else real


def _is_shown(moment: datetime, naive: datetime, zone: tzinfo) -> bool:
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive


def _spelled(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _finding(message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic("RG804", message, span, hint=hint)
