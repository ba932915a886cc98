"""The fold over the slots of a case, and what came out otherwise than expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from typing import Any

from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.explain import reasons
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.exchange.fees import batch_of
from rulegrid.rehearsal.cases.model import Case, Expected

CLOSE = 1e-9
"""Fees that are nearer than this are the same number, written in decimals."""

LEFT_ALONE = "left alone: no selector names it"


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
    cycle: Cycle
    got: float | str | Mapping[str, Any]
    """Of the kind that was expected."""
    reason: str
    """What decided the area's fee; empty for a batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A test that was run, or left out."""

    case: Case
    verdict: Verdict
    mismatches: tuple[Mismatch, ...] = ()
    cycles: tuple[Cycle, ...] = ()


def run(case: Case, binding: Binding) -> Outcome:
    """Decide the slots of a case, our own fees being in force from slot to slot, and compare.

    A test that has to fail for now and passes has failed: its `todo` is to be taken out.
    """
    if case.skip:
        return Outcome(case, Verdict.SKIPPED)
    cycles = fold(case, binding)
    mismatches = tuple(filter(None, (_compared(each, case, cycles) for each in case.expected)))
    if case.todo:
        return Outcome(case, Verdict.TODO if mismatches else Verdict.FAILED, mismatches, cycles)
    return Outcome(case, Verdict.FAILED if mismatches else Verdict.PASSED, mismatches, cycles)


def fold(case: Case, binding: Binding) -> tuple[Cycle, ...]:
    """The cycles of a case, from a memory that knows nothing."""
    memory = Memory.fresh(binding.grid)
    cycles = []
    for snapshot in case.snapshots:
        cycle, memory = step(binding, memory, as_if_sent(memory, snapshot))
        cycles.append(cycle)
    return tuple(cycles)


def _compared(expected: Expected, case: Case, cycles: tuple[Cycle, ...]) -> Mismatch | None:
    cycle = cycles[expected.row]
    if isinstance(expected.value, float):
        fee = float(cycle.fee[expected.place])
        if _is_same(expected.value, fee, case.tolerance):
            return None
        return Mismatch(expected, cycle, fee, _reason(cycle, expected.place))
    if isinstance(expected.value, str):
        reason = _reason(cycle, expected.place)
        return None if reason == expected.value else Mismatch(expected, cycle, reason, reason)
    batch = _batch(cycle)
    return None if batch == expected.value else Mismatch(expected, cycle, batch, "")


def _is_same(expected: float, fee: float, tolerance: float) -> bool:
    if isnan(expected) or isnan(fee):
        return isnan(expected) and isnan(fee)
    return abs(expected - fee) <= tolerance + CLOSE


def _reason(cycle: Cycle, place: int) -> str:
    reason = reasons(cycle).get(place)
    return LEFT_ALONE if reason is None else reason.text


def _batch(cycle: Cycle) -> dict[str, Any]:
    """The exact batch of a cycle, by the areas' paths in place of their uuids."""
    grid = cycle.binding.grid
    commands = batch_of(cycle).commands
    return {grid.paths[grid.index[area]]: command for area, command in commands.items()}
