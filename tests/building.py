"""What many tests are made from: grids, programs and snapshots in a few words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory
from rulegrid.gateway.grids import named_grid
from rulegrid.gateway.rulebooks import NO_FILES, compile_bytes
from rulegrid.grid import Column, Grid, MarketSlot, Snapshot
from rulegrid.metrics import METRICS
from rulegrid.program import Program
from rulegrid.rulebook.compile import Compiled

NOON = MarketSlot(datetime(2026, 1, 12, 12, tzinfo=UTC))
"""A Monday."""

VILLAGE = {"Grid": {"Street": {"House 1": {}, "House 2": {}}, "Mill": {}}}
"""A tree of three levels."""


def compiled(text: str, files: Mapping[str, bytes] = NO_FILES) -> Compiled:
    """What becomes of a rulebook; `areas` alone is enough. `files` are those that it names."""
    if not text.lstrip().startswith("rulegrid:"):
        text = f"rulegrid: 1\nname: A test\n{text}"
    return compile_bytes("test.yaml", text.encode(), files)


def program(text: str) -> Program:
    """The program of a rulebook without errors."""
    made = compiled(text)
    assert made.program is not None, made.findings
    return made.program


def bound(text: str, tree: Mapping[str, Any] | Grid = VILLAGE) -> Binding:
    """A rulebook on a tree of names."""
    grid = tree if isinstance(tree, Grid) else named_grid(tree)
    found = bind(program(text), grid)
    assert found.binding is not None, found.findings
    return found.binding


def binding_findings(text: str, tree: Mapping[str, Any] = VILLAGE) -> tuple[Diagnostic, ...]:
    """What is found only where a rulebook meets a grid."""
    return bind(program(text), named_grid(tree)).findings


def column(numbers: Sequence[float | None] | float | None) -> Column:
    """A column of no data and numbers; a single one serves all areas."""
    listed = numbers if isinstance(numbers, Sequence) else [numbers]
    return np.array([np.nan if number is None else number for number in listed], dtype=np.float64)


def snapshot(
    grid: Grid, slot: MarketSlot = NOON, **metrics: Mapping[str, float | None] | float | None
) -> Snapshot:
    """A slot: for each metric a number for all areas, or numbers by name; `import` is `import_`.

    What is left out is no data.
    """
    columns = {name.rstrip("_"): of(grid, name.rstrip("_"), v) for name, v in metrics.items()}
    return Snapshot(slot, grid, columns)


def of(grid: Grid, metric: str, values: Mapping[str, float | None] | float | None) -> Column:
    """The column of a metric."""
    if isinstance(values, Mapping):
        assert set(values) <= set(grid.names), values
        return column([values.get(area) for area in grid.names])
    return column([values] * (1 if METRICS[metric].grid_wide else len(grid)))


def fees(cycle: Cycle) -> dict[str, float | None]:
    """The fees of a cycle by the areas' names."""
    return by_name(cycle, cycle.fee)


def by_name(cycle: Cycle, numbers: Column) -> dict[str, float | None]:
    """A column by the areas' names, None for no data."""
    known = [None if np.isnan(number) else float(number) for number in numbers]
    return dict(zip(cycle.binding.grid.names, known, strict=True))


def after(slots: int, minutes: int = 15) -> MarketSlot:
    """So many slots after noon."""
    return MarketSlot(NOON + slots * timedelta(minutes=minutes))


def fold(binding: Binding, snapshots: Sequence[Snapshot]) -> list[Cycle]:
    """The cycles of some slots, from an empty memory."""
    memory, cycles = Memory.fresh(binding.grid), []
    for each in snapshots:
        cycle, memory = step(binding, memory, each)
        cycles.append(cycle)
    return cycles
