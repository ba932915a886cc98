"""The tree of areas that paths tell of, as it grows while they are read."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rulegrid.grid import Area, AreaId, Grid


class Areas:
    """The areas of a history: numbered as they are named, in the tree from their first row on.

    An area that never has a row but lies on the way to one that has belongs to the tree as well.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._met: list[int] = []
        self._has_row = np.empty(0, dtype=np.bool_)
        self._built = 0, Grid.from_areas(()), np.empty(0, dtype=np.int64)
        """How many areas were met when the tree was built, the tree, and the places in it."""
        self._known: tuple[Sequence[str], NDArray[np.int64]] = ((), np.empty(0, dtype=np.int64))
        self.meet(self.numbers(known, np.arange(len(known))))

    def numbers(self, paths: Sequence[str], codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of each of some rows, of which `codes` say which of the paths they are."""
        if paths is not self._known[0] and paths != self._known[0]:
            new = [path for path in dict.fromkeys(paths) if path not in self._numbers]
            self._numbers |= {path: number for number, path in enumerate(new, len(self.paths))}
            self.paths += new
            self._has_row = np.concatenate((self._has_row, np.zeros(len(new), dtype=np.bool_)))
            found = np.array([self._numbers[path] for path in paths], dtype=np.int64)
            self._known = (paths, found)
        return self._known[1][codes]

    @property
    def met(self) -> list[str]:
        """The paths of the areas that had a row, in the order of their first ones."""
        return [self.paths[number] for number in self._met]

    def new(self, numbers: NDArray[np.int64]) -> NDArray[np.intp]:
        """Which of these numbers are the first of an area that has not had a row."""
        if len(self._met) == len(self.paths):
            return np.empty(0, dtype=np.intp)
        unmet = np.flatnonzero(~self._has_row[numbers])
        first = np.unique(numbers[unmet], return_index=True)[1]
        return unmet[np.sort(first)]

    def meet(self, numbers: NDArray[np.int64]) -> None:
        """Areas have their first rows, in this order."""
        self._met += numbers.tolist()
        self._has_row[numbers] = True

    @property
    def grid(self) -> Grid:
        """The tree of all areas that had a row."""
        return self._tree()[1]

    @property
    def places(self) -> NDArray[np.int64]:
        """The place of each number in the grid, -1 for an area that has not had a row."""
        return self._tree()[2]

    def _tree(self) -> tuple[int, Grid, NDArray[np.int64]]:
        """It is built when it is asked for: that takes long where there are many areas."""
        if self._built[0] < len(self._met):
            grid, places = tree_of(self.met), np.full(len(self.paths), -1)
            places[self._met] = [grid.index[AreaId(path)] for path in self.met]
            self._built = len(self._met), grid, places
        return self._built


def tree_of(paths: Sequence[str]) -> Grid:
    """The tree of some paths, whose areas have their paths as ids."""
    places: dict[str, int] = {}
    areas: list[Area] = []
    for path in paths:
        for step in reversed(list(_new(path, places))):
            above, _, name = step.rpartition("/")
            places[step] = len(areas)
            areas.append(Area(AreaId(step), name, places.get(above, -1)))
    return Grid.from_areas(areas)


def _new(path: str, places: Mapping[str, int]) -> Iterator[str]:
    """The path of an area and of those above it, up to one that has its place already."""
    while path not in places:
        yield path
        path, below, _ = path.rpartition("/")
        if not below:
            return
