"""Windows over the newest slots."""

from collections.abc import Sequence

import numpy as np

from rulegrid.grid import Column

PREVIOUS = "previous"


def window(function: str, ring: Sequence[Column], slots: int) -> Column:
    """What a windowed function gives over the newest values of a ring.

    The ring holds one column a slot, oldest first, the newest slot last; it may hold more slots
    than the window or, after the start, fewer. The newest slot must have data, older gaps are left
    out; `previous` is the value so many slots before the newest, wherever there is one. Sums are
    added from the oldest to the newest, so that any shape of columns gives the same bits. A sum
    that is not finite is no data.
    """
    if function == PREVIOUS:
        return ring[-1 - slots] if slots < len(ring) else np.full_like(ring[-1], np.nan)
    newest = ring[-1]
    with np.errstate(all="ignore"):
        result = _FOLDS[function](ring[-slots:])
    return np.where(np.isnan(newest) | ~np.isfinite(result), np.nan, result)


def _total(values: Sequence[Column]) -> Column:
    total = np.zeros_like(values[-1])
    for value in values:
        total = total + np.where(np.isnan(value), 0.0, value)
    return total


def _average(values: Sequence[Column]) -> Column:
    count = np.zeros_like(values[-1])
    for value in values:
        count = count + ~np.isnan(value)
    return _total(values) / count


def _lowest(values: Sequence[Column]) -> Column:
    lowest = values[0]
    for value in values[1:]:
        lowest = np.fmin(lowest, value)
    return lowest + 0.0


def _highest(values: Sequence[Column]) -> Column:
    highest = values[0]
    for value in values[1:]:
        highest = np.fmax(highest, value)
    return highest + 0.0


_FOLDS = {"average": _average, "total": _total, "lowest": _lowest, "highest": _highest}
