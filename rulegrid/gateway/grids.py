"""Grids in files: nested names that a person writes, or a market event that an exchange sent."""

import json
from typing import Any

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
        data = json.loads(raw)
    except (ValueError, RecursionError):
        reason = event.reason if isinstance(event, Unreadable) else "it is no market event"
        raise FileRefusedError(f"this is no grid: {reason}") from None
    return named_grid(data)


def named_grid(data: Any) -> Grid:
    """The grid of nested names; every name is a market, and its path serves as its id.

    Raises `FileRefusedError` where the data is anything but names within names.
    """
    areas: list[Area] = []
    _collect(data, "", -1, areas)
    if not areas:
        raise FileRefusedError("this is no grid: it names no area")
    return Grid.from_areas(areas)


def _collect(data: Any, above: str, parent: int, areas: list[Area]) -> None:
    if not isinstance(data, dict):
        raise FileRefusedError(
            'this is no grid: it wants names within names, `{"Grid": {"Street": {}}}`'
        )
    if above.count("/") > MOST_LEVELS:
        raise FileRefusedError(f"this is no grid: more than {MOST_LEVELS} levels")
    for name, below in data.items():
        path = f"{above}/{name}" if above else name
        areas.append(Area(AreaId(path), name, parent))
        _collect(below, path, len(areas) - 1, areas)
