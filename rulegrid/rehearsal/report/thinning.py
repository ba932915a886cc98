"""Long series as the few points that a page can show, without losing a peak or a trough."""

import math
from collections.abc import Sequence

import numpy as np

from rulegrid.grid import Column

MOST_POINTS = 1600
"""So many points a curve has at most: about one for each pixel of a wide screen."""
_DURATION_POINTS = 400


def stride(slots: int) -> int:
    """How many slots one pixel stands for: 1 where every slot is a point of its own."""
    return 1 if slots <= MOST_POINTS else math.ceil(2 * slots / MOST_POINTS)


def thinned_places(slots: int) -> list[int]:
    """The slots at which the points of `thinned` stand."""
    step = stride(slots)
    if step == 1:
        return list(range(slots))
    return [at for start in range(0, slots, step) for at in (start, start + step // 2)]


def thinned(values: Column) -> Column:
    """A series by two points for each pixel, its lowest and its highest, in their order.

    As it is where that is short enough. NaN is no data, and stays so where a pixel has none.
    """
    step = stride(len(values))
    if step == 1:
        return values
    padded = np.full(math.ceil(len(values) / step) * step, np.nan)
    padded[: len(values)] = values
    pixels = padded.reshape(-1, step)
    lowest, highest = np.fmin.reduce(pixels, axis=1), np.fmax.reduce(pixels, axis=1)
    known = ~np.isnan(pixels)
    falls = np.argmin(np.where(known, pixels, np.inf), axis=1) > np.argmax(
        np.where(known, pixels, -np.inf), axis=1
    )
    pairs = np.where(falls, (highest, lowest), (lowest, highest))
    return pairs.T.reshape(-1)


def duration(values: Column) -> tuple[list[float], Column]:
    """A duration curve: shares of the time in percent, and the value that is reached for so long.

    The highest and the lowest are always in it.
    """
    known = np.sort(values[~np.isnan(values)])[::-1]
    if not len(known):
        return [], known
    count = min(len(known), _DURATION_POINTS)
    places = np.round(np.linspace(0, len(known) - 1, count)).astype(np.intp)
    return [round(100.0 * (place + 1) / len(known), 2) for place in places.tolist()], known[places]


def hourly(values: Column, days: Sequence[int], hours: Sequence[int], columns: int) -> Column:
    """The mean of a series for each of some columns of days, and each hour: `(columns, 24)`.

    `days` and `hours` say where each slot belongs; NaN where there is no data at all.
    """
    known = ~np.isnan(values)
    at = (np.asarray(days)[known], np.asarray(hours)[known])
    total, count = np.zeros((columns, 24)), np.zeros((columns, 24))
    np.add.at(total, at, values[known])
    np.add.at(count, at, 1.0)
    means: Column = np.divide(total, count, out=np.full((columns, 24), np.nan), where=count > 0)
    return means
