"""The times of day in the first column of a table: each slot of the day once, in order."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rulegrid.bodies import DAY_MINUTES
from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.rulebook.cells import Row
from rulegrid.source import Span

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_LIKE_A_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.hH]([0-5][0-9])(?:[:.][0-9]{2})?")
_NO_TIME = -2 * DAY_MINUTES
"""In place of a minute; no other time is a slot away from it."""


@dataclass(frozen=True, slots=True)
class Times:
    """The row of each slot of the day, and all that is wrong with them."""

    rows: Mapping[int, Row]
    findings: tuple[Diagnostic, ...]


def read_times(rows: Sequence[Row], slot_minutes: int, end: Span) -> Times:
    """The rows by the slot of the day that they are for. `end` is the place after the last row."""
    other = _other_distance(rows, slot_minutes)
    if other is not None:
        return Times({}, (other,))
    reader = _Reader(slot_minutes)
    for row in rows:
        reader.add(row)
    found = (*_unreadable(reader.unreadable), *reader.findings, *reader.gaps(end))
    return Times(reader.rows, found)


def distance(rows: Sequence[Row]) -> int | None:
    """The minutes from row to row, as most of them are apart; None where that fills no day."""
    minutes = [_minute_of(row) for row in rows]
    apart = Counter(b - a for a, b in pairwise(minutes) if b > a >= 0)
    (usual, _), *_ = apart.most_common(1) or [(0, 0)]
    return usual if usual and DAY_MINUTES % usual == 0 else None


def like_a_time(text: str) -> bool:
    """Whether a cell was meant as a time of day."""
    return _LIKE_A_TIME.fullmatch(text) is not None


def written(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute_of(row: Row) -> int:
    matched = _TIME.fullmatch(row.cells[0])
    return int(matched[1]) * 60 + int(matched[2]) if matched else _NO_TIME


def _other_distance(rows: Sequence[Row], slot_minutes: int) -> Diagnostic | None:
    """One finding where the rows are as evenly apart as slots, but not as far."""
    minutes = [_minute_of(row) for row in rows]
    step = DAY_MINUTES // max(1, len(rows))
    if (
        step == slot_minutes
        or minutes[:1] != [0]
        or {b - a for a, b in pairwise(minutes)} != {step}
    ):
        return None
    hint = f"leave out the rows between, or say `slot_length: {step} min`"
    if step > slot_minutes:
        hint = f"write a row for each slot: 00:00, {written(slot_minutes)} and so on"
    message = f"the rows are {step} min apart, and slots are {slot_minutes} min long"
    return Diagnostic("RG603", message, rows[1].span(0), hint=hint)


def _unreadable(rows: Sequence[Row]) -> Iterator[Diagnostic]:
    """One finding for all times that are none: they are one habit of one spreadsheet."""
    if rows:
        text = rows[0].cells[0]
        message = f"`{shown(text)}` is no time of day"
        if len(rows) > 1:
            message += f", nor are those of {len(rows) - 1:,} more rows"
        yield Diagnostic("RG603", message, rows[0].span(0), hint=_hint(text))


@dataclass(slots=True)
class _Reader:
    """Takes row by row."""

    slot_minutes: int
    rows: dict[int, Row] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)
    unreadable: list[Row] = field(default_factory=list)
    _newest: int = -1
    """The slot of the last row whose time was right."""
    _excused: set[int] = field(default_factory=set)
    """Slots after which a row has a wrong time: what is missing there is no second mistake."""

    def add(self, row: Row) -> None:
        """Take the next row in."""
        minute = _minute_of(row)
        if minute == _NO_TIME:
            self.unreadable.append(row)
            self._excused.add(self._newest)
            return
        slot = minute // self.slot_minutes
        wrong = self._no_slot(row, minute) or self._twice(row, slot)
        if wrong is None:
            self.rows[slot] = row
            wrong = self._out_of_order(row, slot)
            self._newest = slot
        if wrong is not None:
            self.findings.append(wrong)

    def _no_slot(self, row: Row, minute: int) -> Diagnostic | None:
        """What is wrong with a time that no slot begins at."""
        text, length = row.cells[0], self.slot_minutes
        if minute % length == 0 and text.endswith((written(minute), ":00")):
            return None
        self._excused.add(self._newest)
        below = minute - minute % length
        above = (below + length) % DAY_MINUTES
        message = f"no slot of {length} min begins at {text}"
        hint = f"slots begin at {written(below)} and at {written(above)}"
        return Diagnostic("RG603", message, row.span(0), hint=hint)

    def _twice(self, row: Row, slot: int) -> Diagnostic | None:
        first = self.rows.get(slot)
        if first is None:
            return None
        message = f"there are two rows for {self._time(slot)}"
        related = (Related("the first of them", first.span(0)),)
        return Diagnostic("RG603", message, row.span(0), hint="keep one of them", related=related)

    def _out_of_order(self, row: Row, slot: int) -> Diagnostic | None:
        if slot > self._newest:
            return None
        message = f"{self._time(slot)} comes after {self._time(self._newest)}"
        return Diagnostic("RG603", message, row.span(0), hint="sort the rows by their time")

    def gaps(self, end: Span) -> Iterator[Diagnostic]:
        """A finding for each run of slots without a row, at the row that comes after it."""
        first = 0
        for slot in (*sorted(self.rows), DAY_MINUTES // self.slot_minutes):
            if slot > first and first - 1 not in self._excused:
                yield self._gap(first, slot - 1, self.rows.get(slot), end)
            first = slot + 1

    def _gap(self, first: int, last: int, after: Row | None, end: Span) -> Diagnostic:
        message = f"the row for {self._time(first)} is missing"
        if last > first:
            times = f"{self._time(first)} to {self._time(last)}"
            message = f"the {last - first + 1} rows for {times} are missing"
        hint = f"a calendar has a row for every slot: add it {'before' if after else 'after'} this"
        return Diagnostic("RG603", message, after.span(0) if after else end, hint=hint)

    def _time(self, slot: int) -> str:
        return written(slot * self.slot_minutes)


def _hint(text: str) -> str:
    matched = _LIKE_A_TIME.fullmatch(text)
    if matched:
        return f"write `{matched[1]:0>2}:{matched[2]}`"
    return "write the hour and minute at which the slot begins, such as `13:15`"
