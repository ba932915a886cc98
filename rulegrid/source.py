"""Text with a name, and places in it.

Every later stage speaks of places as offsets into the text (a `Span`); lines and columns are
worked out here only, when a person is to read them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The characters `start` (included) to `end` (left out) of a source's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of a text stands.

    Its span in the file, and the line for messages at market time.
    """

    span: Span
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A line and a column as an editor counts them: both start at 1, a column is a character."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """A text and the name a person knows it by, mostly a path as given on the command line."""

    name: str
    text: str

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        return (0, *(found.end() for found in re.finditer("\n", self.text)))

    def position(self, offset: int) -> Position:
        """The line and column of an offset; the end of the text is a place too."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (the first is 1), without its line break."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def align(raw: str, value: str) -> tuple[Span, ...]:
    """The place in `raw` of each character of `value`, the text that YAML decodes `raw` to.

    `raw` is a scalar as it stands in the file, in any style: plain, quoted, literal or folded, on
    one line or several. An escape is the place of the character it stands for; a line break is the
    place of the space or line break it becomes.
    """
    style = raw[:1]
    if style in {"|", ">"}:
        spans = tuple(_block(raw, value))
    elif style in _QUOTED:
        spans = tuple(_flow(raw, _QUOTED[style], 1, len(raw) - 1))
    else:
        spans = tuple(_flow(raw, _PLAIN, 0, len(raw)))
    missing = len(value) - len(spans)
    return spans[: len(value)] + (Span(len(raw), len(raw)),) * missing


_BREAK = re.compile(r"\r?\n")
_WHITE = r"(?P<fold>[ \t]*(?:\r?\n[ \t]*)+)|(?P<spaces>[ \t]+)"
_ESCAPE = r"\\x..|\\u.{4}|\\U.{8}|\\."
_PLAIN = re.compile(rf"{_WHITE}|(?P<one>.)", re.DOTALL)
_QUOTED = {
    "'": re.compile(rf"{_WHITE}|(?P<one>''|.)", re.DOTALL),
    '"': re.compile(rf"{_WHITE}|(?P<join>\\(?:\r?\n[ \t]*)+)|(?P<one>{_ESCAPE}|.)", re.DOTALL),
}
_BLOCK_LINE = re.compile(r"(?P<text>[^\r\n]*)(?P<end>\r?\n|\Z)")
_INDENTED = re.compile(r"^( *)[^ \r\n]", re.MULTILINE)


def _flow(raw: str, piece: re.Pattern[str], start: int, end: int) -> Iterator[Span]:
    """The places in a plain or quoted scalar, where one line break is a space."""
    for match in piece.finditer(raw, start, end):
        if match.lastgroup == "one":
            yield Span(*match.span())
        elif match.lastgroup == "spaces":
            yield from _each(*match.span())
        else:
            breaks = [Span(*found.span()) for found in _BREAK.finditer(raw, *match.span())]
            yield from breaks if match.lastgroup == "fold" and len(breaks) == 1 else breaks[1:]


def _block(raw: str, value: str) -> Iterator[Span]:
    """The places in a block scalar, whose indentation is no part of the value."""
    header = raw.find("\n") + 1 or len(raw)
    indent = max(0, _indentation(raw[header:]) - _indentation(value))
    breaks: list[Span] = []  # since the last text; what became of them shows at the next one
    decoded = 0
    for line in _BLOCK_LINE.finditer(raw, header):
        first, last = line.start() + indent, line.end("text")
        if first < last:
            kept = len(breaks) if raw[0] == "|" else _kept(value, decoded, len(breaks))
            yield from breaks[len(breaks) - kept :]
            yield from _each(first, last)
            decoded += kept + last - first
            breaks = []
        breaks.append(Span(*line.span("end")))
    yield from breaks


def _indentation(text: str) -> int:
    """The spaces before the first text."""
    found = _INDENTED.search(text)
    return len(found[1]) if found else max(map(len, text.splitlines()), default=0)


def _kept(value: str, decoded: int, breaks: int) -> int:
    """How many line breaks a folded scalar keeps: one as a space, or as many as the value has."""
    rest = value[decoded : decoded + breaks]
    return min(breaks, 1) if rest.startswith(" ") else len(rest) - len(rest.lstrip("\n"))


def _each(start: int, end: int) -> Iterator[Span]:
    return (Span(i, i + 1) for i in range(start, end))
