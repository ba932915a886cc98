"""Rounding half away from zero, as it is done on paper."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from rulegrid.columns.truth import Flags
from rulegrid.grid import Column

_EXACT_DIGITS = 14
"""Up to so many digits before and after the point together, the quick way is exact."""
_PLAIN = 1e7
_NEARLY_HALF = 0.499999
"""Up to `_PLAIN` scaling is off by less than 1e-8, so a number this near to a step is no tie."""
_WHOLE = 2.0**52
"""From here on a float has no digits after the point."""


def round_half_away(x: Column, digits: int) -> Column:
    """Each number to 0 to 9 digits after the point, half away from zero.

    NaN stays NaN, and there is no minus zero. The result is that of decimal arithmetic on the
    number's shortest text: 2.675 to two digits is 2.68, although the float lies below. A tie is
    found by comparing with the float nearest to it, which is exact as long as the tie has at most
    15 digits; the few numbers beyond take the slow way through `Decimal`.
    """
    scale = 10.0**digits
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is large
        off = x * scale
        near = np.rint(off)
        off -= near
    doubtful = (off > _NEARLY_HALF) | (off < -_NEARLY_HALF) | (near > _PLAIN) | (near < -_PLAIN)
    rounded = near / scale
    rounded += 0.0
    if doubtful.any():
        rounded[doubtful] = _round_ties(x[doubtful], np.abs(near[doubtful]), digits)
    return rounded


def _round_ties(x: Column, near: Column, digits: int) -> Column:
    """Numbers rounded that may be ties or large.

    `near` holds the steps nearest to their sizes, which may be one off.
    """
    scale = 10.0**digits
    size = np.abs(x)
    quick = size < 10.0 ** (_EXACT_DIGITS - digits)
    near = np.where(quick, near, 0.0)
    steps = (
        near
        - (size < (2.0 * near - 1.0) / (2.0 * scale))
        + (size >= (2.0 * near + 1.0) / (2.0 * scale))
    )
    rounded = np.where(quick, np.copysign(steps / scale, x) + 0.0, x)
    slow = ~quick & (size < _WHOLE)
    return _round_slowly(rounded, slow, digits) if slow.any() else rounded


def _round_slowly(column: Column, where: Flags, digits: int) -> Column:
    """The column with some of its numbers rounded one by one."""
    step = Decimal(1).scaleb(-digits)
    for place in zip(*np.nonzero(where), strict=True):
        exact = Decimal(repr(float(column[place])))
        column[place] = float(exact.quantize(step, ROUND_HALF_UP))
    return column
