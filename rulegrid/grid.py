"""The grid of markets as arrays, and what one market slot showed of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NewType

import numpy as np
from numpy.typing import NDArray

AreaId = NewType("AreaId", str)
"""The exchange's uuid of an area."""

Column = NDArray[np.float64]
"""One float64 a market, NaN where there is no data: shape `(areas,)` live, `(slots, areas)` in a
block; a grid-wide or named quantity has 1 in place of `areas`."""

MarketSlot = NewType("MarketSlot", datetime)
"""The start of a market slot: an aware datetime in UTC, whole minutes."""


_FIRST_YEAR, LAST_YEAR = 1970, 9998


def read_slot(text: str) -> MarketSlot:
    """The slot that `2021-07-01T00:15` names. A text without an offset is UTC, as on the wire.

    Raises `ValueError` where the text is no ISO 8601 time in whole minutes, of the years 1970 to
    9998: there is always a slot before and after it.
    """
    moment = datetime.fromisoformat(text)
    if not _FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"not a year of market slots: {text}")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment.second or moment.microsecond:
        raise ValueError(f"not a whole minute: {text}")
    return MarketSlot(moment)


def write_slot(slot: MarketSlot) -> str:
    """The slot as the exchange writes it: minutes, UTC, no offset."""
    return slot.strftime("%Y-%m-%dT%H:%M")


def later(slot: MarketSlot, slot_length: timedelta, slots: int = 1) -> MarketSlot:
    """The slot that many slots after this one."""
    return MarketSlot(slot + slots * slot_length)


@dataclass(frozen=True, slots=True)
class Area:
    """One market of the tree, as a message or a file names it."""

    id: AreaId
    name: str
    parent: int
    """Place of the parent in the same listing, which comes before its children; -1 for a root."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The tree of markets as arrays, ordered by level: a parent always comes before its children.

    Two grids are equal when they hold the same areas in the same places of the tree.
    """

    ids: tuple[AreaId, ...]
    names: tuple[str, ...]
    parents: NDArray[np.intp]
    """Index of each area's parent, -1 at a root."""
    levels: NDArray[np.intp]
    """Steps from the root: 0 at a root."""

    @classmethod
    def from_areas(cls, areas: Iterable[Area]) -> "Grid":
        """Arrange areas by level, keeping their order within a level.

        A parent must come before its children.
        """
        listed = tuple(areas)
        level: list[int] = []
        for place, area in enumerate(listed):
            if area.parent >= place:
                raise ValueError(f"the parent of {area.name!r} must come before it")
            level.append(0 if area.parent < 0 else level[area.parent] + 1)
        order = sorted(range(len(listed)), key=level.__getitem__)
        place_of = {old: new for new, old in enumerate(order)}
        parents = np.array([place_of.get(listed[i].parent, -1) for i in order], dtype=np.intp)
        levels = np.array([level[i] for i in order], dtype=np.intp)
        parents.flags.writeable = levels.flags.writeable = False
        return cls(
            tuple(listed[i].id for i in order),
            tuple(listed[i].name for i in order),
            parents,
            levels,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @cached_property
    def _key(self) -> tuple[tuple[str, ...], tuple[str, ...], bytes]:
        return self.ids, self.names, self.parents.tobytes()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Each area's names from the root down, joined by `/`."""
        paths: list[str] = []
        for name, parent in zip(self.names, self.parents, strict=True):
            paths.append(name if parent < 0 else f"{paths[parent]}/{name}")
        return tuple(paths)

    @cached_property
    def index(self) -> Mapping[AreaId, int]:
        """Where each area stands in the columns."""
        return {area: place for place, area in enumerate(self.ids)}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[int, ...]]:
        """The places of all areas of a name; a name may stand more than once in a tree."""
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            found.setdefault(name, []).append(place)
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def by_path(self) -> Mapping[str, tuple[int, ...]]:
        """The places of all areas of a path; equal siblings share one."""
        found: dict[str, list[int]] = {}
        for place, path in enumerate(self.paths):
            found.setdefault(path, []).append(place)
        return {path: tuple(places) for path, places in found.items()}

    def find(self, name: str) -> tuple[int, ...]:
        """The places of the areas a formula means by a name in front of a dot.

        The name itself, else a path.
        """
        return self.by_name.get(name) or self.by_path.get(name, ())


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """What is known when a market slot has just opened.

    `columns` holds one read-only column for each metric, in the units of `metrics.METRICS`; a
    metric that is missing is no data everywhere.
    """

    slot: MarketSlot
    grid: Grid
    columns: Mapping[str, Column]
