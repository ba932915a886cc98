"""Where two pieces meet: whether the second began with what the first ended with.

Deciding a piece is a pure function of its rows and of the memory before it. So where the memory
that a piece began with is, bit by bit, the one that the piece before ended with, its results are
those of one run over both.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.history import Memory, slot_number
from rulegrid.grid import Column
from rulegrid.program import Program
from rulegrid.rehearsal.backtest.running import Seconds, Span, joined
from rulegrid.rehearsal.backtest.tally import Tally
from rulegrid.rehearsal.cluster.pieces import Decided, Fault


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a piece before its sums are asked for."""

    start: str
    """The mark of what it began with."""
    span: Span | None
    findings: tuple[Diagnostic, ...]
    rows: int
    seconds: Seconds


def told(decided: Decided | Fault, program: Program) -> Told | Fault:
    """A piece in a few bytes."""
    if isinstance(decided, Fault):
        return decided
    start = mark(decided.start, program)
    return Told(start, decided.span, decided.findings, decided.rows, decided.seconds)


def carried(decided: Decided | Fault, before: Memory | None) -> Memory | None:
    """The memory after a piece, as far as it is known.

    Where the piece knows of no fee of an area, the one from before it still stands.
    """
    if isinstance(decided, Fault) or decided.end is None:
        return before
    end = decided.end
    if before is None or not before.standing:
        return end
    before = before.on(end.grid)
    stands = before.standing[-1].fees
    return replace(
        end,
        changed_at=np.where(np.isneginf(end.changed_at), before.changed_at, end.changed_at),
        standing=tuple(
            replace(each, fees=np.where(np.isnan(each.fees), stands, each.fees))
            for each in end.standing
        ),
    )


def mark(memory: Memory | None, program: Program) -> str:
    """A digest of all that later fees and sums depend on; empty for no memory.

    It does not matter when a fee was last changed once `hold` has run out.
    """
    if memory is None or memory.slot is None:
        return ""
    hold = max((policy.limits.hold_slots for policy in program.policies), default=0)
    oldest = slot_number(memory.slot, program.slot_length) - hold
    digest = hashlib.sha256(repr((memory.slot, memory.grid.ids)).encode())
    _put(digest, np.maximum(memory.changed_at, oldest))
    for each in memory.standing:
        digest.update(repr(each.since).encode())
        _put(digest, each.fees)
    for key in sorted(memory.rings):
        digest.update(repr((key, len(memory.rings[key]))).encode())
        for column in memory.rings[key]:
            _put(digest, column)
    return digest.hexdigest()


def _put(digest: "hashlib._Hash", column: Column) -> None:
    """Every no data is the same, whatever its bits."""
    digest.update(repr(column.shape).encode())
    digest.update(np.where(np.isnan(column), np.nan, column).tobytes())


def added(total: Tally | None, decided: Decided | Fault) -> Tally | None:
    """The sums of all pieces up to this one, chapter by chapter in their order."""
    if isinstance(decided, Fault):
        return total
    for each in decided.tallies:
        total = joined(total, each)
    return total
