"""A test file, read: the slots of each test and what is expected in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.binding import Binding
from rulegrid.grid import Snapshot
from rulegrid.rulebook.compile import Compiled
from rulegrid.source import Source, Span

Batch = Mapping[str, Any]
"""Commands by the path of the area."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected in one slot."""

    row: int
    """The slot: its place in the case's snapshots."""
    place: int
    """The area; -1 where it is the whole batch."""
    value: float | str | Batch
    """A fee in the rulebook's fee unit, NaN where nothing is to be sent; a reason; a batch."""
    span: Span
    """Where that is written in the test file."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One test: slots with what the decisions saw, and what they should have come to."""

    name: str
    span: Span
    """Where the name stands."""
    snapshots: tuple[Snapshot, ...]
    """In rising order; between two of them slots may be missing."""
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
