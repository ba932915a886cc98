"""What we have set, beside what the exchange shows: whose fee is in force."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Column, Grid, MarketSlot


@dataclass(frozen=True, eq=False, slots=True)
class Ours:
    """The fees we have sent, over the areas of `grid`: NaN where none."""

    grid: Grid
    newest: Column
    """The newest fee sent to each area."""
    before: Column
    """The fee before that: sent by us, or in force when we sent our first."""
    echo: Column
    """What the exchange said it would charge, since the newest event."""
    applies_to: MarketSlot | None = None
    """The slot for which the newest fees were sent."""
    shown: Column | None = None
    """The fees in force that the newest event showed."""

    @classmethod
    def nothing(cls, grid: Grid) -> "Ours":
        """Before anything was sent."""
        unknown = np.full(len(grid), np.nan)
        return cls(grid, unknown, unknown, unknown)

    def on(self, grid: Grid) -> "Ours":
        """The same over another tree: areas are found again by their id."""
        if grid is self.grid:
            return self
        places = np.array([self.grid.index.get(area, -1) for area in grid.ids], dtype=np.intp)

        def moved(column: Column) -> Column:
            return np.where(places < 0, np.nan, column[places])

        return Ours(
            grid,
            moved(self.newest),
            moved(self.before),
            moved(self.echo),
            self.applies_to,
            None if self.shown is None else moved(self.shown),
        )

    def sent(self, fees: Column, applies_to: MarketSlot) -> "Ours":
        """After fees were sent: NaN for areas left out of the batch."""
        changed = ~np.isnan(fees) & (fees != self.newest)
        shown = self.before if self.shown is None else self.shown
        earlier = np.where(np.isnan(self.newest), shown, self.newest)
        return replace(
            self,
            newest=np.where(changed, fees, self.newest),
            before=np.where(changed, earlier, self.before),
            applies_to=applies_to,
        )

    def echoed(self, echo: Column) -> "Ours":
        """After the exchange has said what it will charge."""
        return replace(self, echo=np.where(np.isnan(echo), self.echo, echo))

    def next_fee(self, current: Column) -> Column:
        """The fee that each area will have in the next slot if nothing is sent.

        That is the fee in force, unless our last batch was taken too late for the slot it was
        meant for: then the event still shows the fee before it, and the echo tells what follows.
        """
        if self.shown is None:
            return current
        is_late = ~np.isnan(self.echo) & (current != self.echo) & (current == self.shown)
        return np.where(is_late, self.echo, current)

    def seen(self, current: Column) -> "Ours":
        """After an event that shows the fees in force."""
        return replace(self, shown=current, echo=np.full(len(self.grid), np.nan))

    def foreign(self, current: Column) -> NDArray[np.bool_]:
        """Where the fee in force is none of the last two, though we have sent one."""
        known: NDArray[np.bool_] = ~np.isnan(self.newest) & ~np.isnan(current)
        strange: NDArray[np.bool_] = (current != self.newest) & (current != self.before)
        return known & strange
