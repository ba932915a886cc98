"""What a worker does: a piece of a history, decided by one rulebook.

A piece is some chapters in a row. A worker that begins in the middle of a history does not know
what was decided before. It goes over some slots before its piece to find out, and tells what it
took for known (`Decided.start`), so that whoever has the piece before can tell whether it was so.
"""

import collections
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Literal, TypeVar

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.history import Memory
from rulegrid.engine.outcome import Block
from rulegrid.engine.reach import reach
from rulegrid.gateway.histories import HistoryError
from rulegrid.gateway.histories.parquet import Parquet
from rulegrid.gateway.histories.stretches import Stretch
from rulegrid.gateway.stamps import stamp
from rulegrid.program import Program
from rulegrid.rehearsal.backtest.evaluation import Evaluation
from rulegrid.rehearsal.backtest.running import Seconds, Span, Sums, wanted
from rulegrid.rehearsal.backtest.tally import Tally
from rulegrid.rehearsal.rehearse import RehearsalError

WARM_UP = 32
"""Slots before a piece that are gone over, besides those that the rulebook looks back on.

Limits such as `max_change` and fees that are kept depend on the fee before. After some slots it
mostly no longer matters which fee that was.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some chapters of a Parquet file, and the rulebook that decides them."""

    program: Program
    path: str
    chapter_rows: int
    start: int
    stop: int
    """The first of its chapters, and the first that comes after them."""
    stamp: str
    """The rulegrid that asks."""

    def table(self) -> Parquet:
        """The file."""
        return Parquet(self.path, self.chapter_rows)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a piece could not be decided."""

    lies_in: Literal["history", "rulebook", "worker"]
    message: str
    findings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Decided:
    """What comes of a piece."""

    start: Memory | None
    """What was taken for known before its first slot."""
    end: Memory | None
    tallies: tuple[Tally, ...]
    """One for each chapter in which a slot was decided."""
    span: Span | None
    findings: tuple[Diagnostic, ...]
    rows: int
    seconds: Seconds


def areas_of(piece: Piece) -> Sequence[str] | Fault:
    """The paths of the areas of a piece, in the order they come up."""
    return _tried(piece, lambda: _areas(piece))


def _areas(piece: Piece) -> Sequence[str]:
    table = piece.table()
    each = (table.areas(number) for number in range(piece.start, piece.stop))
    return tuple(dict.fromkeys(chain.from_iterable(each)))


def areas_joined(
    known: Sequence[str] | Fault, then: Sequence[str] | Fault
) -> Sequence[str] | Fault:
    """Those of a piece after those known before."""
    if isinstance(known, Fault) or isinstance(then, Fault):
        return known if isinstance(known, Fault) else then
    new = dict.fromkeys(known) | dict.fromkeys(then)
    return known if len(new) == len(known) else tuple(new)


def decide_piece(
    piece: Piece, known: Sequence[str] | Fault, memory: Memory | None = None
) -> Decided | Fault:
    """Decide a piece.

    `known` are the paths of the areas before it; `memory` is what was decided before, and None
    where a worker has to find out on its own.
    """
    if isinstance(known, Fault):
        return known
    return _tried(piece, lambda: _decided(piece, known, memory))


T = TypeVar("T")


class _OtherCodeError(Exception):
    """A worker has come later than the others, with another rulegrid."""


def _tried(piece: Piece, work: Callable[[], T]) -> T | Fault:
    """What some work gives, or why it cannot be done here."""
    try:
        _check_stamp(piece.stamp)
        return work()
    except (HistoryError, RehearsalError, OSError, _OtherCodeError) as error:
        return _fault(error, piece.path)


def _check_stamp(asked: str) -> None:
    if asked != stamp():
        raise _OtherCodeError(f"a worker has another rulegrid: {stamp()} there, {asked} here")


def _fault(error: Exception, path: str) -> Fault:
    if isinstance(error, HistoryError):
        return Fault("history", error.finding.message, (error.finding,))
    if isinstance(error, RehearsalError):
        return Fault("rulebook", str(error), error.findings)
    if isinstance(error, OSError):
        return Fault("worker", f"a worker cannot read {path}: {error.strerror}")
    return Fault("worker", str(error))


def _decided(piece: Piece, known: Sequence[str], memory: Memory | None) -> Decided:
    program = piece.program
    began = time.perf_counter()
    evaluation = Evaluation(program, memory)
    stretch = Stretch(piece.table(), range(piece.start, piece.stop), known)
    back = reach(program) + WARM_UP
    chapters = stretch.chapters(program.slot_length, wanted([program]), back)
    for block in next(chapters) if piece.start else ():
        if memory is None:
            collections.deque(evaluation.outcomes(block), maxlen=0)
    start, notes = evaluation.memory, _Notes(program.slot_length)
    tallies = tuple(filter(None, (notes.of(each, evaluation) for each in chapters)))
    spent = Seconds(time.perf_counter() - began - notes.evaluating, notes.evaluating)
    end, findings = evaluation.memory, evaluation.findings
    return Decided(start, end, tallies, notes.span, findings, notes.rows, spent)


@dataclass(slots=True)
class _Notes:
    """What is noted while the chapters of a piece are decided."""

    slot_length: timedelta
    span: Span | None = None
    rows: int = 0
    evaluating: float = 0.0

    def of(self, chapter: Iterator[Block], evaluation: Evaluation) -> Tally | None:
        """The sums of a chapter."""
        sums = Sums()
        for block in chapter:
            nothing = Span(block.first, block.first, 0, self.slot_length)
            self.span = (self.span or nothing).plus(block)
            self.rows += block.slots * len(block.grid)
            began = time.perf_counter()
            for outcome in evaluation.outcomes(block):
                sums.add(outcome)
            self.evaluating += time.perf_counter() - began
        return sums.chapter
