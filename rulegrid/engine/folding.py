"""A block decided slot by slot, for a rulebook whose fees depend on its own fees before."""

import numpy as np

from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.engine.outcome import Block, Outcome

_COLUMNS = ("before", "raw", "rule", "fee", "flags")


def fold(binding: Binding, memory: Memory, block: Block) -> tuple[Outcome, Memory]:
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
    return Outcome(binding, block, before, **columns), memory
