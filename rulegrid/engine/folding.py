"""A block decided slot by slot, for a rulebook whose fees depend on its own fees before."""

from dataclasses import dataclass

import numpy as np

from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.engine.outcome import Block, Outcome

_COLUMNS = ("before", "raw", "rule", "fee", "flags")


@dataclass(frozen=True, eq=False)
class Folded(Outcome):
    """What was decided in a block, with the cycle of each slot."""

    cycles: tuple[Cycle, ...]

    def cycle(self, row: int) -> Cycle:
        """The cycle of one slot."""
        return self.cycles[row]


def fold(binding: Binding, memory: Memory, block: Block) -> tuple[Folded, Memory]:
    """Decide the fees of a block by `step`, as if those of each slot had been sent.

    Raises what `step` raises.
    """
    before = memory.on(binding.grid)
    memory, cycles = before, list[Cycle]()
    for row in range(block.slots):
        seen = block.snapshot(row, binding.program.slot_length)
        cycle, memory = step(binding, memory, as_if_sent(memory, seen))
        cycles.append(cycle)
    columns = {name: np.stack([getattr(each, name) for each in cycles]) for name in _COLUMNS}
    return Folded(binding, block, before, **columns, cycles=tuple(cycles)), memory
