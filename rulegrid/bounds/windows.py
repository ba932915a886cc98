"""What windows over the newest slots may give."""

from collections.abc import Iterator
from itertools import accumulate, repeat
from math import isinf

from rulegrid.bounds.ranges import Range, computed


def windowed(function: str, of: Range, slots: int) -> Range:
    """A windowed function over values that each lie in a range.

    The newest slot has data, older ones may lack it; before the start there are none.
    """
    if function == "previous":
        return Range(of.pieces, lacking=True)
    if function in {"lowest", "highest"} or not of.pieces:
        return of
    lows, highs = tuple(_sums(of.low, slots)), tuple(_sums(of.high, slots))
    if function == "average":
        lows, highs = _means(lows), _means(highs)
    return computed([(min(lows), max(highs))], lacking=of.lacking)


def _sums(number: float, slots: int) -> Iterator[float]:
    """The number added up once, twice and so on, as it is added when it is worked out."""
    if isinf(number) or number == 0:
        return iter((number,))
    return accumulate(repeat(number, slots), initial=None)


def _means(sums: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(total / count for count, total in enumerate(sums, start=1))
