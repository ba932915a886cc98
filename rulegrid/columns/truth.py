"""Truths as columns: true, false, or no data, by Kleene's logic."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Column

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Where something is known to be true, and where to be false; neither is no data."""

    yes: Flags
    no: Flags

    @property
    def known(self) -> Flags:
        """Where there is data."""
        return self.yes | self.no

    def __and__(self, other: "Truth") -> "Truth":
        return Truth(self.yes & other.yes, self.no | other.no)

    def __or__(self, other: "Truth") -> "Truth":
        return Truth(self.yes | other.yes, self.no & other.no)

    def __invert__(self) -> "Truth":
        return Truth(self.no, self.yes)


# A comparison with NaN is false both ways round, but for `!=`, which would be true.


def less(left: Column, right: Column) -> Truth:
    """Where left is smaller."""
    return Truth(left < right, left >= right)


def less_or_equal(left: Column, right: Column) -> Truth:
    """Where left is smaller or the same."""
    return Truth(left <= right, left > right)


def greater(left: Column, right: Column) -> Truth:
    """Where left is larger."""
    return Truth(left > right, left <= right)


def greater_or_equal(left: Column, right: Column) -> Truth:
    """Where left is larger or the same."""
    return Truth(left >= right, left < right)


def equal(left: Column, right: Column) -> Truth:
    """Where both are the same number."""
    return Truth(left == right, (left < right) | (left > right))


def unequal(left: Column, right: Column) -> Truth:
    """Where both are different numbers."""
    return ~equal(left, right)
