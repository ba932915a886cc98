"""Two columns a level, and comments where the line is that they are about."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rulegrid.rulebook.format.comments import Place, comments
from rulegrid.rulebook.format.layout import STEP, TOP, Entry, Layout, Line, Stretch

_MARKER = re.compile(r"(?:---|\.\.\.)(?:\s|\Z)")
_DIGIT = re.compile(r"[|>][-+]?[1-9]")


def indented(found: Layout, before: Sequence[Place]) -> str:
    """The text with every line in the column of its level.

    A comment that goes on with one behind a value stays where it is.
    """
    hanging = {
        found.line_start(comment.start)
        for comment, place in zip(comments(found), before, strict=True)
        if place.hangs
    }
    lines = tuple(found.lines())
    columns = _Columns(found)
    levels = [columns.of(line) for line in lines]
    ahead = _ahead(levels)
    open_levels: dict[int, int] = {}
    written = []
    for place, line in enumerate(lines):
        if line.inside is not None:
            written.append(_inside(line, line.inside, found.text))
        elif line.is_comment:
            is_kept = line.start in hanging
            column = line.column if is_kept else _beside(line.column, ahead[place], open_levels)
            written.append(" " * column + line.text.strip())
        else:
            open_levels = columns.opened(line, open_levels)
            _, level = levels[place] or (0, 0)
            written.append(columns.written(line, level))
    return "\n".join(written)


@dataclass(slots=True)
class _Columns:
    """Which column a line has, and which it should have."""

    layout: Layout
    at: dict[int, Entry] = field(init=False)
    last: Entry = TOP

    def __post_init__(self) -> None:
        self.at = {entry.start: entry for entry in self.layout.entries}

    def of(self, line: Line) -> tuple[int, int] | None:
        """The column a line of content has and should have; None for any other line.

        Lines are asked for in their order.
        """
        if line.inside is not None or line.is_blank or line.is_comment:
            return None
        if _MARKER.match(line.text):
            return 0, 0
        entry = self.at.get(line.start + line.column)
        for each in self.on(line):
            self.last = each
        if entry is None:
            return line.column, self.last.level + STEP
        return entry.column, entry.level

    def on(self, line: Line) -> Iterator[Entry]:
        """The entries that begin on a line: dashes, and what stands behind the last of them."""
        start = line.start + line.column
        while entry := self.at.get(start):
            yield entry
            if not entry.is_item:
                return
            start = _word(self.layout.text, start + 1)

    def written(self, line: Line, level: int) -> str:
        """A line of content in its column, its dashes close together."""
        dashes, start = "", line.start + line.column
        for entry in self.on(line):
            if entry.is_item:
                dashes, start = f"{dashes}- ", _word(self.layout.text, entry.start + 1)
        rest = line.text[start - line.start :]
        return f"{' ' * level}{dashes}{rest}".rstrip()

    def opened(self, line: Line, levels: dict[int, int]) -> dict[int, int]:
        """The levels that are open behind a line: the columns they have and should have."""
        for entry in self.on(line):
            above = {old: new for old, new in levels.items() if old < entry.column}
            levels = {**above, entry.column: entry.level}
        return levels


def _word(text: str, at: int) -> int:
    """The first offset from `at` on where no blank stands."""
    while text[at : at + 1] == " ":
        at += 1
    return at


def _ahead(levels: list[tuple[int, int] | None]) -> list[tuple[int, int]]:
    """For each line the columns of the next line of content behind it."""
    following, ahead = (0, 0), []
    for level in reversed(levels):
        ahead.append(following)
        following = level or following
    return ahead[::-1]


def _beside(column: int, ahead: tuple[int, int], levels: dict[int, int]) -> int:
    """The column of a comment: that of the next line, or of a level above it that it ends."""
    old, new = ahead
    ended = [(o, n) for o, n in levels.items() if old < o <= column]
    return max(ended)[1] if ended else new


def _inside(line: Line, stretch: Stretch, text: str) -> str:
    """A line that goes on with a value, as far to the right of its key as before."""
    shift = stretch.owner.level - stretch.owner.column
    if stretch.kind == "block":
        return _in_block(line, stretch, text, shift)
    end = line.text.rstrip()
    kept = line.text if end.endswith("\\") else end
    return " " * max(0, line.column + shift) + kept.lstrip(" ") if end else ""


def _in_block(line: Line, stretch: Stretch, text: str, shift: int) -> str:
    """A line of a text behind `|` or `>`: what goes beyond its indentation belongs to it."""
    body = text[text.find("\n", stretch.span.start) + 1 : stretch.span.end]
    first = next((each for each in body.split("\n") if each.strip(" ")), "")
    before = len(first) - len(first.lstrip(" "))
    is_fixed = _DIGIT.match(text, stretch.span.start)
    after = before + shift if is_fixed else stretch.owner.level + STEP
    rest = line.text[before:]
    return " " * after + rest if rest else ""
