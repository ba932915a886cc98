"""Where a rulebook's lines and signs stand, as its formatter needs to know it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from rulegrid.rulebook.document import Document, Path
from rulegrid.rulebook.nodes import BLOCK_STYLES
from rulegrid.source import Span

STEP = 2
"""Columns from one level to the next."""

_SKIPPED = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_COLON = re.compile(r" *:")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
_REST_OF_LINE = re.compile(r"[^\n]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping in lines, or the dash of an item: what indentation goes by."""

    start: int
    column: int
    """Where it stands."""
    level: int
    """The column in which it should stand."""
    is_item: bool = False
    """Whether it is a dash."""


TOP = Entry(0, -STEP, -STEP)
"""Stands for what is above the first level."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A key or a single value."""

    path: Path
    span: Span
    is_key: bool
    is_in_flow: bool
    """Inside brackets or braces."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place between two parts on one line, and what should stand there."""

    span: Span
    written: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A value of several lines: text, or anything in brackets or braces."""

    span: Span
    owner: Entry
    kind: str
    """`block` for text behind `|` or `>`, `text` for other text, `flow` for brackets or braces."""
    keeps_end: bool = False
    """Whether blank lines behind it belong to it, as they do behind `|+`."""


@dataclass(slots=True)
class Layout:
    """A document's parts in reading order."""

    document: Document
    entries: list[Entry] = field(default_factory=list)
    scalars: list[Scalar] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.document.source.text

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def lines(self) -> Iterator["Line"]:
        """The lines of the file, each with the value it goes on with, if it does."""
        starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        begins = [stretch.span.start for stretch in self.stretches]
        for start, end in pairwise((*starts, len(self.text) + 1)):
            place = bisect_right(begins, start - 1) - 1
            stretch = self.stretches[place] if place >= 0 else None
            goes_on = stretch is not None and stretch.span.start < start <= stretch.span.end
            yield Line(start, self.text[start : end - 1], stretch if goes_on else None)


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its line break."""

    start: int
    text: str
    inside: Stretch | None
    """What began on a line above and goes on here."""

    @property
    def column(self) -> int:
        """Where the first character that is no blank stands."""
        return len(self.text) - len(self.text.lstrip(" "))

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands on it, and it is no part of a text."""
        return self.inside is None and not self.text.strip()

    @property
    def is_comment(self) -> bool:
        """Whether only a comment stands on it."""
        is_text = self.inside is not None and self.inside.kind != "flow"
        return not is_text and self.text.lstrip().startswith("#")


def layout(document: Document) -> Layout:
    """The parts of a document without findings, whose lines end in a single line feed."""
    found = Layout(document)
    _Walk(found).value((), document.data, TOP)
    return found


class _Walk:
    """Gathers the parts of a layout."""

    def __init__(self, found: Layout) -> None:
        self._found = found
        self._document = found.document
        self._text = found.text

    def value(self, path: Path, data: Any, owner: Entry) -> None:
        """Take in a value that stands behind an entry."""
        span = self._document.spans[path]
        if not isinstance(data, dict | list):
            self._scalar(path, span, owner)
        elif self._text[span.start] in "{[":
            self._stretch(span, owner, "flow")
            self._flow(path, data, span)
        elif isinstance(data, dict):
            self._mapping(path, data, owner)
        else:
            self._items(path, data, owner)

    def _mapping(self, path: Path, data: dict[str, Any], owner: Entry) -> None:
        for key, value in data.items():
            here = (*path, key)
            span = self._document.key_spans[here]
            entry = self._entry(span.start, owner)
            self._found.scalars.append(Scalar(here, span, is_key=True, is_in_flow=False))
            self._behind_key(span.end, self._document.spans[here])
            self.value(here, value, entry)

    def _behind_key(self, end: int, value: Span) -> None:
        colon = _COLON.match(self._text, end)
        if colon and (value.start == value.end or "\n" in self._text[end : value.start]):
            self._found.gaps.append(Gap(Span(*colon.span()), ":"))
        elif colon:
            self._gap(end, value.start, ": ")

    def _items(self, path: Path, data: list[Any], owner: Entry) -> None:
        at = self._document.spans[path].start
        for place, item in enumerate(data):
            dash = _skip(self._text, at)
            entry = self._entry(dash, owner, is_item=True)
            span = self._document.spans[*path, place]
            self.value((*path, place), item, entry)
            at = max(span.end, dash + 1)

    def _entry(self, start: int, owner: Entry, *, is_item: bool = False) -> Entry:
        column = start - self._found.line_start(start)
        entry = Entry(start, column, owner.level + STEP, is_item)
        self._found.entries.append(entry)
        return entry

    def _scalar(self, path: Path, span: Span, owner: Entry) -> None:
        if self._text[span.start : span.start + 1] in BLOCK_STYLES:
            self._found.stretches.append(_block(self._text, span, owner))
        else:
            self._stretch(span, owner, "text")
        self._found.scalars.append(Scalar(path, span, is_key=False, is_in_flow=False))

    def _stretch(self, span: Span, owner: Entry, kind: str) -> None:
        if "\n" in self._text[span.start : span.end]:
            self._found.stretches.append(Stretch(span, owner, kind))

    def _flow(self, path: Path, data: Any, span: Span) -> None:
        at = span.start + 1
        for place, step in enumerate(data if isinstance(data, dict) else range(len(data))):
            here = (*path, step)
            value = self._document.spans[here]
            start = value.start
            if isinstance(data, dict):
                key = self._document.key_spans[here]
                start = key.start
                self._found.scalars.append(Scalar(here, key, is_key=True, is_in_flow=True))
                self._gap(key.end, value.start, ": ")
            self._gap(at, start, ", " if place else "")
            self._in_flow(here, data[step], value)
            at = value.end
        self._gap(at, span.end - 1, "")

    def _in_flow(self, path: Path, data: Any, span: Span) -> None:
        if isinstance(data, dict | list):
            self._flow(path, data, span)
        else:
            self._found.scalars.append(Scalar(path, span, is_key=False, is_in_flow=True))

    def _gap(self, start: int, end: int, written: str) -> None:
        if "\n" not in self._text[start:end]:
            self._found.gaps.append(Gap(Span(start, end), written))


def _skip(text: str, at: int) -> int:
    """The first offset from `at` on that is neither blank nor comment."""
    found = _SKIPPED.match(text, at)
    return found.end() if found else at


def _block(text: str, span: Span, owner: Entry) -> Stretch:
    """A text behind `|` or `>` with all the blanks at its end that belong to it."""
    last = _REST_OF_LINE.match(text, span.end)
    end = last.end() if last else span.end
    keeps_end = "+" in text[span.start : text.find("\n", span.start)].partition("#")[0]
    blank = _BLANK_LINES.match(text, end + 1) if keeps_end else None
    if blank and blank[0]:
        end = blank.end() - 1
    return Stretch(Span(span.start, end), owner, "block", keeps_end)
