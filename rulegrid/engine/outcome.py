"""What was decided over many slots, however it was decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegrid.engine.areas import NO_DATA, full
from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.history import Memory, Standing
from rulegrid.engine.limits import Flags, moved
from rulegrid.engine.settling import filled_forward
from rulegrid.grid import Column, Grid, MarketSlot, Snapshot, later


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """What was known in slots that follow each other without a gap.

    `columns` holds one array for each metric, of shape `(slots, areas)`, or `(slots, 1)` for what
    is the same in the whole grid.
    """

    first: MarketSlot
    slots: int
    grid: Grid
    columns: Mapping[str, Column]

    def rows(self, start: int, stop: int, slot_length: timedelta) -> "Block":
        """Some of its slots, as views."""
        columns = {name: column[start:stop] for name, column in self.columns.items()}
        return Block(later(self.first, slot_length, start), stop - start, self.grid, columns)

    def snapshot(self, row: int, slot_length: timedelta) -> Snapshot:
        """One of its slots."""
        columns = {name: column[row] for name, column in self.columns.items()}
        return Snapshot(later(self.first, slot_length, row), self.grid, columns)

    def metric(self, name: str) -> Column:
        """A metric over slots and areas, NaN where it was not recorded."""
        size = len(self.grid)
        return np.broadcast_to(full(self.columns.get(name, NO_DATA), size), (self.slots, size))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was decided in a block: the fields of a `Cycle`, of shape `(slots, areas)`."""

    binding: Binding
    block: Block
    memory: Memory
    """What was known before the block."""
    before: Column
    """The fee that would be in force without this decision, NaN where it is not known."""
    raw: Column
    rule: NDArray[np.int16]
    fee: Column
    flags: Flags

    def cycle(self, row: int) -> Cycle:
        """The cycle of one slot, as `step` gives it."""
        raise NotImplementedError

    @cached_property
    def changed(self) -> NDArray[np.bool_]:
        """Where the fee became another one."""
        return moved(self.fee, self.before)

    @cached_property
    def charged(self) -> Column:
        """The fee in the slot that had just ended, to which the metrics of a row belong.

        It was decided two slots before; as long as none was, it is the one recorded.
        """
        start = _standing(self.memory, self.block.first)
        charged = np.concatenate((start, self.fee[:-2]))[: self.block.slots]
        unknown = np.isnan(charged)
        if not unknown.any():
            return charged
        charged = filled_forward(charged)
        return np.where(np.isnan(charged), self.block.metric("last_fee"), charged)


def _standing(memory: Memory, first: MarketSlot) -> Column:
    """The fees of the slots before a block's first two: of shape (2, areas)."""
    unknown = Standing(first, np.full(len(memory.grid), np.nan))
    newest = memory.standing[-1] if memory.standing else unknown
    ended = next((each for each in reversed(memory.standing) if each.since < first), unknown)
    return np.stack((ended.fees, newest.fees))
