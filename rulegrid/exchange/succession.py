"""Whether market events follow each other as the rulebook's slot length says."""

from collections.abc import Iterator
from datetime import timedelta

from rulegrid.grid import MarketSlot, later

MOST_MISSES_TOLD = 10_000
"""After a longer silence only so many of the missed slots are told of."""


def stride_to(
    slot: MarketSlot, newest: MarketSlot | None, length: timedelta, before: int | None
) -> tuple[int | None, str]:
    """The distance from the newest event to this one in slots, and what is wrong with it.

    `before` is the distance before this one. A distance of 1 stays for good: one event may be
    lost, so several slots are a fault only where they are the rule from the start.
    """
    if newest is None:
        return None, ""
    distance, rest = divmod(slot - newest, length)
    if not rest and (distance == 1 or distance != before):
        return (1 if before == 1 else distance), ""
    minutes = (slot - newest) // timedelta(minutes=1)
    return before, (
        f"market events come every {minutes} min, but the rulebook counts slots of "
        f"{length // timedelta(minutes=1)} min: write `slot_length: {minutes} min`"
    )


def between(
    newest: MarketSlot | None, slot: MarketSlot, length: timedelta
) -> Iterator[MarketSlot]:
    """The slots after the newest event and before this one, of which nothing was heard."""
    if newest is None:
        return
    missing = later(newest, length)
    for _ in range(MOST_MISSES_TOLD):
        if missing >= slot:
            return
        yield missing
        missing = later(missing, length)
