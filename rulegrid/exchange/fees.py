"""The one batch of a slot, and the ids under which commands are sent."""

from hashlib import sha256
from typing import Literal

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.messages import FeeBatch, Rails
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.receipt import Receipt
from rulegrid.exchange.state import State
from rulegrid.grid import Column, MarketSlot, later, write_slot

LATEST_ANSWER = 4
"""An answer that comes so many slots late is still known for one to us."""


def batch_of(cycle: Cycle, ours: Ours | None = None) -> FeeBatch:
    """A slot's one batch.

    It holds every fee that was decided; with `ours`, only those that change something: all but
    the fees that are in force, that will be, and that are the last we have sent. What was sent
    and not confirmed may be taken yet.
    """
    wanted = ~np.isnan(cycle.fee)
    if ours is not None and ours.shown is not None:
        wanted &= (cycle.fee != cycle.before) | (cycle.fee != ours.shown)
        wanted |= ~np.isnan(cycle.fee) & (cycle.fee != ours.newest)
    places = np.flatnonzero(wanted)
    ids, (lowest, highest) = cycle.binding.grid.ids, cycle.binding.rails
    return FeeBatch(
        {ids[place]: float(cycle.fee[place]) for place in places},
        Rails(lowest[places], highest[places]),
        percent=cycle.binding.program.fee_dimension.percent,
    )


def rest_of(batch: FeeBatch, cycle: Cycle, receipt: Receipt | None) -> FeeBatch:
    """What to send again.

    Before an answer that is the whole batch, after it only the areas that are not confirmed.
    """
    if receipt is None:
        return batch
    index = cycle.binding.grid.index
    fees = {area: fee for area, fee in batch.fees.items() if not receipt.confirmed[index[area]]}
    return FeeBatch(fees, Rails(), percent=batch.percent)


def as_column(batch: FeeBatch, cycle: Cycle) -> Column:
    """The fees of a batch over the areas of its grid, NaN for those it leaves out."""
    grid = cycle.binding.grid
    fees = np.full(len(grid), np.nan)
    for area, fee in batch.fees.items():
        fees[grid.index[area]] = fee
    return fees


def transaction(state: State, slot: MarketSlot, purpose: Literal["statistics", "fees"]) -> str:
    """One id per run, aggregator, rulebook, slot and purpose, in the form of a uuid."""
    settings = state.settings
    parts = (
        settings.run,
        settings.aggregator,
        state.program.digest,
        write_slot(slot),
        purpose,
    )
    digits = sha256("\0".join(parts).encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def slots_late(state: State, number: str) -> int | None:
    """How many slots old the transaction of an answer is; None where it is none of ours."""
    if state.newest is None:
        return None
    for late in range(LATEST_ANSWER + 1):
        slot = later(state.newest, state.program.slot_length, -late)
        if number in {transaction(state, slot, "statistics"), transaction(state, slot, "fees")}:
            return late
    return None
