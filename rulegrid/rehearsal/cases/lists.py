"""The lists of a test: `given` and `expect`, a value a slot or one for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rulegrid.diagnostics import Diagnostic, Related
from rulegrid.grid import MarketSlot, later
from rulegrid.program import Program
from rulegrid.rehearsal.cases.frames import Cell, Frame, Strip
from rulegrid.rehearsal.cases.moments import read_moment
from rulegrid.rulebook.document import Document, Path

LISTS = ("given", "expect", "expect_reason", "expect_batch")


@dataclass(frozen=True, slots=True)
class Listed:
    """One value for all slots, or a list of one a slot, as it stands in the document."""

    document: Document
    path: Path

    @property
    def value(self) -> Any:
        """The plain data."""
        value: Any = self.document.data
        for step in self.path:
            value = value[step]
        return value

    @property
    def count(self) -> int:
        """How many slots it is for; 0 where it is for all."""
        return len(self.value) if isinstance(self.value, list) else 0

    def paths(self, slots: int) -> Iterator[tuple[range, Path]]:
        """The path of each value, with the slots that it is for."""
        if not self.count:
            yield range(slots), self.path
            return
        for number in range(slots):
            yield range(number, number + 1), (*self.path, number)


def listed(document: Document, path: Path) -> list[Listed]:
    """Every value or list of values of a test at a path."""
    test = Listed(document, path).value
    found: list[Listed] = []
    for key in LISTS:
        if key == "expect_batch" and key in test:
            found.append(Listed(document, (*path, key)))
        elif key in test:
            found.extend(Listed(document, (*path, key, name)) for name in test[key])
    return found


def lengths(lists: Sequence[Listed], slots: int | None) -> tuple[int, tuple[Diagnostic, ...]]:
    """How many slots lists are for, and those of another length.

    `slots` is the number where something else decides it; else it is that of the first list, or 1.
    """
    first = next((each for each in lists if each.count), None)
    count = slots if slots is not None else first.count if first else 1
    found = []
    for each in lists:
        if each.count not in (0, count):
            span = each.document.spans[each.path]
            message = f"{_values(each.count)} where the test has {_slots(count)}"
            related: tuple[Related, ...] = ()
            if slots is None and first is not None:
                related = (Related("counted here", first.document.spans[first.path]),)
            hint = "write a value a slot, or a single one that holds in all of them"
            found.append(Diagnostic("RG803", message, span, hint=hint, related=related))
    return count, tuple(found)


def read_lists(
    document: Document, path: Path, program: Program, slots: int
) -> tuple[Frame | None, tuple[Diagnostic, ...]]:
    """The frame of the lists of a test, which begins at `start` and goes on slot by slot."""
    test = Listed(document, path).value
    if "start" not in test:
        name = document.spans[*path, "name"]
        hint = "write the local time of the first fee, as in `start: 2026-01-12 12:00`"
        return None, (Diagnostic("RG202", "this test needs the key `start`", name, hint=hint),)
    begin = (*path, "start")
    moment = read_moment(document.text(begin), document.spans[begin], program.timezone)
    if isinstance(moment, Diagnostic):
        return None, (moment,)
    decided: list[MarketSlot] = [
        later(moment, program.slot_length, number - 1) for number in range(slots)
    ]
    given = strips(document, (*path, "given"), slots)
    return Frame(decided, given, strips(document, (*path, "expect"), slots)), ()


def strips(document: Document, path: Path, slots: int) -> list[Strip]:
    """The columns under a key; none where the test does without it."""
    test = Listed(document, path[:-1]).value
    return [_strip(document, (*path, name), slots) for name in test.get(path[-1], ())]


def _strip(document: Document, path: Path, slots: int) -> Strip:
    head = Cell(str(path[-1]), document.key_spans[path])
    cells: list[Cell] = []
    for rows, each in Listed(document, path).paths(slots):
        cells += [Cell(document.text(each).strip(), document.spans[each])] * len(rows)
    return Strip(head, cells)


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def _slots(count: int) -> str:
    return "1 slot" if count == 1 else f"{count} slots"
