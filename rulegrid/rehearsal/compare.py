"""Two rulebooks over the same history: in which slots their fees differ, and what it is worth.

Both are decided, and their revenue is added up, as a backtest does it.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import nan

import numpy as np

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.outcome import Block, Outcome
from rulegrid.engine.settling import differ
from rulegrid.gateway.histories import History, faults
from rulegrid.grid import Column, MarketSlot, later
from rulegrid.program import Program
from rulegrid.rehearsal.backtest import Evaluation, tally
from rulegrid.rehearsal.backtest.evaluation import metrics_read
from rulegrid.rehearsal.backtest.tally import READ_IN_PERCENT

_CT_PER_EUR = 100


@dataclass(frozen=True, slots=True)
class Run:
    """Slots in a row in which one fee became one other; NaN for a fee that is not known."""

    first: MarketSlot
    """The first slot in which these fees are in force."""
    slots: int
    old: float
    new: float

    def each(self, slot_length: timedelta) -> Iterator[MarketSlot]:
        """Every slot of them."""
        return (later(self.first, slot_length, number) for number in range(self.slots))


@dataclass(frozen=True, eq=False, slots=True)
class Runs:
    """The runs of an area in the order of time, as plain numbers: a year can have many."""

    slot_length: timedelta
    _starts: "array[int]" = field(default_factory=lambda: array("q"))
    """In seconds since 1970."""
    _slots: "array[int]" = field(default_factory=lambda: array("q"))
    _pairs: "array[float]" = field(default_factory=lambda: array("d"))
    """The old fee and the new one, in turn."""

    def add(self, first: MarketSlot, old: Column, new: Column) -> None:
        """With fees of `(slots,)` that follow each other from a slot on."""
        differs = differ(old, new)
        goes_on = (
            differs[1:] & differs[:-1] & ~(differ(old[1:], old[:-1]) | differ(new[1:], new[:-1]))
        )
        (begins,) = np.nonzero(differs & ~np.concatenate(([False], goes_on)))
        (ends,) = np.nonzero(differs & ~np.concatenate((goes_on, [False])))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            start = later(first, self.slot_length, begin)
            self._append(start, end - begin + 1, (float(old[begin]), float(new[begin])))

    def _append(self, first: MarketSlot, slots: int, pair: tuple[float, float]) -> None:
        start = int(first.timestamp())
        if self._starts and self._goes_on(start, pair):
            self._slots[-1] += slots
            return
        self._starts.append(start)
        self._slots.append(slots)
        self._pairs.extend(pair)

    def _goes_on(self, start: int, pair: tuple[float, float]) -> bool:
        """Whether the last run goes on there."""
        end = self._starts[-1] + self._slots[-1] * int(self.slot_length.total_seconds())
        return end == start and not differ(np.array(self._pairs[-2:]), np.array(pair)).any()

    @property
    def changed(self) -> int:
        """How many slots these are."""
        return sum(self._slots)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[Run]:
        for number, (start, slots) in enumerate(zip(self._starts, self._slots, strict=True)):
            first = MarketSlot(datetime.fromtimestamp(start, UTC))
            yield Run(first, slots, *self._pairs[2 * number : 2 * number + 2])


@dataclass(frozen=True, slots=True)
class Impact:
    """What it means for one area that a rulebook is another."""

    area: str
    """Its full path."""
    slots: int
    """Those that were decided."""
    changed: int
    """Those in which the fee differs."""
    runs: Runs
    """Which ones these are."""
    mean_change: float
    """Over the slots in which both fees are known, in the fee unit; NaN where there is none."""
    revenue_change_eur: float
    """On the recorded energy."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What it means for a whole history that a rulebook is another."""

    slots: int
    """Those that were decided."""
    changed: int
    """Those in which any fee differs."""
    impacts: tuple[Impact, ...]
    """Of every area whose fee differs in any slot, in the grid's order."""
    findings: tuple[tuple[Diagnostic, ...], ...]
    """What the newest grid of the history says of each rulebook, the old one first."""


def compare(
    old: Program,
    new: Program,
    history: History,
    decided: Callable[[int], None] = lambda _rows: None,
) -> Comparison:
    """Decide a history by both rulebooks, and tell where their fees differ.

    Kept are sums, and where fees differ: the memory it takes does not grow with the history, but
    with how often the difference becomes another one. `decided` is told how many rows of a slot
    and an area were decided.

    Both have slots of one length and fees of one kind (`rulebook.diff.unlike`).

    Raises `RehearsalError` where a rulebook does not fit the history, and `HistoryError` where
    that cannot be read.
    """
    both = Evaluation(old), Evaluation(new)
    wanted = READ_IN_PERCENT | metrics_read(old) | metrics_read(new)
    sums: dict[str, _Sum] = {}
    slots = changed = 0
    for block in history.blocks(new.slot_length, wanted):
        before, after = (_Side.of(block, each.outcomes(block)) for each in both)
        slots += block.slots
        changed += int(differ(before.fees, after.fees).any(axis=1).sum())
        first = later(block.first, new.slot_length)
        for place, area in enumerate(block.grid.paths):
            of = sums.setdefault(area, _Sum(Runs(new.slot_length)))
            of.add(first, before.of_area(place), after.of_area(place))
        decided(block.slots * len(block.grid))
    if not slots:
        raise faults.empty()
    return Comparison(slots, changed, tuple(_impacts(sums)), tuple(each.findings for each in both))


def _impacts(sums: Mapping[str, "_Sum"]) -> Iterator[Impact]:
    found = (each.impact(area) for area, each in sums.items())
    return (each for each in found if each.changed)


@dataclass(frozen=True, eq=False, slots=True)
class _Side:
    """What one rulebook decided in a block."""

    fees: Column
    """The fees that stand, of shape `(slots, areas)`."""
    revenue_ct: Column

    def of_area(self, place: int) -> "_Side":
        """What it decided for one area, in arrays of one dimension less."""
        return _Side(self.fees[:, place], self.revenue_ct[place])

    @classmethod
    def of(cls, block: Block, outcomes: Iterator[Outcome]) -> "_Side":
        fees: list[Column] = []
        revenue_ct = np.zeros(len(block.grid))
        for outcome in outcomes:
            fees.append(np.where(np.isnan(outcome.fee), outcome.before, outcome.fee))
            revenue_ct += tally(outcome).revenue_ct
        return cls(np.concatenate(fees), revenue_ct)


@dataclass(slots=True)
class _Sum:
    """One area over all blocks."""

    runs: Runs
    slots: int = 0
    known: int = 0
    change: float = 0.0
    revenue_ct: float = 0.0

    def add(self, first: MarketSlot, old: "_Side", new: "_Side") -> None:
        """With the next slots of the area, whose fees are in force from the first one on."""
        change = new.fees - old.fees
        known = change[~np.isnan(change)]
        self.slots += len(change)
        self.known += len(known)
        self.change += float(known.sum())
        self.revenue_ct += float(new.revenue_ct - old.revenue_ct)
        self.runs.add(first, old.fees, new.fees)

    def impact(self, area: str) -> Impact:
        return Impact(
            area,
            self.slots,
            self.runs.changed,
            self.runs,
            self.change / self.known if self.known else nan,
            self.revenue_ct / _CT_PER_EUR,
        )
