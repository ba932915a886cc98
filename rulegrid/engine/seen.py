"""What the formulas of a group have seen in a cycle, for all that looks back at a decision."""

from collections.abc import Iterator, Mapping

from rulegrid.columns import Value
from rulegrid.engine.areas import taken
from rulegrid.engine.cycle import Cycle, group_columns
from rulegrid.engine.schedule import Group, Index


class Seen(Mapping[str, Value]):
    """What formulas read over some areas of a group.

    What only this group has, and a cycle's columns cut when read.
    """

    def __init__(self, cycle: Cycle, group: Group, areas: Index) -> None:
        grid = cycle.binding.grid
        self._own = group_columns(group, cycle.columns, cycle.standing, grid, areas)
        self._shared = cycle.columns
        self._areas, self._size = areas, len(grid)

    def __getitem__(self, key: str) -> Value:
        own = self._own.get(key)
        return taken(self._shared[key], self._areas, self._size) if own is None else own

    def __iter__(self) -> Iterator[str]:
        return iter({**self._shared, **self._own})

    def __len__(self) -> int:
        return len({**self._shared, **self._own})
