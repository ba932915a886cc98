"""What a worker does: a piece of a history, read once and decided by some rulebooks.

A piece is some chapters in a row. A worker that begins in the middle of a history does not know
what was decided before. It goes over some slots before its piece to find out, and tells what it
took for known (`Decided.start`), so that whoever has the piece before can tell whether it was so.
"""

import collections
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, zip_longest
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
    """Some chapters of a Parquet file or folder."""

    path: str
    chapter_rows: int
    start: int
    stop: int
    """The first of its chapters, and the first that comes after them."""
    stamp: str
    """The rulegrid that asks."""

    def table(self) -> Parquet:
        """The history."""
        return Parquet(self.path, self.chapter_rows)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a piece could not be decided."""

    lies_in: Literal["history", "rulebook", "worker"]
    message: str
    findings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Decided:
    """What comes of a piece by one rulebook."""

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
    piece: Piece,
    programs: Sequence[Program],
    known: Sequence[str] | Fault,
    *memories: Memory | None,
) -> Sequence[Decided] | Fault:
    """Decide a piece by some rulebooks, rulebook by rulebook in their order.

    `known` are the paths of the areas before it; `memories` are what each rulebook has decided
    before, and none where a worker has to find out on its own.
    """
    if isinstance(known, Fault):
        return known
    return _tried(piece, lambda: _decided(piece, programs, known, memories))


def decided_by(number: int, decided: Sequence[Decided] | Fault) -> Decided | Fault:
    """What comes of a piece by the rulebook of a number."""
    return decided if isinstance(decided, Fault) else decided[number]


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


def _decided(
    piece: Piece,
    programs: Sequence[Program],
    known: Sequence[str],
    memories: Sequence[Memory | None],
) -> Sequence[Decided]:
    began = time.perf_counter()
    runs = [_run(*each) for each in zip_longest(programs, memories)]
    stretch = Stretch(piece.table(), range(piece.start, piece.stop), known)
    extent = _Extent(programs[0].slot_length)
    back = max(reach(program) for program in programs) + WARM_UP
    chapters = stretch.chapters(extent.slot_length, wanted(programs), back)
    for block in next(chapters) if piece.start else ():
        for run in runs:
            run.warm_up(block)
    for chapter in chapters:
        for block in chapter:
            extent.add(block)
            for run in runs:
                run.decide(block)
        for run in runs:
            run.close()
    reading = time.perf_counter() - began - sum(run.seconds for run in runs)
    return [run.result(extent, 0.0 if number else reading) for number, run in enumerate(runs)]


@dataclass(slots=True)
class _Extent:
    """Which slots a piece holds, and how many rows."""

    slot_length: timedelta
    span: Span | None = None
    rows: int = 0

    def add(self, block: Block) -> None:
        nothing = Span(block.first, block.first, 0, self.slot_length)
        self.span = (self.span or nothing).plus(block)
        self.rows += block.slots * len(block.grid)


def _run(program: Program, memory: Memory | None) -> "_Run":
    return _Run(Evaluation(program, memory), memory)


@dataclass(slots=True)
class _Run:
    """One of the rulebooks on its way through a piece."""

    evaluation: Evaluation
    known: Memory | None
    """What was decided before the piece, as somebody else knows it."""
    start: Memory | None = field(init=False)
    tallies: list[Tally] = field(default_factory=list)
    seconds: float = 0.0
    _sums: Sums = field(default_factory=Sums)

    def __post_init__(self) -> None:
        self.start = self.known

    def warm_up(self, block: Block) -> None:
        """Decide what is before the piece, where nobody knows it."""
        if self.known is None:
            began = time.perf_counter()
            collections.deque(self.evaluation.outcomes(block), maxlen=0)
            self.start = self.evaluation.memory
            self.seconds += time.perf_counter() - began

    def decide(self, block: Block) -> None:
        """Decide and add up the next block."""
        began = time.perf_counter()
        for outcome in self.evaluation.outcomes(block):
            self._sums.add(outcome)
        self.seconds += time.perf_counter() - began

    def close(self) -> None:
        """A chapter is at its end."""
        if self._sums.chapter is not None:
            self.tallies.append(self._sums.chapter)
            self._sums = Sums()

    def result(self, extent: _Extent, reading: float) -> Decided:
        """All that is told of the piece; `reading` are the seconds that this took for all."""
        end, findings = self.evaluation.memory, self.evaluation.findings
        spent = Seconds(reading, self.seconds)
        tallies = tuple(self.tallies)
        return Decided(self.start, end, tallies, extent.span, findings, extent.rows, spent)
