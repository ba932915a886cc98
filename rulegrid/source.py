"""Text with a name, and places in it.

Every later stage speaks of places as offsets into the text (a `Span`); lines and columns are worked out here only,
when a person is to read them.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters `start` (included) to `end` (left out) of a source's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A line and a column as an editor counts them: both start at 1, a column is a character."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """A text and the name under which a person knows it, mostly a path as given on the command line."""

    name: str
    text: str

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        starts = [0]
        starts.extend(i + 1 for i, character in enumerate(self.text) if character == "\n")
        return tuple(starts)

    def position(self, offset: int) -> Position:
        """The line and column of an offset; the end of the text is a place too."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (the first is 1), without its line break."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")
