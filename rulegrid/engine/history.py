"""What the fold remembers from slot to slot.

Histories for windows, fees decided, and when each last changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Column, Grid, MarketSlot, Snapshot

_EPOCH = MarketSlot(datetime(1970, 1, 1, tzinfo=UTC))

Ring = tuple[Column, ...]
"""The newest columns of one window operand, oldest first, the slot just seen last.

A missing slot is all NaN.
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The fees that stand from a slot on: what was decided, and NaN for areas never decided."""

    since: MarketSlot
    fees: Column


@dataclass(frozen=True, eq=False)
class Memory:
    """All that a cycle needs of the cycles before it.

    Columns are over `grid`; a fresh one knows nothing.
    """

    grid: Grid
    changed_at: Column
    """Number of the slot (see `slot_number`) at which each area's fee was last changed, -inf for
    never."""
    slot: MarketSlot | None = None
    """The newest slot seen."""
    rings: Mapping[str, Ring] = field(default_factory=dict)
    """By the window's operand."""
    standing: tuple[Standing, ...] = ()
    """The newest two decisions, older first."""

    @classmethod
    def fresh(cls, grid: Grid) -> "Memory":
        """The memory before the first slot."""
        return cls(grid, np.full(len(grid), -np.inf))

    def missed(self, slot: MarketSlot, slot_length: timedelta) -> int:
        """Slots between the newest one seen and the one that comes now."""
        return 0 if self.slot is None else (slot - self.slot) // slot_length - 1

    def on(self, grid: Grid) -> "Memory":
        """The same memory over another tree.

        Areas are found again by their id, new ones know nothing.
        """
        if grid is self.grid or grid == self.grid:
            return self if grid is self.grid else replace(self, grid=grid)
        places = np.array([self.grid.index.get(area, -1) for area in grid.ids], dtype=np.intp)
        size = len(self.grid)
        return replace(
            self,
            grid=grid,
            rings={
                key: tuple(_moved(column, size, places, np.nan) for column in ring)
                for key, ring in self.rings.items()
            },
            changed_at=_moved(self.changed_at, size, places, -np.inf),
            standing=tuple(
                replace(each, fees=_moved(each.fees, size, places, np.nan))
                for each in self.standing
            ),
        )


def slot_number(slot: MarketSlot, slot_length: timedelta) -> int:
    """A slot as a count of slots since 1970.

    A difference is a number of slots, missed ones too.
    """
    since_then: timedelta = slot - _EPOCH
    return since_then // slot_length


def pushed(ring: Ring, newest: Column, depth: int, missed: int) -> Ring:
    """A ring with `missed` slots without data and then the newest column, cut to its depth."""
    gap = (np.full(newest.shape, np.nan),) * min(missed, depth)
    return (*ring, *gap, newest)[-depth:]


def as_if_sent(memory: Memory, snapshot: Snapshot) -> Snapshot:
    """A snapshot in which the fees we decided are in force, as if sent and confirmed.

    This is what dry runs, rehearsals and explanations use. Areas never decided keep the recorded
    fees.
    """
    if not memory.standing:
        return snapshot
    columns = dict(snapshot.columns)
    newest = memory.standing[-1]
    for name in ("current_fee", "next_fee"):
        columns[name] = _over(newest.fees, columns.get(name))
    before = next((s for s in reversed(memory.standing) if s.since < snapshot.slot), None)
    if before is not None:
        columns["last_fee"] = _over(before.fees, columns.get("last_fee"))
    return Snapshot(snapshot.slot, snapshot.grid, columns)


def _over(ours: Column, recorded: Column | None) -> Column:
    return ours if recorded is None else np.where(np.isnan(ours), recorded, ours)


def _moved(column: Column, size: int, places: NDArray[np.intp], unknown: float) -> Column:
    """A column's entries at their new places.

    One that is not over `size` areas serves all and stays as it is.
    """
    if column.shape[-1] != size:
        return column
    return np.where(places < 0, unknown, column[places])
