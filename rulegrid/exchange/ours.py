"""What we have set, beside what the exchange shows: whose fee is in force."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Column, Grid, MarketSlot

REMEMBERED = 4
"""Batches: one that is executed so many slots late is still known for ours."""


@dataclass(frozen=True, eq=False, slots=True)
class Ours:
    """The fees we have sent, over the areas of `grid`: NaN where none."""

    grid: Grid
    newest: Column
    """The newest fee sent to each area."""
    earlier: tuple[Column, ...]
    """The same after each of the batches before, oldest first."""
    echo: Column
    """What the exchange said it would charge, since the newest event."""
    applies_to: MarketSlot | None = None
    """The slot for which the newest fees were sent."""
    shown: Column | None = None
    """The fees in force that the newest event showed."""
    accepted: Column | None = None
    """The fees in force when they were last ours, or nobody's."""
    ahead: Column | None = None
    """The fees that will be in force in the next slot if nothing is sent, as far as the newest
    event tells."""

    @classmethod
    def nothing(cls, grid: Grid) -> "Ours":
        """Before anything was sent."""
        unknown = np.full(len(grid), np.nan)
        return cls(grid, unknown, (), unknown)

    def on(self, grid: Grid) -> "Ours":
        """The same over another tree: areas are found again by their id."""
        if grid is self.grid:
            return self
        places = np.array([self.grid.index.get(area, -1) for area in grid.ids], dtype=np.intp)

        def moved(column: Column) -> Column:
            return np.where(places < 0, np.nan, column[places])

        def known(column: Column | None) -> Column | None:
            return None if column is None else moved(column)

        return Ours(
            grid,
            moved(self.newest),
            tuple(map(moved, self.earlier)),
            moved(self.echo),
            self.applies_to,
            known(self.shown),
            known(self.accepted),
            known(self.ahead),
        )

    def sent(self, fees: Column, applies_to: MarketSlot) -> "Ours":
        """After fees were sent: NaN for areas left out of the batch."""
        return replace(
            self,
            newest=np.where(np.isnan(fees), self.newest, fees),
            earlier=(*self.earlier, self.newest)[1 - REMEMBERED :],
            applies_to=applies_to,
        )

    @property
    def staying(self) -> Column:
        """The fees that stay in force if nothing more is sent, as far as is known."""
        known = self.echo if self.ahead is None else self.ahead
        return np.where(np.isnan(self.echo), known, self.echo)

    def echoed(self, echo: Column) -> "Ours":
        """After the exchange has said what it will charge."""
        return replace(self, echo=np.where(np.isnan(echo), self.echo, echo))

    def seen(self, current: Column) -> "Ours":
        """After an event that shows the fees in force."""
        accepted = current
        if self.accepted is not None:
            accepted = np.where(self.foreign(current), self.accepted, current)
        return replace(
            self,
            shown=current,
            accepted=accepted,
            ahead=self._ahead(current),
            echo=np.full(len(self.grid), np.nan),
        )

    def _ahead(self, current: Column) -> Column:
        """The fee in force, unless our last batch was taken too late for its slot.

        Then the event still shows the fee before it, and the echo tells what follows.
        """
        if self.shown is None:
            return current
        is_late = ~np.isnan(self.echo) & (current != self.echo) & (current == self.shown)
        return np.where(is_late, self.echo, current)

    def foreign(self, current: Column) -> NDArray[np.bool_]:
        """Where the fee in force is none of our last, though we have sent one.

        A fee that was in force before and is so still is not foreign: what we sent was not taken.
        """
        strange: NDArray[np.bool_] = ~np.isnan(self.newest) & ~np.isnan(current)
        for ours in (self.newest, *self.earlier, self.accepted):
            if ours is not None:
                strange &= current != ours
        return strange
