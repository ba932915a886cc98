"""Windows over the newest slots."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from rulegrid.columns.truth import Flags
from rulegrid.grid import Column

PREVIOUS = "previous"


class Newest:
    """The newest values of a window's operand: one column a slot, oldest first.

    There may be more of them than a window goes over or, after the start, fewer.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    def shape(self, slots: int) -> tuple[int, ...]:
        """That of the newest so many columns together: one may serve all areas."""
        return np.broadcast_shapes(*(column.shape for column in self.columns[-slots:]))

    def filled(self, slots: int) -> Sequence[Column]:
        """The newest so many columns with 0 for no data."""
        return [zero_for_no_data(column) for column in self.columns[-slots:]]

    def known(self, slots: int) -> Sequence[Flags]:
        """Where the newest so many columns have data."""
        return [~np.isnan(column) for column in self.columns[-slots:]]


def zero_for_no_data(column: Column) -> Column:
    """A copy of a column with 0 for no data."""
    filled = column.copy()
    np.copyto(filled, 0.0, where=np.isnan(column))
    return filled


def window(function: str, ring: Newest, slots: int) -> Column:
    """What a windowed function gives over the newest values of a ring.

    The newest slot must have data, older gaps are left out; `previous` is the value so many slots
    before the newest, wherever there is one. Sums are added from the oldest to the newest, so that
    any shape of columns gives the same bits. A sum that is not finite is no data.
    """
    newest = ring.columns[-1]
    if function == PREVIOUS:
        has = slots < len(ring.columns)
        return ring.columns[-1 - slots] if has else np.full_like(newest, np.nan)
    with np.errstate(all="ignore"):
        result = _FOLDS[function](ring, slots)
    np.copyto(result, np.nan, where=np.isnan(newest) | ~np.isfinite(result))
    return result


def _total(ring: Newest, slots: int) -> Column:
    total = np.zeros(ring.shape(slots))
    for value in ring.filled(slots):
        total += value
    return total


def _average(ring: Newest, slots: int) -> Column:
    count = np.zeros(ring.shape(slots), dtype=np.uint16)
    for known in ring.known(slots):
        count += known.view(np.uint8)
    average = _total(ring, slots)
    average /= count
    return average


def _lowest(ring: Newest, slots: int) -> Column:
    return reduce(np.fmin, ring.columns[-slots:]) + 0.0


def _highest(ring: Newest, slots: int) -> Column:
    return reduce(np.fmax, ring.columns[-slots:]) + 0.0


_FOLDS = {"average": _average, "total": _total, "lowest": _lowest, "highest": _highest}
