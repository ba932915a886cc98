"""The text of a test file that is written from slots of a recording."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import isnan

from rulegrid.grid import Column, Grid, MarketSlot
from rulegrid.program import Program
from rulegrid.rehearsal.cases.frames import NO_DATA
from rulegrid.rehearsal.cases.moments import same_moment
from rulegrid.rulebook.refusals import LONGEST_SCALAR


class NotRecordableError(Exception):
    """Slots that no test file can hold; the message says why."""


@dataclass(frozen=True, slots=True)
class Slots:
    """What is written down: slots of a grid, what was measured, and the fees that follow."""

    program: Program
    grid: Grid
    applies_to: Sequence[MarketSlot]
    """The slot that each fee applies to."""
    given: Mapping[str, Sequence[float]]
    """A number a slot for each metric of an area, NaN for no data."""
    expected: Mapping[str, Column]
    """A fee a slot for each area, NaN where nothing is sent."""

    @property
    def times(self) -> list[str]:
        """The local time of each slot that a fee applies to."""
        return [same_moment(slot, self.program.timezone) for slot in self.applies_to]

    @property
    def is_gapless(self) -> bool:
        """Whether each slot follows the one before."""
        length = self.program.slot_length
        return all(after - before == length for before, after in pairwise(self.applies_to))


def test_file(rulebook: str, name: str, slots: Slots) -> str:
    """The text of a test file with one test, as a table or, where that gets too long, as lists.

    Raises `NotRecordableError` where lists cannot hold it either: they have no gaps.
    """
    table = list(_table(slots))
    fits = sum(map(len, table)) + len(table) < LONGEST_SCALAR
    if fits and not any("|" in head for head in (*slots.given, *slots.expected)):
        body = ["    table: |", *(f"      {line}" for line in table)]
    elif slots.is_gapless:
        body = list(_lists(slots))
    else:
        raise NotRecordableError("slots are missing between these: choose fewer of them")
    return "\n".join([*_head(rulebook, slots), f"  - name: {_quoted(name)}", *body, ""])


_COMMENT = """\
# Written by `rulegrid test --record`: slots as they were recorded, and the fees that the rulebook
# has for them today. Read them before you trust them: they say what is, not what should be. Times
# are local, and those of the slot that a fee applies to. Nothing is known of the slots before the
# first: windows begin with it, and no fee is in force."""


def _head(rulebook: str, slots: Slots) -> Iterator[str]:
    yield _COMMENT
    yield f"rulebook: {_quoted(rulebook)}"
    yield "grid:"
    yield from _tree(slots.grid)
    yield ""
    yield "tests:"


def _tree(grid: Grid) -> Iterator[str]:
    below: dict[int, list[int]] = {}
    for place, parent in enumerate(grid.parents.tolist()):
        below.setdefault(parent, []).append(place)
    waiting = [(place, 1) for place in reversed(below[-1])]
    while waiting:
        place, depth = waiting.pop()
        inner = below.get(place, [])
        yield f"{'  ' * depth}{_quoted(grid.names[place])}:{'' if inner else ' {}'}"
        waiting += [(each, depth + 1) for each in reversed(inner)]


def _table(slots: Slots) -> Iterator[str]:
    columns = [["time", *slots.times]]
    columns += [[head, *map(_spelled, numbers)] for head, numbers in slots.given.items()]
    columns += [[f"= {name}", *map(_spelled, fees)] for name, fees in slots.expected.items()]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"| {' | '.join(cells)} |"


def _lists(slots: Slots) -> Iterator[str]:
    yield f"    start: {slots.times[0]}"
    for key, columns in (("given", slots.given), ("expect", slots.expected)):
        if columns:
            yield f"    {key}:"
        for head, numbers in columns.items():
            cells = [*map(_spelled, numbers)]
            told = cells[0] if len(set(cells)) == 1 else f"[{', '.join(cells)}]"
            yield f"      {_quoted(head)}: {told}"


def _spelled(number: float) -> str:
    """A number in digits that every YAML reader takes for the same number."""
    return NO_DATA if isnan(number) else f"{Decimal(repr(float(number))).normalize() + 0:f}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
