"""What operators and functions make of ranges.

The ends are worked out by the very operations that are used on the numbers. Those never fall where
their operands rise, rounded as they are, so that every result lies between the ends.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from math import inf, isfinite, isnan

from rulegrid.bounds.ranges import NEVER, Piece, Range, computed, either, gathered, hull

_MOST_PAIRS = 64
_LEAST = 5e-324
"""The smallest number above 0."""
_WHOLE = 2.0**52
"""From here on a number has no digits after the point."""

_Two = Callable[[Piece, Piece], Piece]


def plus(left: Range, right: Range) -> Range:
    """The sum."""
    return _pairs(left, right, lambda a, b: (a[0] + b[0], a[1] + b[1]))


def minus(left: Range, right: Range) -> Range:
    """The difference."""
    return _pairs(left, right, lambda a, b: (a[0] - b[1], a[1] - b[0]))


def times(left: Range, right: Range) -> Range:
    """The product."""
    return _pairs(left, right, _product)


def over(left: Range, right: Range) -> Range:
    """The quotient: over 0 it is no data."""
    parts = [part for piece in right.pieces for part in _without_zero(piece)]
    has_zero = any(low <= 0 <= high for low, high in right.pieces)
    divisor = Range(tuple(parts), right.lacking or has_zero)
    return _pairs(left, divisor, _quotient)


def negative(of: Range) -> Range:
    """The amount with the other sign."""
    return Range(tuple((-high, -low) for low, high in reversed(of.pieces)), of.lacking)


def size(of: Range) -> Range:
    """The amount without its sign."""
    pieces = (
        (max(low, -high, 0.0), max(-low, high)) if low < 0 else (low, high)
        for low, high in of.pieces
    )
    return gathered(pieces, lacking=of.lacking)


def smallest(*of: Range) -> Range:
    """The smallest of several."""
    return _several(of, lambda a, b: (min(a[0], b[0]), min(a[1], b[1])))


def largest(*of: Range) -> Range:
    """The largest of several."""
    return _several(of, lambda a, b: (max(a[0], b[0]), max(a[1], b[1])))


def clamped(of: Range, low: Range, high: Range) -> Range:
    """Not under low nor over high; where low is above high, high wins."""
    return smallest(largest(of, low), high)


def rounded_range(of: Range, digits: int) -> Range:
    """The amount to so many digits after the point, half away from zero."""
    pieces = ((rounded(low, digits), rounded(high, digits)) for low, high in of.pieces)
    return gathered(pieces, lacking=of.lacking)


def defaulted(of: Range, other: Range) -> Range:
    """The amount, or the other where it has no data."""
    if not of.lacking:
        return of
    return either((Range(of.pieces), other))


OPERATORS: Mapping[type[ast.operator], Callable[[Range, Range], Range]] = {
    ast.Add: plus,
    ast.Sub: minus,
    ast.Mult: times,
    ast.Div: over,
}


def _pairs(left: Range, right: Range, operation: _Two) -> Range:
    """The results over each pair of pieces; of too many, over the whole ranges."""
    if len(left.pieces) == 1 == len(right.pieces):
        low, high = operation(left.pieces[0], right.pieces[0])
        if low > -inf and high < inf:
            return Range(((low, high),), left.lacking or right.lacking)
    if len(left.pieces) * len(right.pieces) > _MOST_PAIRS:
        left, right = hull(left), hull(right)
    pieces = [operation(a, b) for a in left.pieces for b in right.pieces]
    return computed(pieces, lacking=left.lacking or right.lacking)


def _several(of: tuple[Range, ...], operation: _Two) -> Range:
    """The same of choices, which are always finite."""
    return reduce(lambda found, other: _choice(found, other, operation), of)


def _choice(left: Range, right: Range, operation: _Two) -> Range:
    lacking = left.lacking or right.lacking
    if len(left.pieces) == 1 == len(right.pieces):
        return Range((operation(left.pieces[0], right.pieces[0]),), lacking)
    if not left.pieces or not right.pieces:
        return NEVER
    if len(left.pieces) * len(right.pieces) > _MOST_PAIRS:
        left, right = hull(left), hull(right)
    pieces = (operation(a, b) for a in left.pieces for b in right.pieces)
    return gathered(pieces, lacking=lacking)


def _product(a: Piece, b: Piece) -> Piece:
    ends = [_times(one, other) for one in a for other in b]
    return min(ends), max(ends)


def _times(one: float, other: float) -> float:
    """0 times what has no end is 0, since every number is finite."""
    return one * other if one and other else 0.0


def _quotient(a: Piece, b: Piece) -> Piece:
    ends = [end for one in a for other in b if not isnan(end := one / other)]
    return min(ends), max(ends)


def _without_zero(piece: Piece) -> Iterator[Piece]:
    low, high = piece
    if low < 0:
        yield low, min(high, -_LEAST)
    if high > 0:
        yield max(low, _LEAST), high


def rounded(number: float, digits: int) -> float:
    """A number to so many digits after the point, half away from zero, as its text says it."""
    if number.is_integer() or not isfinite(number) or abs(number) >= _WHOLE:
        return number + 0.0
    step = Decimal(1).scaleb(-digits)
    return float(Decimal(repr(number)).quantize(step, ROUND_HALF_UP)) + 0.0
