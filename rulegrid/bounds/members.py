"""What aggregates over several areas may give."""

from math import inf

from rulegrid.bounds.chances import Chances
from rulegrid.bounds.ranges import Range, between, computed
from rulegrid.bounds.walk import Possible

_ROUNDING = 1e-9
"""How far, for its size, a mean of many equal numbers may come out beside them."""


def over_areas(function: str, of: Possible) -> Range:
    """An aggregate over any number of areas, in each of which the operand is what it may be.

    There may be no areas at all, or none with data.
    """
    if isinstance(of, Chances):
        return between(0.0, inf if of.yes else 0.0, lacking=of.lacking)
    if function == "total":
        ends = (-inf if of.low < 0 else 0.0, inf if of.high > 0 else 0.0)
        return computed([ends], lacking=of.lacking)
    if function == "average" and of.pieces:
        return between(
            of.low - _ROUNDING * abs(of.low), of.high + _ROUNDING * abs(of.high), lacking=True
        )
    return Range(of.pieces, lacking=True)
