"""The table of a test: `time`, metrics, and fees behind `=`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rulegrid.diagnostics import Diagnostic, Related
from rulegrid.grid import MarketSlot, later
from rulegrid.program import Program
from rulegrid.rehearsal.cases.frames import Cell, Frame, Strip
from rulegrid.rehearsal.cases.moments import read_moment, slots_apart
from rulegrid.rulebook.document import Document, Path
from rulegrid.source import Span

TIME = "time"
_LINE = re.compile(r"[^\n]*")
_RULE = re.compile(r"[\s|:+=-]*")
"""A line that only draws."""


def read_table(
    document: Document, path: Path, program: Program
) -> tuple[Frame | None, tuple[Diagnostic, ...]]:
    """The frame of a table in a scalar, and what is wrong with it as a table."""
    lines = list(_lines(document, path))
    if not lines:
        hint = "begin with `| time | Grid.import | = Grid |`"
        return None, (Diagnostic("RG803", "the table is empty", document.spans[path], hint=hint),)
    head, *rows = lines
    wrong = tuple(_wrong(head, rows))
    if wrong:
        return None, wrong
    read = [(_slot(row[0], program), row[0]) for row in rows]
    found = tuple(each for each, _ in read if isinstance(each, Diagnostic))
    if found:
        return None, found
    moments = [(slot, cell) for slot, cell in read if not isinstance(slot, Diagnostic)]
    found = tuple(_out_of_order(moments))
    for slot, cell in moments:
        found += tuple(slots_apart(slot, cell.span, moments[0][0], program.slot_length))
    columns = [Strip(each, [row[at] for row in rows]) for at, each in enumerate(head)][1:]
    decided = [later(slot, program.slot_length, -1) for slot, _ in moments]
    return Frame(decided, *_sorted_out(columns)), found


def _sorted_out(columns: Sequence[Strip]) -> tuple[list[Strip], list[Strip]]:
    """The columns that are given, and those that are expected, without their `=`."""
    given = [each for each in columns if not each.head.text.startswith("=")]
    expected = [
        Strip(Cell(each.head.text[1:].strip(), each.head.span), each.cells)
        for each in columns
        if each.head.text.startswith("=")
    ]
    return given, expected


def _slot(cell: Cell, program: Program) -> MarketSlot | Diagnostic:
    return read_moment(cell.text, cell.span, program.timezone)


def _wrong(head: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> Iterator[Diagnostic]:
    """Why lines of cells are no table."""
    if head[0].text != TIME:
        hint = "the slot that the fee applies to, as in `2026-06-01 12:00`"
        message = "the first column of a table is `time`"
        yield Diagnostic("RG803", message, head[0].span, hint=hint)
    for cell in head[1:]:
        if not cell.text.lstrip("="):
            message = "this column has no name"
            yield Diagnostic("RG803", message, cell.span, hint=_COLUMN)
    if not rows:
        yield Diagnostic("RG803", "the table has no rows", head[0].span, hint="add a row a slot")
    for row in rows:
        if len(row) != len(head):
            message = f"this row has {len(row)} cells, and the table {len(head)} columns"
            span = Span(row[0].span.start, row[-1].span.end)
            yield Diagnostic("RG803", message, span, hint="an empty cell needs its bars too")


_COLUMN = "name a metric, as in `Grid.import`, or a fee, as in `= Grid`"


def _out_of_order(moments: Sequence[tuple[MarketSlot, Cell]]) -> Iterator[Diagnostic]:
    for (before, first), (slot, cell) in pairwise(moments):
        if slot <= before:
            message = f"{cell.text} does not come after {first.text}"
            related = (Related("the row before", first.span),)
            hint = "sort the rows by time"
            yield Diagnostic("RG803", message, cell.span, hint=hint, related=related)


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a scalar, and the place of each of its characters."""

    text: str
    places: Sequence[Span]

    def cell(self, start: int, end: int) -> Cell:
        """The cell between two bars, without the blanks around it."""
        raw = self.text[start:end]
        first = start + len(raw) - len(raw.lstrip())
        last = max(first, start + len(raw.rstrip()))
        after = self.places[last - 1].end if last > first else self.places[first].start
        return Cell(self.text[first:last], Span(self.places[first].start, after))


def _lines(document: Document, path: Path) -> Iterator[list[Cell]]:
    """The cells of each line that says anything."""
    text = _Text(document.text(path), document.places(path))
    for line in _LINE.finditer(text.text):
        if _RULE.fullmatch(line[0]):
            continue
        bars = [line.start() + at for at, letter in enumerate(line[0]) if letter == "|"]
        if not line[0].lstrip().startswith("|"):
            bars.insert(0, line.start() - 1)
        if not line[0].rstrip().endswith("|"):
            bars.append(line.end())
        yield [text.cell(start + 1, end) for start, end in pairwise(bars)]
