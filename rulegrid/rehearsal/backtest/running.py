"""A whole backtest: a history read once, every rulebook decided on it, everything added up."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.outcome import Block, Outcome
from rulegrid.gateway.histories import History, faults
from rulegrid.grid import MarketSlot, later
from rulegrid.program import Program
from rulegrid.rehearsal.backtest.evaluation import Evaluation, metrics_read
from rulegrid.rehearsal.backtest.results import Result, result_of
from rulegrid.rehearsal.backtest.tally import READ, READ_IN_PERCENT, Tally, tally
from rulegrid.rehearsal.rehearse import RehearsalError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long the parts of a backtest took."""

    reading: float = 0.0
    evaluating: float = 0.0
    writing: float = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """The slots of a history: those whose market events it tells of."""

    first: MarketSlot
    last: MarketSlot
    slots: int
    """Fewer than from the first to the last where some are missing."""
    slot_length: timedelta

    @property
    def missing(self) -> int:
        """Slots between the first and the last of which the history holds nothing."""
        return (self.last - self.first) // self.slot_length + 1 - self.slots

    def plus(self, block: Block) -> "Span":
        """With the slots of the next block."""
        last = later(block.first, self.slot_length, block.slots - 1)
        return replace(self, last=last, slots=self.slots + block.slots)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What was found, rulebook by rulebook in the order they were given."""

    span: Span
    results: tuple[Result, ...]
    findings: tuple[tuple[Diagnostic, ...], ...]
    """What the newest grid of the history says of each rulebook."""
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Watching:
    """What is done beside: nothing by default."""

    decided: Callable[[int, Outcome], None] = lambda _number, _outcome: None
    """Is given what the rulebook of a number has decided, part by part, in order."""
    read: Callable[[int], None] = lambda _rows: None
    """Is given how many rows of a slot and an area were read and decided."""


@dataclass(slots=True)
class Sums:
    """What is added up, chapter by chapter: those of a chapter, and then those of all."""

    total: Tally | None = None
    chapter: Tally | None = None

    def add(self, outcome: Outcome) -> None:
        """With what was decided next."""
        self.chapter = joined(self.chapter, tally(outcome))

    def close(self) -> None:
        """The chapter is at its end."""
        self.total, self.chapter = joined(self.total, self.chapter), None


def joined(first: Tally | None, second: Tally | None) -> Tally | None:
    """The sums of what came first and of what came then, None for nothing."""
    if first is None or second is None:
        return first or second
    return first.plus(second)


@dataclass(slots=True)
class _Run:
    evaluation: Evaluation
    sums: Sums = field(default_factory=Sums)


@dataclass(slots=True)
class _Stopwatch:
    """Seconds by what they went into."""

    seconds: Seconds = field(default_factory=Seconds)

    def timed(self, part: str, values: Iterator[T]) -> Iterator[T]:
        """The values, with the time that each took to come."""
        while True:
            start = time.perf_counter()
            value = next(values, None)
            self.add(part, time.perf_counter() - start)
            if value is None:
                return
            yield value

    def add(self, part: str, seconds: float) -> None:
        self.seconds = replace(self.seconds, **{part: getattr(self.seconds, part) + seconds})


def backtest(
    programs: Sequence[Program], history: History, watching: Watching | None = None
) -> Backtest:
    """Decide all slots of a history by some rulebooks, and add up what comes of it.

    Slot by slot our own fees count as sent. The history is read once, in blocks: the memory it
    takes does not grow with its length.

    Raises `RehearsalError` where a rulebook does not fit the history, and `HistoryError` where
    that cannot be read.
    """
    length = slot_length_of(programs)
    watching = watching or Watching()
    runs = [_Run(Evaluation(program)) for program in programs]
    watch, span = _Stopwatch(), None
    for chapter in history.chapters(length, wanted(programs)):
        for block in watch.timed("reading", chapter):
            span = (span or Span(block.first, block.first, 0, length)).plus(block)
            for number, run in enumerate(runs):
                for outcome in watch.timed("evaluating", run.evaluation.outcomes(block)):
                    _take(run, outcome, number, watching, watch)
            watching.read(block.slots * len(block.grid))
        for run in runs:
            run.sums.close()
    if span is None:
        raise faults.empty()
    results = tuple(
        result_of(run.evaluation.program, run.sums.total)
        for run in runs
        if run.sums.total is not None
    )
    return Backtest(span, results, tuple(run.evaluation.findings for run in runs), watch.seconds)


def slot_length_of(programs: Sequence[Program]) -> timedelta:
    """The one that all of them have. Raises `RehearsalError`."""
    lengths = {program.slot_length for program in programs}
    if len(lengths) != 1:
        raise RehearsalError("these rulebooks have slots of different lengths")
    return lengths.pop()


def _take(run: _Run, outcome: Outcome, number: int, watching: Watching, watch: _Stopwatch) -> None:
    start = time.perf_counter()
    run.sums.add(outcome)
    middle = time.perf_counter()
    watching.decided(number, outcome)
    watch.add("evaluating", middle - start)
    watch.add("writing", time.perf_counter() - middle)


def wanted(programs: Sequence[Program]) -> frozenset[str]:
    """The metrics that are read, and those that are added up."""
    in_percent = any(program.fee_dimension.percent for program in programs)
    added_up = READ_IN_PERCENT if in_percent else READ
    return added_up.union(*(metrics_read(program) for program in programs))
