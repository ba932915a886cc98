"""A table in a text: rows of cells, `;` or `,` between them, as spreadsheets write and read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from rulegrid.source import Source, Span

_QUOTED = re.compile(r' *"((?:[^"]|"")*)" *')
_PIECES = {mark: re.compile(rf' *"(?:[^"]|"")*" *(?={mark}|\Z)|[^{mark}]*') for mark in (";", ",")}


@dataclass(frozen=True, eq=False)
class Row:
    """A line of a table."""

    start: int
    """Where the line begins in the text."""
    pieces: tuple[str, ...]
    """Its cells as they are written, with the blanks and quotes around them."""

    @cached_property
    def cells(self) -> tuple[str, ...]:
        """What the cells say, up to the last that says anything."""
        cells = [_said(piece) for piece in self.pieces]
        while cells and not cells[-1]:
            cells.pop()
        return tuple(cells)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """Where each piece begins, and where another one would."""
        return tuple(accumulate((len(piece) + 1 for piece in self.pieces), initial=self.start))

    def span(self, number: int) -> Span:
        """Where a cell stands, without the blanks around it; or the line's end."""
        start = self._starts[min(number, len(self.pieces))]
        if number >= len(self.pieces):
            return Span(start - 1, start - 1)
        piece = self.pieces[number]
        first = start + len(piece) - len(piece.lstrip(" "))
        return Span(first, max(first, start + len(piece.rstrip(" "))))


def rows(source: Source) -> tuple[Row, ...]:
    """The lines of a table that say anything, the header first.

    Columns are separated by `;` where the header has one, else by `,`. A cell in double quotes may
    hold either, and a doubled quote is one. Line ends in cells there are none.
    """
    lines = tuple(_lines(source.text))
    header = next((line for _, line in lines if line.strip(" ;,")), "")
    mark = ";" if ";" in header else ","
    found = (Row(start, _pieces(line, mark)) for start, line in lines)
    return tuple(row for row in found if row.cells)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line.rstrip("\r")
        start += len(line) + 1


def _pieces(line: str, mark: str) -> tuple[str, ...]:
    if '"' not in line:
        return tuple(line.split(mark))
    pieces: list[str] = []
    at = 0
    while at <= len(line):
        found = _PIECES[mark].match(line, at)
        pieces.append(found[0] if found else "")
        at += len(pieces[-1]) + 1
    return tuple(pieces)


def _said(piece: str) -> str:
    quoted = _QUOTED.fullmatch(piece) if '"' in piece else None
    return quoted[1].replace('""', '"') if quoted else piece.strip(" ")
