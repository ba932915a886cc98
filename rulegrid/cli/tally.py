"""What a run did, counted while it goes on."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.effects import Concluded
from rulegrid.exchange.messages import FeeBatch
from rulegrid.exchange.receipt import Receipt
from rulegrid.grid import Column


@dataclass(frozen=True, slots=True)
class Moves:
    """How many fees of a cycle go up, go down and stay, and how many could not be decided."""

    up: int
    down: int
    stay: int
    unknown: int

    @classmethod
    def of(cls, cycle: Cycle) -> "Moves":
        """Count against the fees that would be in force without the cycle.

        A first fee counts as a change up.
        """
        ours = cycle.rule >= 0
        decided = ours & ~np.isnan(cycle.fee)
        before = np.where(np.isnan(cycle.before), -np.inf, cycle.before)
        up = int(np.count_nonzero(decided & (cycle.fee > before)))
        down = int(np.count_nonzero(decided & (cycle.fee < before)))
        known = int(np.count_nonzero(decided))
        return cls(up, down, known - up - down, int(np.count_nonzero(ours)) - known)

    @property
    def total(self) -> int:
        """All areas that the rulebook names."""
        return self.up + self.down + self.stay + self.unknown

    def __str__(self) -> str:
        unknown = f", {self.unknown} unknown" if self.unknown else ""
        return f"{self.up} up, {self.down} down, {self.stay} stay{unknown}"


@dataclass(frozen=True, slots=True)
class AreaTotals:
    """What one area's fee did over a run, in the rulebook's fee unit."""

    mean: float
    lowest: float
    highest: float
    changes: int
    no_data: int
    """Slots in which the fee could not be worked out."""


class Tally:
    """Counts over a run, in memory that does not grow with it."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.sent = 0
        self.confirmed = 0
        self.unconfirmed: Counter[str] = Counter()
        """By area: how often the exchange did not confirm its fee."""
        self.last: Cycle | None = None
        self._columns: dict[str, Column] = {}

    @property
    def slots(self) -> int:
        """Slots concluded, missed ones included."""
        return self.statuses.total()

    def count(self, concluded: Concluded) -> None:
        """Take in one slot."""
        self.statuses[concluded.status] += 1
        cycle, batch = concluded.cycle, concluded.batch
        if cycle is None:
            return
        if self.last is None or self.last.binding.grid != cycle.binding.grid:
            self._columns = _nothing(len(cycle.binding.grid))
        self.last = cycle
        self._add(cycle)
        if concluded.status == "sent" and batch is not None:
            self.sent += len(batch.fees)
            self._compare(cycle, batch, concluded.receipt)

    def totals(self, place: int) -> AreaTotals:
        """What one area of the newest grid did."""
        at = {name: float(column[place]) for name, column in self._columns.items()}
        return AreaTotals(
            at["sum"] / at["count"] if at["count"] else np.nan,
            at["lowest"],
            at["highest"],
            int(at["changes"]),
            int(at["no_data"]),
        )

    def _add(self, cycle: Cycle) -> None:
        fee = cycle.standing
        known = ~np.isnan(fee)
        columns = self._columns
        columns["sum"] += np.where(known, fee, 0.0)
        columns["count"] += known
        columns["lowest"] = np.fmin(columns["lowest"], fee)
        columns["highest"] = np.fmax(columns["highest"], fee)
        columns["changes"] += ~np.isnan(cycle.fee) & (cycle.fee != cycle.before)
        columns["no_data"] += (cycle.rule >= 0) & np.isnan(cycle.raw)

    def _compare(self, cycle: Cycle, batch: FeeBatch, receipt: Receipt | None) -> None:
        grid = cycle.binding.grid
        for area in batch.fees:
            place = grid.index[area]
            if receipt is not None and receipt.confirmed[place]:
                self.confirmed += 1
            else:
                self.unconfirmed[grid.paths[place]] += 1


def _nothing(areas: int) -> dict[str, Column]:
    zeros = {name: np.zeros(areas) for name in ("sum", "count", "changes", "no_data")}
    return {**zeros, "lowest": np.full(areas, np.nan), "highest": np.full(areas, np.nan)}
