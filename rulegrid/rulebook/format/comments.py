"""Comments: which there are, and in which columns those behind a value stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rulegrid.rulebook.format.layout import Layout, Line

_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*")
APART = 2
"""Blanks between a value and a comment behind it, at least."""
FAR = 4
"""After so many blanks a comment stands in a column, not behind a value."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its `#` to the end of its line, without blanks at its end."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stood before anything was moved."""

    column: int
    blanks: int
    """In front of it."""
    hangs: bool
    """Whether it goes on, on a line of its own, with the comment behind the value above."""


def comments(found: Layout) -> tuple[Comment, ...]:
    """Every comment of a file, in reading order."""
    return tuple(
        Comment(match.start(), match[0].rstrip())
        for start, end in _between(found)
        for match in _COMMENT.finditer(found.text, start, end)
    )


def _between(found: Layout) -> Iterator[tuple[int, int]]:
    """The stretches between keys and values: only there a `#` begins a comment."""
    blocks = {each.span.start: each.span for each in found.stretches if each.kind == "block"}
    at = 0
    for scalar in sorted(found.scalars, key=lambda each: each.span):
        span = scalar.span
        yield at, span.start
        if span.start in blocks:
            header = _HEADER.match(found.text, span.start)
            yield header.end() if header else at, found.text.find("\n", span.start)
            span = blocks[span.start]
        at = span.end
    yield at, len(found.text)


def places(found: Layout) -> tuple[Place, ...]:
    """Where each comment of a file stands."""
    lines = tuple(found.lines())
    numbers = {line.start: number for number, line in enumerate(lines)}
    return tuple(_place(found, lines, numbers, each.start) for each in comments(found))


def _place(found: Layout, lines: Sequence[Line], numbers: dict[int, int], start: int) -> Place:
    begin = found.line_start(start)
    before = found.text[begin:start]
    hangs = not before.strip() and _hangs(lines, numbers[begin])
    return Place(len(before), len(before) - len(before.rstrip(" ")), hangs)


def _hangs(lines: Sequence[Line], number: int) -> bool:
    column = lines[number].column
    below = (each for each in lines[number:] if not each.is_comment and not each.is_blank)
    following = next(below, None)
    if following is not None and following.column == column:
        return False
    while number > 0 and lines[number].is_comment and lines[number].column == column:
        number -= 1
    above = lines[number].text
    return above[:column].strip() != "" and above[column - 1 : column + 1] == " #"


@dataclass(frozen=True, slots=True)
class _Behind:
    """A comment behind a value; one that goes on with it below has a value of no width."""

    line: int
    start: int
    """Where it begins."""
    end: int
    """Where the value ends."""
    width: int
    """Where in its line the value ends."""
    before: Place


def aligned(found: Layout, before: Sequence[Place]) -> str:
    """The text with the comments behind values in their columns.

    Those below each other that stood in one column stay in one, far enough to the right for all;
    one by itself that stood close to its value stays close.
    """
    text = found.text
    for group in reversed(tuple(_groups(tuple(_behind(found, before))))):
        column = _column(group)
        for each in reversed(group):
            text = f"{text[: each.end]}{' ' * (column - each.width)}{text[each.start :]}"
    return text


def _behind(found: Layout, before: Sequence[Place]) -> Iterator[_Behind]:
    for comment, place in zip(comments(found), before, strict=True):
        begin = found.line_start(comment.start)
        value = found.text[begin : comment.start].rstrip(" ")
        if value or place.hangs:
            line = found.text.count("\n", 0, begin)
            yield _Behind(line, comment.start, begin + len(value), len(value), place)


def _groups(behind: Sequence[_Behind]) -> Iterator[list[_Behind]]:
    """Comments on lines that follow each other and that stood in one column."""
    group: list[_Behind] = []
    for each in behind:
        if group and not _belongs(each, group[-1]):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _belongs(each: _Behind, above: _Behind) -> bool:
    return each.line == above.line + 1 and each.before.column == above.before.column


def _column(group: Sequence[_Behind]) -> int:
    close = max(each.width for each in group) + APART
    blanks = group[0].before.blanks
    if len(group) == 1 and blanks < FAR:
        return max(close, group[0].width + blanks)
    return max(close, group[0].before.column)
