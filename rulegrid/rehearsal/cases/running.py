"""The fold over the slots of a case, and what came out otherwise than expected."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import isnan
from typing import Any

from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.decisions import Decisions, Part
from rulegrid.engine.explain import Reason, reasons
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.exchange.fees import batch_of
from rulegrid.grid import MarketSlot, Snapshot
from rulegrid.rehearsal.cases.model import Case, Expected

CLOSE = 1e-9
"""Fees that are nearer than this are the same number, written in decimals."""

MOST_TOLD = 1000
"""Differing cells of a test that are kept; more of them tell nothing new."""
MOST_EXPLAINED = 100
"""Of these so many with all that was read, besides the first of each area."""

LEFT_ALONE = "left alone: no selector names it"

Got = float | str | Mapping[str, Any]


class Verdict(StrEnum):
    """How a test came out."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    TODO = "todo"
    """It failed, as it has to for now."""


@dataclass(frozen=True, slots=True, eq=False)
class Mismatch:
    """A cell that came out otherwise."""

    expected: Expected
    applies_to: MarketSlot
    """The slot that the fee applies to."""
    got: Got
    """Of the kind that was expected."""
    reason: str
    """What decided the area's fee; empty for a batch."""
    cycle: Cycle | None
    """All that was read; None where there are many such cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A test that was run, or left out."""

    case: Case
    verdict: Verdict
    slots: int = 0
    """Those that were decided."""
    tried: frozenset[Part] = frozenset()
    """The parts of the rulebook that took part in them."""
    mismatches: tuple[Mismatch, ...] = ()
    """The first of the cells that differ, in the order in which they are expected."""
    differing: int = 0
    """How many cells differ."""


def nobody(_slots: int) -> None:
    """Takes no notice."""


def run(case: Case, binding: Binding, decided: Callable[[int], None] = nobody) -> Outcome:
    """Decide the slots of a case, our own fees being in force from slot to slot, and compare.

    A test that has to fail for now and passes has failed: its `todo` is to be taken out. No slot
    is kept but for what differs in it; `decided` is told of each.
    """
    if case.skip:
        return Outcome(case, Verdict.SKIPPED)
    decisions, differing = Decisions(binding.program), _Differing()
    tried: set[Part] = set()
    for cycle, cells in zip(fold(case.measured, binding), _cells(case), strict=True):
        tried.update(decisions.parts(cycle))
        differing.add(cycle, _compared(cycle, cells, case.tolerance))
        decided(1)
    failed = bool(differing.count) != bool(case.todo)
    verdict = Verdict.TODO if case.todo else Verdict.PASSED
    return Outcome(
        case,
        Verdict.FAILED if failed else verdict,
        len(case.measured),
        frozenset(tried),
        differing.in_order(),
        differing.count,
    )


def fold(snapshots: Iterable[Snapshot], binding: Binding) -> Iterator[Cycle]:
    """The cycles of some slots, from a memory that knows nothing."""
    memory = Memory.fresh(binding.grid)
    for snapshot in snapshots:
        cycle, memory = step(binding, memory, as_if_sent(memory, snapshot))
        yield cycle


_Cell = tuple[int, Expected]
"""What is expected, with its number in the order of the case."""


def _cells(case: Case) -> Iterator[Sequence[_Cell]]:
    """For each slot of a case what is expected in it."""
    always: list[_Cell] = []
    sometimes: dict[int, list[_Cell]] = {}
    for cell in enumerate(case.expected):
        rows = cell[1].rows
        if len(rows) == len(case.measured):
            always.append(cell)
            continue
        for row in rows:
            sometimes.setdefault(row, []).append(cell)
    for row in range(len(case.measured)):
        yield [*always, *sometimes.get(row, ())]


@dataclass(slots=True)
class _Differing:
    """The cells that differ, as far as they are told."""

    count: int = 0
    _told: list[tuple[int, Mismatch]] = field(default_factory=list)
    _places: set[int] = field(default_factory=set)

    def add(self, cycle: Cycle, cells: Sequence[tuple[_Cell, Got]]) -> None:
        """With the cells of the next slot that differ, and what came out."""
        self.count += len(cells)
        cells = cells[: MOST_TOLD - len(self._told)]
        told = reasons(cycle, [each.place for (_, each), _ in cells]) if cells else {}
        for (number, expected), got in cells:
            place = expected.place
            is_new = place not in self._places
            self._places.add(place)
            kept = cycle if is_new or len(self._told) < MOST_EXPLAINED else None
            reason = _text(told, place) if place >= 0 else ""
            self._told.append((number, Mismatch(expected, cycle.applies_to, got, reason, kept)))

    def in_order(self) -> tuple[Mismatch, ...]:
        """Those that are told, in the order in which they are expected, and then of slots."""
        return tuple(each for _, each in sorted(self._told, key=lambda pair: pair[0]))


def _compared(cycle: Cycle, cells: Sequence[_Cell], tolerance: float) -> list[tuple[_Cell, Got]]:
    """The cells of a slot that differ, and what came out instead."""
    asked = [each.place for _, each in cells if isinstance(each.value, str)]
    told = reasons(cycle, asked) if asked else {}
    got = [(cell, _came_out(cycle, cell[1], told)) for cell in cells]
    return [(cell, each) for cell, each in got if not _is_same(cell[1].value, each, tolerance)]


def _came_out(cycle: Cycle, expected: Expected, told: Mapping[int, Reason]) -> Got:
    if isinstance(expected.value, float):
        return float(cycle.fee[expected.place])
    if isinstance(expected.value, str):
        return _text(told, expected.place)
    return _batch(cycle)


def _text(told: Mapping[int, Reason], place: int) -> str:
    return told[place].text if place in told else LEFT_ALONE


def _is_same(expected: Got, got: Got, tolerance: float) -> bool:
    if not isinstance(expected, float) or not isinstance(got, float):
        return expected == got
    if isnan(expected) or isnan(got):
        return isnan(expected) and isnan(got)
    return abs(expected - got) <= tolerance + CLOSE


def _batch(cycle: Cycle) -> dict[str, Any]:
    """The exact batch of a cycle, by the areas' paths in place of their uuids."""
    grid = cycle.binding.grid
    commands = batch_of(cycle).commands
    return {grid.paths[grid.index[area]]: command for area, command in commands.items()}
