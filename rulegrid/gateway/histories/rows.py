"""Rows of a history, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Column

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """Some rows of a history, each array as long as there are rows."""

    first: int
    """The number of the first of them, counted from 0."""
    seconds: Indices
    """When their slots begin, since 1970 in UTC."""
    areas: Indices
    """Which of `paths` each is of."""
    paths: Sequence[str]
    metrics: dict[str, Column]

    def __len__(self) -> int:
        return len(self.seconds)

    def starts(self) -> Indices:
        """Where the rows of each slot begin."""
        changes = np.flatnonzero(self.seconds[1:] != self.seconds[:-1]) + 1
        return np.concatenate(([0], changes))

    def cut(self, start: int, stop: int) -> "Rows":
        """Some of them, as views."""
        return replace(
            self,
            first=self.first + start,
            seconds=self.seconds[start:stop],
            areas=self.areas[start:stop],
            metrics={name: column[start:stop] for name, column in self.metrics.items()},
        )

    def joined(self, other: "Rows") -> "Rows":
        """These and the next."""
        return replace(
            other,
            first=self.first,
            seconds=np.concatenate((self.seconds, other.seconds)),
            areas=np.concatenate((self.areas, other.areas)),
            metrics={
                name: np.concatenate((column, other.metrics[name]))
                for name, column in self.metrics.items()
            },
        )
