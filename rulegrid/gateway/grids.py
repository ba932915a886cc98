"""Grids in files: nested names that a person writes, or a market event that an exchange sent."""

import json
from typing import Any

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages import MarketEvent, Unreadable, Wire, decode
from rulegrid.gateway.files import FileRefusedError, read_bytes
from rulegrid.grid import Area, AreaId, Grid

MOST_BYTES = 64 * 1024 * 1024
MOST_LEVELS = 32


def grid_file(path: str) -> Grid:
    """The grid in a file: `{"Grid": {"Community 1": {}}}`, or a market event.

    Raises `FileNotFoundError`, and `FileRefusedError` with the reason where the file holds no
    grid.
    """
    raw = read_bytes(path, MOST_BYTES)
    if len(raw) > MOST_BYTES:
        raise FileRefusedError(f"a grid file has at most {MOST_BYTES // 2**20} MiB")
    event = decode(raw, Wire(), None)
    if isinstance(event, MarketEvent):
        return event.grid
    try:
        data = json.loads(raw, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        reason = event.reason if isinstance(event, Unreadable) else "it is no market event"
        raise FileRefusedError(f"this is no grid: {reason}") from None
    return named_grid(data)


def named_grid(data: Any) -> Grid:
    """The grid of nested names; every name is a market, and its path serves as its id.

    Raises `FileRefusedError` where the data is anything but names within names.
    """
    areas: list[Area] = []
    _collect(data, (), -1, areas)
    if not areas:
        raise FileRefusedError("this is no grid: it names no area")
    return Grid.from_areas(areas)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of some keys; JSON would take the last of equal ones in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FileRefusedError(f"this is no grid: `{shown(twice)}` stands twice in one place")
    return found


def _collect(data: Any, above: tuple[str, ...], parent: int, areas: list[Area]) -> None:
    if not isinstance(data, dict):
        raise FileRefusedError(
            'this is no grid: it wants names within names, `{"Grid": {"Street": {}}}`'
        )
    if len(above) > MOST_LEVELS:
        raise FileRefusedError(f"this is no grid: more than {MOST_LEVELS} levels")
    for name, below in data.items():
        if not name:
            raise FileRefusedError("this is no grid: an area has no name")
        way = (*above, name.replace("~", "~0").replace("/", "~1"))  # no two ways are one id
        areas.append(Area(AreaId("/".join(way)), name, parent))
        _collect(below, way, len(areas) - 1, areas)
