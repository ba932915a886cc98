"""Whether market events follow each other as the rulebook's slot length says."""

from collections.abc import Iterator
from datetime import timedelta
from math import gcd

from rulegrid.grid import MarketSlot, later

ENOUGH_ALIKE = 3
"""So many equal distances of several slots, from the first one on, are no lost events any more."""

MOST_MISSES_TOLD = 10_000
"""After a longer silence only so many of the missed slots are told of."""


def stride_to(
    slot: MarketSlot, newest: MarketSlot | None, length: timedelta, before: tuple[int, ...]
) -> tuple[tuple[int, ...], str]:
    """The distances between events in slots, up to this one, and what is wrong with them.

    `before` are the distances before this one, (1,) for good once they have no common divisor:
    events may be lost, so several slots are a fault only where they are the rule from the start.
    """
    if newest is None:
        return (), ""
    distance, rest = divmod(slot - newest, length)
    strides = (1,) if gcd(*before, distance) == 1 else (*before, distance)[-ENOUGH_ALIKE:]
    if not rest and (len(strides) < ENOUGH_ALIKE or len(set(strides)) > 1):
        return strides, ""
    minutes = (slot - newest) // timedelta(minutes=1)
    return before, (
        f"market events come every {minutes} min, but the rulebook counts slots of "
        f"{length // timedelta(minutes=1)} min: write `slot_length: {minutes} min`"
    )


def seen_late(
    slot: MarketSlot, newest: MarketSlot, length: timedelta, before: tuple[int, ...]
) -> tuple[int, ...]:
    """The distances between events once an older one has come after the newest.

    It may prove that there are slots between those of which events came; a second copy, nothing.
    """
    return (1,) if gcd(*before, (newest - slot) // length) == 1 else before


LONG_PAST = 3
"""An event so many slots older than the newest is not one that only came late."""


def is_long_past(slot: MarketSlot, newest: MarketSlot, length: timedelta) -> bool:
    """Whether an event is too old to be a late one.

    Two of them in order are those of an exchange that has begun anew: one alone, or a late one
    taken for new, would let an older slot's fees follow newer ones.
    """
    return slot <= newest - LONG_PAST * length


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
