"""A test file, read: the slots of each test and what is expected in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.binding import Binding
from rulegrid.grid import Column, Grid, MarketSlot, Snapshot
from rulegrid.metrics import METRICS
from rulegrid.rulebook.compile import Compiled
from rulegrid.source import Source, Span

Batch = Mapping[str, Any]
"""Commands by the path of the area."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected in one slot, or in several."""

    rows: range
    """The slots: their places among those of the case."""
    place: int
    """The area; -1 where it is the whole batch."""
    value: float | str | Batch
    """A fee in the rulebook's fee unit, NaN where nothing is to be sent; a reason; a batch."""
    span: Span
    """Where that is written in the test file."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a test gives of one metric: as much as is written, however large the grid."""

    places: NDArray[np.intp]
    """The areas; 0 alone for what is the same for the whole grid."""
    values: Column
    """Of shape `(slots, places)`, NaN for no data."""

    def column(self, row: int, width: int) -> Column:
        """The read-only column of one slot, no data where nothing is given."""
        column: Column = np.full(width, np.nan)
        column[self.places] = self.values[row]
        column.flags.writeable = False
        return column


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What the decisions of a test see, slot by slot."""

    slots: Sequence[MarketSlot]
    """In rising order; between two of them slots may be missing."""
    grid: Grid
    given: Mapping[str, Given]

    def __len__(self) -> int:
        return len(self.slots)

    def __iter__(self) -> Iterator[Snapshot]:
        """A snapshot for each slot, made when it is asked for."""
        widths = {name: 1 if METRICS[name].grid_wide else len(self.grid) for name in self.given}
        for row, slot in enumerate(self.slots):
            columns = {name: of.column(row, widths[name]) for name, of in self.given.items()}
            yield Snapshot(slot, self.grid, columns)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One test: slots with what the decisions saw, and what they should have come to."""

    name: str
    span: Span
    """Where the name stands."""
    measured: Measured
    expected: tuple[Expected, ...]
    tolerance: float = 0.0
    todo: str = ""
    """Why it has to fail; empty where it has not."""
    skip: str = ""
    """Why it is not run; empty where it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Suite:
    """A test file with the rulebook that it tests, on the grid of the tests."""

    compiled: Compiled
    binding: Binding
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TestFile:
    """A test file as far as it can be read, and all that is wrong with it.

    With an error among the findings some tests may be missing; `suite` is None where there is no
    rulebook or no grid to try them on.
    """

    source: Source
    suite: Suite | None
    findings: tuple[Diagnostic, ...]

    __test__ = False  # pytest takes it for a class of tests
