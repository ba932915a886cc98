"""Long series as few enough values for a page, without losing a peak or a trough."""

import math
from collections.abc import Sequence

import numpy as np

from rulegrid.grid import Column

MOST_VALUES = 6_000_000
"""So many values of curves a page holds: of two rulebooks, each slot of a year."""
_BOUNDS = 3
_DURATION_POINTS = 400


def stride(slots: int, curves: int) -> int:
    """How many slots have to share a place where a page holds so many curves: 1 where none do."""
    values = slots * curves
    return 1 if values <= MOST_VALUES else math.ceil(_BOUNDS * values / MOST_VALUES)


def thinned(values: Column, step: int) -> list[Column]:
    """For every few slots the lowest, the highest and the mean value; no peak is lost.

    Where each slot has a place of its own, the series as it is. NaN is no data, and stays so where
    a place has none.
    """
    if step == 1:
        return [values]
    padded = np.full(math.ceil(len(values) / step) * step, np.nan)
    padded[: len(values)] = values
    places = padded.reshape(-1, step)
    count = (~np.isnan(places)).sum(axis=1)
    mean = np.divide(
        np.nansum(places, axis=1), count, out=np.full(len(places), np.nan), where=count > 0
    )
    return [np.fmin.reduce(places, axis=1), np.fmax.reduce(places, axis=1), mean]


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
