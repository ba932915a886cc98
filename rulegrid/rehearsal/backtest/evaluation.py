"""A rulebook over the blocks of a history, as large or small as they come."""

from collections.abc import Iterable, Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.block import decide, reads_own_fees
from rulegrid.engine.folding import fold
from rulegrid.engine.history import Memory
from rulegrid.engine.outcome import Block, Outcome
from rulegrid.engine.reach import reach
from rulegrid.grid import Grid
from rulegrid.metrics import METRICS
from rulegrid.program import Program
from rulegrid.rehearsal.rehearse import RehearsalError

CELLS = 1 << 15
"""So many slots times areas are decided at once: they fit into a processor's cache."""


def metrics_read(program: Program) -> frozenset[str]:
    """The metrics that any formula may read."""
    names = (r.name for each in program.expressions() for r in each.all_reads().values())
    return frozenset(name for name in names if name in METRICS)


class Evaluation:
    """One rulebook on its way through a history."""

    def __init__(self, program: Program, memory: Memory | None = None) -> None:
        self.program = program
        self.findings: tuple[Diagnostic, ...] = ()
        """What the newest grid tells of the rulebook."""
        self.memory = memory
        self._binding = None if memory is None else self._bound(memory.grid)
        self._decide = fold if reads_own_fees(program) else decide
        self._reach = reach(program)

    def outcomes(self, block: Block) -> Iterator[Outcome]:
        """What is decided in the next block, in parts of a handy size.

        Raises `RehearsalError` where the rulebook does not fit the grid.
        """
        if self._binding is None or self._binding.grid != block.grid:
            self._binding = self._bound(block.grid)
        memory = self.memory or Memory.fresh(block.grid)
        length = self.program.slot_length
        rows = max(CELLS // max(len(block.grid), 1), self._reach, 1)
        for start in range(0, block.slots, rows):
            part = block.rows(start, min(start + rows, block.slots), length)
            outcome, memory = self._decide(self._binding, memory, part)
            self.memory = memory
            yield outcome

    def _bound(self, grid: Grid) -> Binding:
        bound = bind(self.program, grid)
        self.findings = bound.findings
        if bound.binding is None:
            told = "the rulebook does not fit the recorded grid"
            raise RehearsalError(told, bound.findings, self.program)
        return bound.binding


def evaluate(
    program: Program, blocks: Iterable[Block], memory: Memory | None = None
) -> Iterator[Outcome]:
    """What a rulebook decides in the blocks of a history, one after the other.

    Nothing but the arguments goes in: it may run anywhere. `memory` is what is known before.
    """
    evaluation = Evaluation(program, memory)
    for block in blocks:
        yield from evaluation.outcomes(block)
