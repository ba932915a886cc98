"""The table of a calendar: a column per area, and a row per slot of the day.

`read_sheet` reads one to its end and keeps all that is wrong with it, each at its own place in the
table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from rulegrid.bodies import DAY_MINUTES, Table
from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.rulebook import characters
from rulegrid.rulebook.cells import Row, rows
from rulegrid.rulebook.times import like_a_time, read_times
from rulegrid.source import Source, Span

MOST_COLUMNS = 10_000
MOST_FINDINGS = 1000
MOST_DIGITS = 15

_AMOUNT = re.compile(r"(-?)([0-9]+)(?:([.,])([0-9]+))?")
_MARKS = {".": "point", ",": "comma"}
_BEGIN = "begin with a line such as `Time;Grid;Community 1`"


@dataclass(frozen=True, slots=True)
class Measure:
    """What the cells of a table are measured in."""

    factor: Fraction
    """The size of its unit in the canonical one."""
    slot_minutes: int
    is_fee: bool
    """Whether it is of the kind of fees, of which none is below 0."""


def read_sheet(source: Source, measure: Measure) -> tuple[Table | None, tuple[Diagnostic, ...]]:
    """The table of a text, or all that is wrong with it.

    Every finding is in this source.
    """
    table, found = None, characters.in_file(source.text)
    if not found:
        header, *others = rows(source) or (Row(0, ()),)
        found = tuple(_no_table(header, others))
        if not found:
            table, found = _read(source, header, others, measure)
    return None if found else table, tuple(_in(source, each) for each in found[:MOST_FINDINGS])


def _in(source: Source, finding: Diagnostic) -> Diagnostic:
    related = tuple(replace(each, source=source) for each in finding.related)
    return replace(finding, source=source, related=related)


def _no_table(header: Row, others: Sequence[Row]) -> Iterator[Diagnostic]:
    """Why a text is no table of times and areas at all."""
    columns = len(header.cells) - 1
    if columns < 0:
        yield Diagnostic("RG602", "the table is empty", Span(0, 0), hint=_BEGIN)
    elif like_a_time(header.cells[0]):
        message = "the first line names no areas: it is a row already"
        yield Diagnostic("RG602", message, header.span(0), hint=_BEGIN)
    elif columns == 0:
        message = "no column for an area: columns are separated by `;` or `,`"
        yield Diagnostic("RG602", message, header.span(0), hint=_BEGIN)
    elif columns > MOST_COLUMNS:
        message = f"a table has at most {MOST_COLUMNS:,} columns, and this one {columns:,}"
        yield Diagnostic("RG008", message, header.span(MOST_COLUMNS + 1))
    elif len(others) > DAY_MINUTES:
        message = f"a day has at most {DAY_MINUTES:,} slots, and this table {len(others):,} rows"
        hint = "write one day: a row for each of its slots"
        yield Diagnostic("RG008", message, others[DAY_MINUTES].span(0), hint=hint)


def _read(
    source: Source, header: Row, others: Sequence[Row], measure: Measure
) -> tuple[Table, tuple[Diagnostic, ...]]:
    end = len(source.text.rstrip())
    times = read_times(others, measure.slot_minutes, Span(end, end))
    cells = _Cells(header, measure)
    values = {row: cells.amounts(row) for row in others}
    in_order = [times.rows[slot] for slot in sorted(times.rows)]
    areas = header.cells[1:]
    table = Table(
        source,
        areas,
        tuple(header.span(number) for number in range(1, len(areas) + 1)),
        tuple(values[row] for row in in_order),
        tuple(source.position(row.start).line for row in in_order),
    )
    found = (*_columns(header), *times.findings, *cells.findings)
    return table, tuple(sorted(found, key=lambda each: each.span or Span(0, 0)))


def _columns(header: Row) -> Iterator[Diagnostic]:
    """What is wrong with the names of columns."""
    first: dict[str, Span] = {}
    for number, area in enumerate(header.cells[1:], start=1):
        span = header.span(number)
        if not area:
            hint = "name its area, or take it out"
            yield Diagnostic("RG602", f"column {number + 1} has no name", span, hint=hint)
        elif area.startswith('"'):
            hint = 'end the name with `"`, or write it without quotes'
            yield Diagnostic("RG602", "a quote that is never closed", span, hint=hint)
        elif area in first:
            message, hint = f"two columns are named `{shown(area)}`", "keep one of them"
            related = (Related("the first of them", first[area]),)
            yield Diagnostic("RG602", message, span, hint=hint, related=related)
        first.setdefault(area, span)


class _Cells:
    """Reads the amounts of rows; equal texts are common, so each is read once."""

    def __init__(self, header: Row, measure: Measure) -> None:
        self._header = header
        self._measure = measure
        self._known: dict[str, float | None] = {}
        self._mark: tuple[str, Span] | None = None
        """How decimals are written, and where that was seen first."""
        self._has_more = False
        """Whether a cell was found under no name; that is mostly one mistake of all rows."""
        self.findings: list[Diagnostic] = []

    def amounts(self, row: Row) -> tuple[float, ...]:
        """The amounts of a row; a cell that holds none is found, and counts as 0."""
        width = len(self._header.cells)
        if len(row.cells) > width and not self._has_more:
            self._has_more = True
            self.findings.append(self._more(row, width))
        cells = row.cells[1:width] + ("",) * (width - len(row.cells))
        return tuple(self._amount(text, row, at) for at, text in enumerate(cells, start=1))

    def _amount(self, text: str, row: Row, at: int) -> float:
        if text not in self._known:
            self._known[text] = self._read(text, row, at)
        known = self._known[text]
        if known is None and len(self.findings) < MOST_FINDINGS:
            self.findings.append(self._no_amount(text, row, at))
        return known or 0.0

    def _read(self, text: str, row: Row, at: int) -> float | None:
        """The amount of a text in the canonical unit, None where it is none."""
        matched = _AMOUNT.fullmatch(text)
        if matched is None:
            return None
        sign, whole, mark, decimals = matched.groups(default="")
        if mark and self._mark is None:
            self._mark = mark, row.span(at)
        is_usual = not mark or (self._mark is not None and mark == self._mark[0])
        is_long = len((whole + decimals).lstrip("0")) > MOST_DIGITS
        if is_long or not is_usual or (sign and self._measure.is_fee):
            return None
        amount = Fraction(Decimal(f"{sign}{whole}.{decimals or 0}"))
        return float(amount * self._measure.factor)

    def _no_amount(self, text: str, row: Row, at: int) -> Diagnostic:
        """What is wrong with a cell that holds no amount."""
        span, matched = row.span(at), _AMOUNT.fullmatch(text)
        if matched is not None and self._mark and matched[3] not in (None, self._mark[0]):
            return self._unusual(text, matched[3], span)
        if not text:
            area = shown(self._header.cells[at])
            message = f"the cell of `{area}` at {shown(row.cells[0])} is empty"
            hint = f"write what `{area}` pays, or 0"
        elif matched is None:
            message, hint = f"`{shown(text)}` is no number", "write it such as `0.42` or `0,42`"
        elif matched[1] and self._measure.is_fee:
            message, hint = f"a fee is at least 0, and this is {text}", ""
        else:
            message, hint = f"a number has at most {MOST_DIGITS} digits", "round it"
        return Diagnostic("RG604", message, span, hint=hint)

    def _unusual(self, text: str, mark: str, span: Span) -> Diagnostic:
        """`1.234` in one table with `0,42` may be a thousand, or not."""
        usual, first = self._mark or (mark, span)
        message = f"`{text}` has a decimal {_MARKS[mark]}, and other cells a {_MARKS[usual]}"
        related = (Related(f"a decimal {_MARKS[usual]} here", first),)
        hint = "write all numbers the same way"
        return Diagnostic("RG604", message, span, hint=hint, related=related)

    def _more(self, row: Row, width: int) -> Diagnostic:
        hint = "name its area in the first line, or take it out"
        if len(row.cells) == 2 * width - 1:
            hint = "a decimal comma goes with `;` between columns, or into quotes"
        return Diagnostic("RG602", "a cell under no name", row.span(width), hint=hint)
