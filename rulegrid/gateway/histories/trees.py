"""The tree of areas that paths tell of, as it grows while they are read."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Area, AreaId, Grid


class Areas:
    """The areas met so far, numbered as they came.

    An area that never has a row but lies on the way to one that has belongs to the tree as well.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.paths: list[str] = []
        self.grid = Grid.from_areas(())
        self.places: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """The place of each number in the grid."""
        self._numbers: dict[str, int] = {}
        self._known: tuple[Sequence[str], NDArray[np.int64]] = ((), self.places)
        if known:
            self._grow(known)

    def numbers(self, paths: Sequence[str], codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of each of some rows, of which `codes` say which of the paths they are."""
        if paths is not self._known[0] and paths != self._known[0]:
            new = [path for path in paths if path not in self._numbers]
            if new:
                self._grow(new)
            found = np.array([self._numbers[path] for path in paths], dtype=np.int64)
            self._known = (paths, found)
        return self._known[1][codes]

    def _grow(self, new: Sequence[str]) -> None:
        for path in dict.fromkeys(new):
            self._numbers[path] = len(self.paths)
            self.paths.append(path)
        self.grid = tree_of(self.paths)
        self.places = np.array([self.grid.index[AreaId(path)] for path in self.paths])


def tree_of(paths: Sequence[str]) -> Grid:
    """The tree of some paths, whose areas have their paths as ids."""
    places: dict[str, int] = {}
    areas: list[Area] = []
    for path in paths:
        for step in _way(path):
            if step not in places:
                above, _, name = step.rpartition("/")
                places[step] = len(areas)
                areas.append(Area(AreaId(step), name, places.get(above, -1)))
    return Grid.from_areas(areas)


def _way(path: str) -> Iterator[str]:
    """The paths of all areas from the root down to one."""
    steps = path.split("/")
    for length in range(1, len(steps) + 1):
        yield "/".join(steps[:length])
