"""Columns cut to some of the areas, and put together again.

A column has one entry for each area on its last axis, or a single one that serves all of them.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import Truth, Value
from rulegrid.engine.schedule import Index
from rulegrid.grid import Column, Grid

NO_DATA: Column = np.array([np.nan])
NO_DATA.flags.writeable = False

T = TypeVar("T", bound=np.generic)

_NEITHER = Truth(np.zeros(1, dtype=bool), np.zeros(1, dtype=bool))


def taken(value: Value, areas: Index, size: int) -> Value:
    """A value for some of `size` areas; a single entry that serves all stays as it is."""
    if isinstance(value, Truth):
        return Truth(_entries(value.yes, areas, size), _entries(value.no, areas, size))
    return _entries(value, areas, size)


def overlaid(base: Value | None, own: Value, areas: NDArray[np.intp], size: int) -> Value:
    """A value over `size` areas in which some areas have their own.

    Without a base the others have no data.

    Every version of a variable has one kind: the checks see to it.
    """
    if isinstance(own, Truth):
        under = base if isinstance(base, Truth) else _NEITHER
        return Truth(
            _replaced(under.yes, own.yes, areas, size), _replaced(under.no, own.no, areas, size)
        )
    return _replaced(
        NO_DATA if base is None or isinstance(base, Truth) else base, own, areas, size
    )


def above(column: Column, grid: Grid, areas: Index) -> Column:
    """Each area's parent's entry, no data at a root."""
    parents = grid.parents[areas]
    if column.shape[-1] != len(grid):
        return np.where(parents < 0, np.nan, column)
    found = column.take(parents, axis=-1)
    found[..., parents < 0] = np.nan
    return found


def single(column: Column, place: int | None, size: int) -> Column:
    """One named area's entry, of width 1 so that it serves all areas.

    No data for an area that is not there.
    """
    if place is None:
        return NO_DATA
    return column if column.shape[-1] != size else column[..., place : place + 1]


def full(column: Column, size: int) -> Column:
    """A column with an entry for every area."""
    return (
        column if column.shape[-1] == size else np.broadcast_to(column, (*column.shape[:-1], size))
    )


def _entries(array: NDArray[T], areas: Index, size: int) -> NDArray[T]:
    return array if array.shape[-1] != size else array[..., areas]


def _replaced(base: NDArray[T], own: NDArray[T], areas: NDArray[np.intp], size: int) -> NDArray[T]:
    rows = np.broadcast_shapes(base.shape[:-1], own.shape[:-1])
    merged = np.broadcast_to(base, (*rows, size)).copy()
    merged[..., areas] = _entries(own, areas, size)
    return merged
