"""Two rulebooks over the same history: in which slots their fees differ, and what it is worth.

Both are decided, and their revenue is added up, as a backtest does it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import nan

import numpy as np

from rulegrid.engine.outcome import Block, Outcome
from rulegrid.gateway.histories import History
from rulegrid.grid import Column, MarketSlot, later
from rulegrid.program import Program
from rulegrid.rehearsal.backtest import Evaluation, tally
from rulegrid.rehearsal.backtest.evaluation import metrics_read
from rulegrid.rehearsal.backtest.tally import READ_IN_PERCENT
from rulegrid.rehearsal.rehearse import RehearsalError

_CT_PER_EUR = 100


@dataclass(frozen=True, slots=True)
class ChangedSlot:
    """A slot in which an area's fee differs; NaN for a fee that is not known."""

    slot: MarketSlot
    """The slot in which the fees are in force."""
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Impact:
    """What it means for one area that a rulebook is another."""

    area: str
    """Its full path."""
    slots: int
    """Those that were decided."""
    changed: tuple[ChangedSlot, ...]
    mean_change: float
    """Over the slots in which both fees are known, in the fee unit; NaN where there is none."""
    revenue_change_eur: float
    """On the recorded energy."""


def impact(old: Program, new: Program, history: History) -> tuple[Impact, ...]:
    """The impact on every area whose fee differs in any slot of a history, in the grid's order.

    Raises `RehearsalError` where a rulebook does not fit the history, and `HistoryError` where
    that cannot be read.
    """
    if old.slot_length != new.slot_length:
        raise RehearsalError("these rulebooks differ in `slot_length`: no slot is in both")
    both = Evaluation(old), Evaluation(new)
    wanted = READ_IN_PERCENT | metrics_read(old) | metrics_read(new)
    sums: dict[str, _Sum] = {}
    for block in history.blocks(new.slot_length, wanted):
        sides = tuple(_Side.of(block, evaluation.outcomes(block)) for evaluation in both)
        for area, place in zip(block.grid.paths, range(len(block.grid)), strict=True):
            sums.setdefault(area, _Sum()).add(block.slots, sides, place)
        for row, place in np.argwhere(_differ(*sides)).tolist():
            slot = later(block.first, new.slot_length, row + 1)
            pair = (float(side.fees[row, place]) for side in sides)
            sums[block.grid.paths[place]].changed.append(ChangedSlot(slot, *pair))
    return tuple(each.impact(area) for area, each in sums.items() if each.changed)


@dataclass(frozen=True, eq=False, slots=True)
class _Side:
    """What one rulebook decided in a block."""

    fees: Column
    """The fees that stand, of shape `(slots, areas)`."""
    revenue_ct: Column

    @classmethod
    def of(cls, block: Block, outcomes: Iterator[Outcome]) -> "_Side":
        fees: list[Column] = []
        revenue_ct = np.zeros(len(block.grid))
        for outcome in outcomes:
            fees.append(np.where(np.isnan(outcome.fee), outcome.before, outcome.fee))
            revenue_ct += tally(outcome).revenue_ct
        return cls(np.concatenate(fees), revenue_ct)


def _differ(old: _Side, new: _Side) -> Column:
    """Where the fees are not the same; two that are not known are."""
    differ: Column = (old.fees != new.fees) & ~(np.isnan(old.fees) & np.isnan(new.fees))
    return differ


@dataclass(slots=True)
class _Sum:
    """One area over all blocks."""

    slots: int = 0
    known: int = 0
    change: float = 0.0
    revenue_ct: float = 0.0
    changed: list[ChangedSlot] = field(default_factory=list)

    def add(self, slots: int, sides: tuple[_Side, ...], place: int) -> None:
        old, new = sides
        change = new.fees[:, place] - old.fees[:, place]
        known = change[~np.isnan(change)]
        self.slots += slots
        self.known += len(known)
        self.change += float(known.sum())
        self.revenue_ct += float(new.revenue_ct[place] - old.revenue_ct[place])

    def impact(self, area: str) -> Impact:
        return Impact(
            area,
            self.slots,
            tuple(self.changed),
            self.change / self.known if self.known else nan,
            self.revenue_ct / _CT_PER_EUR,
        )
