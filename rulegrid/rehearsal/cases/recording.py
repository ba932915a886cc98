"""A test file written from slots of a recording, to begin with: it runs green at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from rulegrid.engine.binding import bind
from rulegrid.engine.cycle import Cycle
from rulegrid.grid import Area, AreaId, Column, Grid, Snapshot
from rulegrid.metrics import METRICS
from rulegrid.rehearsal.cases.running import fold
from rulegrid.rehearsal.cases.writing import NotRecordableError, Slots, test_file

DECIMALS = 6
"""Of what was measured; a millionth of a kWh is a milliwatt-hour."""
_FEES = frozenset({"current_fee", "next_fee", "last_fee"})
"""What a test works out itself from slot to slot."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the recorded grid: the places it keeps, and the metrics read there."""

    places: tuple[int, ...]
    """In the recorded grid, parents before their children."""
    measured: frozenset[int]
    """Of which areas the metrics are told."""


def written(rulebook: str, name: str, cycles: Sequence[Cycle], areas: Sequence[int]) -> str:
    """A test file of one test, with the slots of some cycles and the fees of some areas.

    `rulebook` is the path of the rulebook as the file is to name it; the cycles are of one grid,
    `areas` are places in it. The file holds as little of the grid as gives the same fees. It knows
    nothing of the slots before, so that windows begin anew and no fee is in force.

    Raises `NotRecordableError`.
    """
    program, grid = cycles[0].binding.program, cycles[0].binding.grid
    if any(cycle.binding.grid != grid for cycle in cycles):
        raise NotRecordableError("the grid changes between these slots")
    if len(set(grid.paths)) < len(grid):
        raise NotRecordableError("several areas of this grid have one path")
    whole = _Part(tuple(range(len(grid))), frozenset(range(len(grid))))
    wanted = _fees(cycles, whole, areas)
    if wanted is None:
        raise NotRecordableError("the rulebook does not fit this grid")
    fitting = (
        part
        for part in _parts(grid, areas)
        if (found := _fees(cycles, part, areas)) is not None
        and np.array_equal(wanted, found, equal_nan=True)
    )
    part = next(fitting, whole)
    expected = {_called(grid, part, area): wanted[:, at] for at, area in enumerate(areas)}
    slots = Slots(
        program,
        _cut(grid, part.places),
        [cycle.applies_to for cycle in cycles],
        _given(cycles, part),
        expected,
    )
    return test_file(rulebook, name, slots)


def _parts(grid: Grid, areas: Sequence[int]) -> Iterator[_Part]:
    """Parts of a grid around some areas, the smallest first; some may give other fees."""
    line = _with_ancestors(grid, areas)
    yield _Part(line, frozenset(areas))
    yield _Part(line, frozenset(line))
    children = [at for at, parent in enumerate(grid.parents.tolist()) if parent in set(areas)]
    near = _with_ancestors(grid, [*areas, *children])
    yield _Part(near, frozenset(near))


def _with_ancestors(grid: Grid, areas: Iterable[int]) -> tuple[int, ...]:
    found = set(areas)
    waiting = list(found)
    while waiting:
        parent = int(grid.parents[waiting.pop()])
        if parent >= 0 and parent not in found:
            found.add(parent)
            waiting.append(parent)
    return tuple(sorted(found))


def _fees(cycles: Sequence[Cycle], part: _Part, areas: Sequence[int]) -> Column | None:
    """The fees that areas have on a part of the grid, shape `(slots, areas)`.

    None where the rulebook does not fit that part.
    """
    grid = _cut(cycles[0].binding.grid, part.places)
    binding = bind(cycles[0].binding.program, grid).binding
    if binding is None:
        return None
    decided = fold((_snapshot(cycle, grid, part) for cycle in cycles), binding)
    at = [part.places.index(area) for area in areas]
    return np.array([cycle.fee[at] for cycle in decided])


def _cut(grid: Grid, places: Sequence[int]) -> Grid:
    """A part of a grid; paths serve as ids, as in the grid of a test file."""
    at = {place: number for number, place in enumerate(places)}
    return Grid.from_areas(
        Area(AreaId(grid.paths[place]), grid.names[place], at.get(int(grid.parents[place]), -1))
        for place in places
    )


def _snapshot(cycle: Cycle, grid: Grid, part: _Part) -> Snapshot:
    columns: dict[str, Column] = {}
    for name in _metrics(cycle):
        if METRICS[name].grid_wide:
            columns[name] = np.array([_measured(cycle, name, 0)])
        else:
            columns[name] = np.array(
                [
                    _measured(cycle, name, place) if place in part.measured else np.nan
                    for place in part.places
                ]
            )
    return Snapshot(cycle.slot, grid, columns)


def _metrics(cycle: Cycle) -> list[str]:
    """What the rulebook reads, in the order of the documentation."""
    return [name for name in METRICS if name in cycle.binding.metrics - _FEES]


def _measured(cycle: Cycle, name: str, place: int) -> float:
    column = cycle.columns[name]
    if not isinstance(column, np.ndarray):
        return np.nan
    return round(float(column[place if column.size > 1 else 0]), DECIMALS)


def _given(cycles: Sequence[Cycle], part: _Part) -> dict[str, list[float]]:
    """What was measured, area by area, but what was no data all along."""
    grid = cycles[0].binding.grid
    found: dict[str, list[float]] = {}
    for place in (-1, *sorted(part.measured)):
        for name in _metrics(cycles[0]):
            if METRICS[name].grid_wide == (place < 0):
                head = name if place < 0 else f"{_called(grid, part, place)}.{name}"
                found[head] = [_measured(cycle, name, max(place, 0)) for cycle in cycles]
    return {head: numbers for head, numbers in found.items() if not all(map(isnan, numbers))}


def _called(grid: Grid, part: _Part, place: int) -> str:
    """An area's name, or its path where another area bears the name too."""
    names = [grid.names[each] for each in part.places]
    return grid.names[place] if names.count(grid.names[place]) == 1 else grid.paths[place]
