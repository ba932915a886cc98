"""What an aggregate went over, in a line that stays short however many areas there are."""

from collections.abc import Sequence

from rulegrid.cli.amounts import amount
from rulegrid.diagnostics import shown_path
from rulegrid.grid import Grid

_FEW = 6
"""So many areas are all told."""

Areas = Sequence[tuple[int, float | bool | None]]
"""Places of areas, and what was worked out in each of them."""


def gone_over(areas: Areas, grid: Grid) -> str:
    """Each area with its value; of many the extremes, or those in which a condition is true."""
    if not areas:
        return "of no areas"
    known = [(place, value) for place, value in areas if value is not None]
    counted = f"({len(known)} of {len(areas)} areas)"
    if len(areas) <= _FEW:
        each = (f"{_name(place, grid)} {_told(value)}" for place, value in areas)
        return f"of {', '.join(each)} {counted}"
    return f"{_in_short(known, grid)} {counted}" if known else counted


def _in_short(known: Areas, grid: Grid) -> str:
    if isinstance(known[0][1], bool):
        return _where_true([place for place, value in known if value], grid)
    ends = (of(known, key=lambda pair: pair[1] or 0) for of in (min, max))
    told = (f"{_told(value)} in {_name(place, grid)}" for place, value in ends)
    return f"from {' to '.join(told)}"


def _where_true(places: Sequence[int], grid: Grid) -> str:
    if not places:
        return "true in none"
    more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
    return f"true in {', '.join(_name(place, grid) for place in places[:_FEW])}{more}"


def _told(value: float | bool | None) -> str:  # noqa: FBT001 - a truth is a value here
    return str(value).lower() if isinstance(value, bool) else amount(value)


def _name(place: int, grid: Grid) -> str:
    """An area's name, or its path where others bear the name too."""
    name = grid.names[place]
    return shown_path(name if len(grid.by_name[name]) == 1 else grid.paths[place])
