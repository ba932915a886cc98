"""What a backtest adds up, area by area.

An exchange earns in each market, for every kWh traded there, the fee of the slot: that is the
revenue. `volume` is that energy. A row tells of the slot that has just ended, so it is charged
with the fee that was decided two slots before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import zero_for_no_data
from rulegrid.engine.areas import above
from rulegrid.engine.limits import Step
from rulegrid.engine.outcome import Outcome
from rulegrid.grid import Column, Grid

READ = frozenset({"volume", "import", "export", "last_fee", "next_fee", "fee_revenue"})
"""The metrics that are added up besides those a rulebook reads."""
READ_IN_PERCENT = READ | {"avg_price"}


@dataclass(frozen=True, eq=False)
class Tally:
    """Sums over slots, each of shape `(areas,)`; `steps` is `(8, areas)`."""

    grid: Grid
    slots: Column
    """Slots in which the area was part of the grid."""
    named: Column
    """Those in which a selector named it."""
    priced: Column
    """Those with a fee."""
    no_data: Column
    """Those in which the rulebook could not work out a fee."""
    fee: Column
    """The sum of the fees."""
    lowest: Column
    highest: Column
    changes: Column
    steps: Column
    """Slots in which each step changed the fee, in the order of `limits.Step`."""
    energy_kwh: Column
    """The energy that was charged."""
    revenue_ct: Column
    """What its market earns with these fees on the recorded energy."""
    recorded_ct: Column
    """What it earned in the recording."""
    paid_ct: Column
    """What the area pays of the revenue of the market above it, for the energy it takes in."""

    @classmethod
    def nothing(cls, grid: Grid) -> "Tally":
        """Before the first slot."""
        size = len(grid)
        empty = {each.name: np.zeros(size) for each in fields(cls) if each.name != "grid"}
        empty |= {"lowest": np.full(size, np.inf), "highest": np.full(size, -np.inf)}
        empty["steps"] = np.zeros((len(Step), size))
        return cls(grid, **empty)

    def on(self, grid: Grid) -> "Tally":
        """The same over another tree: areas are found again by their id."""
        if grid is self.grid:
            return self
        old = np.array([self.grid.index.get(area, -1) for area in grid.ids], dtype=np.intp)
        empty = Tally.nothing(grid)
        moved = {}
        for name, start in empty.sums().items():
            moved[name] = start.copy()
            moved[name][..., old >= 0] = self.sums()[name][..., old[old >= 0]]
        return Tally(grid, **moved)

    def sums(self) -> Mapping[str, Column]:
        """Every sum by its name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "grid"}

    def plus(self, other: "Tally") -> "Tally":
        """Both together; the tree is that of the other, which came later."""
        mine, theirs = self.on(other.grid).sums(), other.sums()
        added = {name: mine[name] + theirs[name] for name in mine}
        added["lowest"] = np.minimum(mine["lowest"], theirs["lowest"])
        added["highest"] = np.maximum(mine["highest"], theirs["highest"])
        return Tally(other.grid, **added)


def tally(outcome: Outcome) -> Tally:
    """The sums of one block."""
    grid, fee = outcome.block.grid, outcome.fee
    unknown = np.isnan(fee)
    everywhere = not unknown.any()
    revenue = _revenue(outcome)
    covered = outcome.binding.winner >= 0
    return Tally(
        grid,
        slots=np.full(len(grid), float(outcome.block.slots)),
        named=np.where(covered, float(outcome.block.slots), 0.0),
        priced=outcome.block.slots - _counted(unknown),
        no_data=np.where(covered, _counted(np.isnan(outcome.raw)), 0.0),
        fee=_total(fee),
        lowest=fee.min(axis=0) if everywhere else np.where(unknown, np.inf, fee).min(axis=0),
        highest=fee.max(axis=0) if everywhere else np.where(unknown, -np.inf, fee).max(axis=0),
        changes=_counted(outcome.changed),
        steps=_steps(outcome),
        **revenue,
    )


def _steps(outcome: Outcome) -> Column:
    counts = np.zeros((len(Step), len(outcome.block.grid)))
    met = int(np.bitwise_or.reduce(outcome.flags, axis=None))
    for number, step in enumerate(Step):
        if met & step:
            counts[number] = _counted(outcome.flags & np.uint8(step) != 0)
    return counts


def _revenue(outcome: Outcome) -> dict[str, Column]:
    block = outcome.block
    per_kwh = outcome.charged
    if _is_percent(outcome):
        per_kwh = per_kwh * (block.metric("avg_price") / 100.0)
    volume = zero_for_no_data(_energy(outcome))
    above_it = above(per_kwh, block.grid, slice(None))
    above_it *= zero_for_no_data(block.metric("import"))
    return {
        "energy_kwh": volume.sum(axis=0),
        "revenue_ct": _total(per_kwh * volume),
        "recorded_ct": _recorded(outcome, volume),
        "paid_ct": _total(above_it),
    }


def _recorded(outcome: Outcome, volume: Column) -> Column:
    """What was earned in the recording, worked out where it does not say so."""
    block = outcome.block
    if block.columns.keys().isdisjoint({"fee_revenue", "last_fee"}):
        return np.zeros(len(block.grid))
    earned = block.metric("fee_revenue")
    unknown = np.isnan(earned)
    if unknown.any():
        share = block.metric("avg_price") / 100.0 if _is_percent(outcome) else 1.0
        earned = np.where(unknown, block.metric("last_fee") * share * volume, earned)
    return _total(earned)


def _total(column: Column) -> Column:
    """Sums over the slots, no data left out."""
    total: Column = column.sum(axis=0)
    if np.isnan(total).any():
        total = zero_for_no_data(column).sum(axis=0)
    return total


def _counted(flags: NDArray[np.bool_]) -> Column:
    """In how many slots: bytes are added the quickest."""
    count: NDArray[np.uint32] = flags.view(np.uint8).sum(axis=0, dtype=np.uint32)
    return count.astype(np.float64)


def _energy(outcome: Outcome) -> Column:
    """The energy traded in each market; where none is recorded, that over its boundary."""
    block = outcome.block
    if "volume" in block.columns:
        return block.metric("volume")
    return block.metric("import") + block.metric("export")


def _is_percent(outcome: Outcome) -> bool:
    return bool(outcome.binding.program.fee_dimension.percent)
