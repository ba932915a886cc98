"""The cells of a test, whatever their form, as what was measured and expected fees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

import numpy as np

from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.formula import Scope, literal
from rulegrid.grid import Grid, MarketSlot
from rulegrid.metrics import METRICS
from rulegrid.program import Program
from rulegrid.rehearsal.cases.model import Expected, Given, Measured
from rulegrid.rehearsal.cases.targets import Metric, metric, place
from rulegrid.source import Source, Span
from rulegrid.units import UNITS, Unit

NO_DATA = "none"


@dataclass(frozen=True, slots=True)
class Cell:
    """What is written for one slot; an empty text says nothing."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Strip:
    """A column of a test: what it is called, and a cell for each slot, or one for many."""

    head: Cell
    cells: Sequence[Cell]
    source: Source | None = None
    """The text it stands in; None for the test file."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The slots of a test, with its columns: what is given, and what fees are expected."""

    slots: Sequence[MarketSlot]
    """The slots in which fees are decided; those that the fees apply to come one later."""
    given: Sequence[Strip] = ()
    expected: Sequence[Strip] = ()


@dataclass(slots=True)
class Amounts:
    """Reads the amounts of cells; equal texts are common, so each is read once."""

    program: Program
    findings: list[Diagnostic] = field(default_factory=list)
    _known: dict[tuple[str, str], float | None] = field(default_factory=dict)

    @property
    def fee_unit(self) -> Unit:
        """The unit of fees."""
        return UNITS["%" if self.program.fee_dimension.percent else "ct/kWh"]

    def metric(self, name: str, cell: Cell) -> float:
        """What a cell gives for a metric, NaN for no data or where it is wrong."""
        dimension = METRICS[name].dimension
        unit = self.fee_unit if dimension is None else UNITS[str(dimension)]
        return np.nan if cell.text in ("", NO_DATA) else self.amount(cell, unit)

    def fee(self, cell: Cell) -> float:
        """The fee in a cell, NaN for `none` or where it is wrong."""
        return np.nan if cell.text == NO_DATA else self.amount(cell, self.fee_unit)

    def amount(self, cell: Cell, unit: Unit) -> float:
        """The amount in a cell, in the canonical unit; NaN where it is wrong."""
        known = self._known.get((cell.text, unit.name))
        if known is not None:
            return known
        scope = Scope({}, self.program.fee_dimension, self.program.slot_length)
        read = literal(cell.text, unit, scope)
        if isinstance(read, tuple):
            hint = "" if cell.text[:1].isdigit() else "; `none` is no data"
            self.findings.extend(
                Diagnostic(each.code, each.message, cell.span, hint=f"{each.hint}{hint}")
                for each in read[:1]
            )
            return np.nan
        self._known[cell.text, unit.name] = float(read)
        return float(read)


def measured(frame: Frame, grid: Grid, amounts: Amounts) -> Measured:
    """What a frame gives, slot by slot; what is wrong is found on the way."""
    columns: dict[str, dict[int, list[float]]] = {}
    first: dict[Metric, Span] = {}
    for strip in frame.given:
        known = len(amounts.findings)
        found = metric(strip.head.text, strip.head.span, grid)
        found = _only_once(found, strip, first)
        if isinstance(found, Diagnostic):
            amounts.findings.append(found)
        else:
            values = [amounts.metric(found.name, cell) for cell in strip.cells]
            columns.setdefault(found.name, {})[max(found.place, 0)] = values
        told = [replace(each, source=strip.source) for each in amounts.findings[known:]]
        amounts.findings[known:] = told
    given = {
        name: Given(np.array([*by_place]), np.array([*by_place.values()]).T)
        for name, by_place in columns.items()
    }
    return Measured(frame.slots, grid, given)


def expected_fees(frame: Frame, grid: Grid, amounts: Amounts) -> Iterator[Expected]:
    """The fees that a frame expects; an empty cell expects nothing."""
    first: dict[int, Span] = {}
    for strip in frame.expected:
        found = _only_once(place(strip.head.text, strip.head.span, grid), strip, first)
        if isinstance(found, Diagnostic):
            amounts.findings.append(found)
            continue
        for rows, cell in stretches(strip):
            if cell.text:
                yield Expected(rows, found, amounts.fee(cell), cell.span)


def stretches(strip: Strip) -> Iterator[tuple[range, Cell]]:
    """The cells of a strip with the slots that each is for: one may hold in many."""
    start = 0
    for _, same in groupby(strip.cells, key=id):
        cells = list(same)
        yield range(start, start + len(cells)), cells[0]
        start += len(cells)


T = TypeVar("T", Metric, int)


def _only_once(found: T | Diagnostic, strip: Strip, first: dict[T, Span]) -> T | Diagnostic:
    """What a column is for, if no other column was before."""
    if isinstance(found, Diagnostic):
        return found
    if found in first:
        related = (Related("the first of them", first[found]),)
        message = f"`{shown(strip.head.text)}` is given twice"
        return Diagnostic(
            "RG803", message, strip.head.span, hint="keep one of the two", related=related
        )
    first[found] = strip.head.span
    return found
