"""What a test is given in a file: a line a slot and area, a column a metric."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rulegrid.diagnostics import Diagnostic, Related, did_you_mean, shown
from rulegrid.grid import Grid, MarketSlot, later, read_slot
from rulegrid.metrics import METRICS
from rulegrid.program import Program
from rulegrid.rehearsal.cases.frames import Cell, Frame, Strip
from rulegrid.rehearsal.cases.moments import read_moment, slots_apart
from rulegrid.rehearsal.cases.targets import place
from rulegrid.rulebook.cells import Row, rows
from rulegrid.source import Source, Span

TIME, SLOT, AREA = "time", "slot", "area"
MOST_ROWS = 100_000
MOST_CELLS = 2_000_000
"""Slots by columns of areas: more than the rows of a file can fill, unless most are empty."""
_DECIMAL_COMMA = re.compile(r"(-?[0-9]+),([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Header:
    """Which column of a fixture is what."""

    moment: int
    is_local: bool
    """Whether times are those of a test, not the slots of a recording."""
    area: int
    metrics: Sequence[tuple[int, str]]


def read_fixture(
    source: Source, program: Program, grid: Grid
) -> tuple[Frame | None, tuple[Diagnostic, ...]]:
    """The frame of a fixture, and what is wrong with it.

    Its first line names the columns: `time` (local, of the slot the fee applies to, as in a test)
    or `slot` (UTC, of the market event, as in a recording), `area`, and metrics.
    """
    lines = rows(source)
    header = _header(lines)
    if isinstance(header, Diagnostic):
        return None, (replace(header, source=source),)
    wrong = tuple(replace(each, source=source) for each in _unfit(lines))
    if wrong:
        return None, wrong
    reader = _Reader(header, program, grid)
    frame = reader.read(lines[1:])
    found = tuple(replace(each, source=source) for each in reader.findings)
    given = [replace(strip, source=source) for strip in frame.given]
    return (None if found else replace(frame, given=given)), found


def _header(lines: Sequence[Row]) -> _Header | Diagnostic:
    if not lines:
        return Diagnostic("RG805", "the fixture is empty", Span(0, 0), hint=_BEGIN)
    names = lines[0].cells
    moment = next((each for each in (TIME, SLOT) if each in names), None)
    if moment is None or AREA not in names:
        missing = f"`{AREA}`" if moment else "`time`"
        return Diagnostic("RG805", f"there is no column {missing}", lines[0].span(0), hint=_BEGIN)
    own = {moment, AREA}
    wrong = next(_wrong_columns(lines[0], own), None)
    metrics = [(number, name) for number, name in enumerate(names) if name not in own]
    header = _Header(names.index(moment), moment == TIME, names.index(AREA), metrics)
    return wrong or header


def _unfit(lines: Sequence[Row]) -> Iterator[Diagnostic]:
    """Too few rows or too many, or the first that has other cells than the columns have names."""
    head, *others = lines
    if not others:
        hint = "add a row for each slot and area"
        yield Diagnostic("RG805", "the fixture has no rows", head.span(0), hint=hint)
    if len(others) > MOST_ROWS:
        message = f"a fixture has at most {MOST_ROWS:,} rows, and this one {len(others):,}"
        yield Diagnostic("RG008", message, head.span(0))
    width = len(head.cells)
    row = next((row for row in others if not _is_even(row, width)), None)
    if row is None:
        return
    message = f"this row has {_cells(len(row.cells))}, and the first line names {width} columns"
    hint = "an empty cell needs its separator too"
    if len(row.cells) > width:
        hint = "a decimal comma goes with `;` between columns, or into quotes"
    yield Diagnostic("RG803", message, row.span(min(width, len(row.cells) - 1)), hint=hint)


def _is_even(row: Row, width: int) -> bool:
    """Whether a row has as many cells as there are columns, but for empty ones behind them."""
    return len(row.cells) >= width and not any(row.cells[width:])


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _wrong_columns(head: Row, own: set[str]) -> Iterator[Diagnostic]:
    for number, name in enumerate(head.cells):
        if name not in own and name not in METRICS:
            hint = did_you_mean(name, METRICS)
            if name in (TIME, SLOT):
                hint = f"keep one of `{TIME}` and `{SLOT}`"
            message = f"`{shown(name)}` is no metric"
            yield Diagnostic("RG802", message, head.span(number), hint=hint)
        elif head.cells.index(name) != number:
            message = f"two columns are named `{name}`"
            yield Diagnostic("RG803", message, head.span(number), hint="keep one of them")


_BEGIN = "begin with a line such as `time,area,import,export`"


class _Reader:
    """Takes row by row."""

    def __init__(self, header: _Header, program: Program, grid: Grid) -> None:
        self._header = header
        self._grid = grid
        self._paths: dict[str, str] = {}
        self._program = program
        self._first: MarketSlot | None = None
        self._moments: dict[str, MarketSlot | None] = {}
        self.findings: list[Diagnostic] = []

    def read(self, lines: Sequence[Row]) -> Frame:
        """The frame of all rows."""
        heads: dict[str, Cell] = {}
        cells: dict[tuple[str, MarketSlot], Cell] = {}
        slots: set[MarketSlot] = set()
        for row in lines:
            slot = self._slot(row)
            if slot is None:
                continue
            slots.add(slot)
            area = self._area(row)
            for head, cell in self._cells(row, area):
                heads.setdefault(head, Cell(head, area.span))
                if (head, slot) in cells:
                    self.findings.append(_twice(area, cells[head, slot]))
                cells[head, slot] = cell
        if len(slots) * len(heads) > MOST_CELLS:
            message = f"{len(slots):,} slots of {len(heads):,} columns are too many for one test"
            hint = "write a test for some of the slots, or for some of the areas"
            self.findings.append(Diagnostic("RG008", message, lines[0].span(0), hint=hint))
            return Frame(())
        in_order = sorted(slots)
        nothing = Cell("", Span(0, 0))
        return Frame(
            in_order,
            [
                Strip(head, [cells.get((name, slot), nothing) for slot in in_order])
                for name, head in heads.items()
            ],
        )

    def _area(self, row: Row) -> Cell:
        """The path of a row's area; empty, and a finding, where there is no such area."""
        cell = self._cell(row, self._header.area)
        if cell.text not in self._paths:
            found = place(cell.text, cell.span, self._grid)
            if not cell.text:
                hint = "write its name, or its path"
                found = Diagnostic("RG801", "this row names no area", cell.span, hint=hint)
            if isinstance(found, Diagnostic):
                self.findings.append(found)
            self._paths[cell.text] = (
                "" if isinstance(found, Diagnostic) else self._grid.paths[found]
            )
        return Cell(self._paths[cell.text], cell.span)

    def _cells(self, row: Row, area: Cell) -> Iterator[tuple[str, Cell]]:
        """The cells of a row with what they are of: nothing where the area is not known."""
        for number, name in self._header.metrics if area.text else ():
            cell = self._cell(row, number)
            text = _DECIMAL_COMMA.sub(r"\1.\2", cell.text)
            yield f"{area.text}.{name}", Cell(text, cell.span)

    def _slot(self, row: Row) -> MarketSlot | None:
        """The slot in which a row was seen; None, and a finding, where it names none."""
        cell = self._cell(row, self._header.moment)
        if cell.text not in self._moments:
            found = self._local(cell) if self._header.is_local else _recorded(cell)
            if isinstance(found, Diagnostic):
                self.findings.append(found)
                self._moments[cell.text] = None
            else:
                self._first = self._first or found
                length = self._program.slot_length
                self.findings.extend(slots_apart(found, cell.span, self._first, length))
                self._moments[cell.text] = found
        return self._moments[cell.text]

    def _local(self, cell: Cell) -> MarketSlot | Diagnostic:
        found = read_moment(cell.text, cell.span, self._program.timezone)
        if isinstance(found, Diagnostic):
            return found
        return later(found, self._program.slot_length, -1)

    @staticmethod
    def _cell(row: Row, number: int) -> Cell:
        text = row.cells[number] if number < len(row.cells) else ""
        return Cell(text, row.span(number))


def _recorded(cell: Cell) -> MarketSlot | Diagnostic:
    try:
        return read_slot(cell.text)
    except ValueError:
        message = f"`{shown(cell.text)}` is no slot"
        return Diagnostic("RG804", message, cell.span, hint="write it as in `2026-01-12T11:45`")


def _twice(area: Cell, first: Cell) -> Diagnostic:
    related = (Related("the first of them", first.span),)
    message = f"there are two rows of `{shown(area.text)}` for one slot"
    return Diagnostic("RG803", message, area.span, hint="keep one of them", related=related)
