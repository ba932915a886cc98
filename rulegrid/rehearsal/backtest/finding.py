"""The decision of one slot, out of a history of any length."""

from collections.abc import Callable
from datetime import timedelta

from rulegrid.engine.cycle import Cycle
from rulegrid.engine.outcome import Outcome
from rulegrid.gateway.histories import History
from rulegrid.grid import MarketSlot, later, write_slot
from rulegrid.program import Program
from rulegrid.rehearsal.backtest.evaluation import Evaluation
from rulegrid.rehearsal.backtest.running import wanted


class NoFeeError(Exception):
    """A slot for which a history has no fee; the message says which slots it tells of."""


def cycle_for(
    slot: MarketSlot,
    program: Program,
    history: History,
    read: Callable[[int], None] = lambda _rows: None,
) -> Cycle:
    """The cycle whose fees applied to a slot, decided as a backtest decides it.

    A history is read up to there and no further. `read` is given how many rows of a slot and an
    area were read.

    Raises `NoFeeError`, and what `backtest` raises.
    """
    evaluation, length = Evaluation(program), program.slot_length
    first, last = None, slot
    for block in history.blocks(length, wanted([program])):
        for outcome in evaluation.outcomes(block):
            start = later(outcome.block.first, length)
            first, last = first or start, later(start, length, outcome.block.slots - 1)
            if start <= slot <= last:
                return _cycle(outcome, slot, length)
        read(block.slots * len(block.grid))
        if last > slot:
            break
    raise NoFeeError(_told(slot, first, last))


def _cycle(outcome: Outcome, slot: MarketSlot, length: timedelta) -> Cycle:
    row, rest = divmod(slot - later(outcome.block.first, length), length)
    if rest:
        minutes = length.total_seconds() / 60
        raise NoFeeError(f"no slot begins at {write_slot(slot)}: slots are {minutes:g} min long")
    return outcome.cycle(row)


def _told(slot: MarketSlot, first: MarketSlot | None, last: MarketSlot) -> str:
    if first is None:
        return "no fee was decided there at all"
    told = f"no fee was decided for {write_slot(slot)}: "
    if slot < first:
        return f"{told}the first fees are for {write_slot(first)} (UTC)"
    if slot < last:
        return f"{told}the history has no rows for the slot before it"
    return f"{told}there are fees from {write_slot(first)} to {write_slot(last)} (UTC)"
