"""Aggregates over several areas."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns.truth import Flags, Truth
from rulegrid.columns.walk import Value
from rulegrid.grid import Column

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Which areas an aggregate goes over, for each of its results.

    Of `children` there is a result for each area, of `all` and of a group a single one that serves
    all areas. `places` and `results` are parallel and ordered by result, and within one by an
    order of the areas that does not depend on how an exchange lists them: so a sum always has the
    same bits.
    """

    places: Places
    """The areas that are gone over."""
    results: Places
    """Which result each of them belongs to."""
    starts: Places
    """Where in both the members of each result begin that has any."""
    is_nobody: Flags
    """For each result, whether it has no members."""

    @classmethod
    def of(cls, places: Places, results: Places, width: int) -> "Members":
        """The members of so many results, in order already."""
        starts = np.flatnonzero(np.diff(results, prepend=-1))
        return cls(places, results, starts, np.bincount(results, minlength=width) == 0)

    def taken(self, value: Value, size: int) -> Column:
        """What a value over `size` areas, or one that serves them all, has for each member.

        A truth becomes 1 and 0, no data NaN. In a block the shape is `(slots, members)`.
        """
        column = (
            np.where(value.yes, 1.0, np.where(value.no, 0.0, np.nan))
            if (isinstance(value, Truth))
            else value
        )
        if column.shape[-1] == size:
            return column[..., self.places]
        return np.broadcast_to(column, (*column.shape[:-1], len(self.places)))


def aggregate(function: str, value: Value, members: Members, size: int) -> Column:
    """What a function gives over the members of each result.

    Members without data are left out. None with data is no data, but of no members at all `total`
    and `count` are 0. A sum that is not finite is no data.
    """
    taken = members.taken(value, size)
    known = ~np.isnan(taken)
    with np.errstate(all="ignore"):
        result = _FOLDS[function](taken, known, members)
    return np.where(np.isfinite(result), result, np.nan)


def _total(column: Column, known: Flags, members: Members) -> Column:
    is_known = (_summed(known, members) > 0) | members.is_nobody
    return np.where(is_known, _summed(np.where(known, column, 0.0), members), np.nan)


def _average(column: Column, known: Flags, members: Members) -> Column:
    return _summed(np.where(known, column, 0.0), members) / _summed(known, members)


def _lowest(column: Column, known: Flags, members: Members) -> Column:
    del known
    return _extreme(np.fmin, column, members)


def _highest(column: Column, known: Flags, members: Members) -> Column:
    del known
    return _extreme(np.fmax, column, members)


def _summed(column: NDArray[np.generic], members: Members) -> Column:
    """The sums of each result's members, added up one after the other."""
    rows, width = column.shape[:-1], len(members.is_nobody)
    count = prod(rows)
    bins = members.results + width * np.arange(count)[:, np.newaxis]
    sums = np.bincount(bins.ravel(), column.ravel(), minlength=count * width)
    return sums.reshape(*rows, width).astype(np.float64, copy=False)


def _extreme(fold: np.ufunc, column: Column, members: Members) -> Column:
    """The smallest or largest; adding 0 makes 0 of minus 0, of which either may be found."""
    found = np.full((*column.shape[:-1], len(members.is_nobody)), np.nan)
    if len(members.starts):
        extremes = fold.reduceat(column, members.starts, axis=-1)
        found[..., members.results[members.starts]] = extremes + 0.0
    return found


_FOLDS: Mapping[str, Callable[[Column, Flags, Members], Column]] = {
    "average": _average,
    "total": _total,
    "lowest": _lowest,
    "highest": _highest,
    "count": _total,
}
