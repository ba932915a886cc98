"""Windows of calendars: on every day that can come, each minute has one value and no more."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from heapq import heappop, heappush

from rulegrid.bodies import WEEKDAYS, Calendar, Hours
from rulegrid.diagnostics import Diagnostic, Related, Severity, shown
from rulegrid.rulebook import schedules
from rulegrid.rulebook.entries import CalendarEntry, VariableEntry
from rulegrid.rulebook.holidays import YEARS
from rulegrid.rulebook.reading import Reading

_FIRST_SHOWN = 2026


def windows_of_calendars(reading: Reading) -> Iterator[Diagnostic]:
    """RG309: two windows hold at one time. RG310: none holds.

    RG403: one never holds or never decides. RG413: one is shorter than a slot.

    The first three are proved over all kinds of days that follow each other in a hundred years,
    holidays among them.
    """
    if any(fault.path[0] == "holidays" for fault in reading.faults):
        return  # which days they are is not known
    for entry in reading.rulebook.variables:
        calendar = reading.variables.get(entry.name)
        if isinstance(entry.body, CalendarEntry) and isinstance(calendar, Calendar):
            yield from _Windows(reading, entry, entry.body, calendar).findings()


@dataclass(frozen=True, slots=True)
class _Days:
    """The pairs of days that can follow each other, a bit for each, and one such day of each."""

    before: tuple[tuple[int, int], ...]
    """Of each pair the month and kind of the first day."""
    today: tuple[tuple[int, int], ...]
    shown: tuple[date, ...]

    def mask(self, hours: Hours, *, before: bool) -> int:
        """The pairs on which a window begins, that is on their first day or their second."""
        found = 0
        for place, (month, kind) in enumerate(self.before if before else self.today):
            found |= (hours.months >> month & hours.days >> kind & 1) << place
        return found


@lru_cache(maxsize=8)
def _days(holidays: frozenset[date]) -> _Days:
    special = {day.toordinal() + after for day in holidays for after in (0, 1)}
    found: dict[tuple[tuple[int, int], tuple[int, int]], int] = {}
    for ordinals in _plain_days().values():
        for ordinal in (each for each in ordinals if each not in special):
            found[_pair(ordinal, holidays)] = ordinal
            break
    first_shown = date(_FIRST_SHOWN, 1, 1).toordinal()
    for ordinal in sorted(special, key=lambda each: (each < first_shown, each)):
        found.setdefault(_pair(ordinal, holidays), ordinal)
    shown_days = tuple(date.fromordinal(ordinal) for ordinal in found.values())
    return _Days(tuple(b for b, _ in found), tuple(t for _, t in found), shown_days)


@lru_cache(maxsize=1)
def _plain_days() -> Mapping[tuple[int, int, int], list[int]]:
    """The days of `YEARS` by the month before, month and week day; those to come first."""
    found: dict[tuple[int, int, int], list[int]] = {}
    split = YEARS.index(_FIRST_SHOWN)
    for year in (*YEARS[split:], *YEARS[:split]):
        for month in range(1, 13):
            start = date(year, month, 1).toordinal()
            end = date(year + month // 12, month % 12 + 1, 1).toordinal()
            for ordinal in range(start, end):
                before = month if ordinal > start else (month - 2) % 12 + 1
                found.setdefault((before, month, ordinal % WEEKDAYS), []).append(ordinal)
    return found


def _pair(ordinal: int, holidays: Collection[date]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The months and kinds of a day before and a day."""
    before, today = (date.fromordinal(each) for each in (ordinal - 1, ordinal))
    return _kind(before, holidays), _kind(today, holidays)


def _kind(day: date, holidays: Collection[date]) -> tuple[int, int]:
    return day.month, day.weekday() + (WEEKDAYS if day in holidays else 0)


@dataclass(frozen=True, slots=True, order=True)
class _Piece:
    """A part of a window between two midnights, and the pairs of days on whose second it holds."""

    start: int
    end: int
    window: int
    days: int


class _Windows:
    """The windows of one calendar, laid over all days that can come."""

    def __init__(
        self, reading: Reading, entry: VariableEntry, written: CalendarEntry, calendar: Calendar
    ) -> None:
        self._document = reading.rulebook.document
        self._entry = entry
        self._written = written
        self._calendar = calendar
        self._days = _days(reading.amounts.holidays)
        self._slot_minutes = reading.amounts.slot_length // timedelta(minutes=1)
        self._pieces = sorted(self._cut())
        edges = {edge for piece in self._pieces for edge in (piece.start, piece.end)}
        self._edges = sorted({0, *edges} - {schedules.MIDNIGHT})

    def findings(self) -> Iterator[Diagnostic]:
        """All that is wrong with the windows."""
        yield from self._dead()
        yield from self._short()
        if not self._written.overlap:
            for (first, second), moment in self._overlaps().items():
                yield self._overlapping(first, second, moment)
        gap = self._gap() if not self._written.otherwise else None
        if gap:
            message = f"no window holds on {gap}"
            span = self._document.key_spans[self._entry.path]
            yield Diagnostic("RG310", message, span, hint="add `otherwise:` with a value")

    def _cut(self) -> Iterator[_Piece]:
        for number, hours in enumerate(self._calendar.windows):
            today = self._days.mask(hours, before=False)
            if not hours.is_over_midnight:
                yield _Piece(hours.start, hours.end, number, today)
                continue
            yield _Piece(hours.start, schedules.MIDNIGHT, number, today)
            yield _Piece(0, hours.end, number, self._days.mask(hours, before=True))

    def _overlaps(self) -> Mapping[tuple[int, int], str]:
        """The pairs of windows that hold at one time, with such a time."""
        found: dict[tuple[int, int], str] = {}
        holding: list[tuple[int, int, int]] = []  # end, window and days, of no two the same days
        taken = 0
        for piece in self._pieces:
            while holding and holding[0][0] <= piece.start:
                taken ^= heappop(holding)[2]
            if taken & piece.days:
                other, both = next((w, d & piece.days) for _, w, d in holding if d & piece.days)
                first, second = sorted((other, piece.window))
                found.setdefault((first, second), self._told(both, piece.start))
            free = piece.days & ~taken
            heappush(holding, (piece.end, piece.window, free))
            taken |= free
        return found

    def _gap(self) -> str:
        """A time at which no window holds, or an empty text."""
        everywhere = (1 << len(self._days.shown)) - 1
        for minute in self._edges:
            free = everywhere
            for piece in self._pieces:
                if piece.start <= minute < piece.end:
                    free &= ~piece.days
            if free:
                return self._told(free, minute)
        return ""

    def _told(self, days: int, minute: int) -> str:
        """The first of some days, at a minute, for a person."""
        day = self._days.shown[(days & -days).bit_length() - 1]
        name = schedules.WEEKDAYS[day.weekday()]
        return f"{name} {day.isoformat()} at {minute // 60:02}:{minute % 60:02}"

    def _overlapping(self, first: int, second: int, moment: str) -> Diagnostic:
        one, two = (self._name(number) for number in (first, second))
        places = [self._calendar.options[number].place for number in (first, second)]
        lines = [place.line for place in places]
        return Diagnostic(
            "RG309",
            f"{one} (line {lines[0]}) and {two} (line {lines[1]}) both hold on {moment}",
            places[1].span,
            hint="let them not overlap, or say what holds: `overlap: last`, or `overlap: add`",
            related=(Related("the other window", places[0].span),),
        )

    def _dead(self) -> Iterator[Diagnostic]:
        """Windows that hold at no time, or never alone nor as the last one."""
        held = {piece.window for piece in self._pieces if piece.days}
        is_last = self._written.overlap is not None and self._calendar.overlap == "last"
        deciding = self._deciding() if is_last else held
        for number, option in enumerate(self._calendar.options[: len(self._calendar.windows)]):
            if number not in held:
                message = f"{self._name(number)} never holds"
                hint = "no such day comes between 2000 and 2099: look at its months and days"
            elif number not in deciding:
                message = f"{self._name(number)} never decides"
                hint = "whenever it holds, `overlap: last` takes a window below it"
            else:
                continue
            yield Diagnostic("RG403", message, option.place.span, Severity.WARNING, hint)

    def _short(self) -> Iterator[Diagnostic]:
        slot = self._slot_minutes
        for number, hours in enumerate(self._calendar.windows):
            if (hours.end - hours.start) % schedules.MIDNIGHT in range(1, slot):
                message = f"{self._name(number)} is shorter than a slot of {slot} min"
                hint = "it holds for all of the slot that begins in it, or never"
                span = self._calendar.options[number].place.span
                yield Diagnostic("RG413", message, span, Severity.WARNING, hint)

    def _deciding(self) -> set[int]:
        """The windows that are the last to hold at some time."""
        deciding: set[int] = set()
        latest = sorted(self._pieces, key=lambda piece: -piece.window)
        for minute in self._edges:
            taken = 0
            for piece in latest:
                if piece.start <= minute < piece.end and piece.days & ~taken:
                    deciding.add(piece.window)
                    taken |= piece.days
        return deciding

    def _name(self, number: int) -> str:
        name = self._written.windows[number].name
        return f"`{shown(name)}`" if name else f"window {number + 1}"
