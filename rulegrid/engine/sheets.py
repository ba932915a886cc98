"""Tables on a grid: which column each area has, and what its cell says in a slot."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import MINUTE, Sheet, expressions
from rulegrid.columns import Flags, Truth, Value
from rulegrid.diagnostics import Diagnostic, Severity, did_you_mean, shown
from rulegrid.formula import Expression
from rulegrid.grid import Column, Grid
from rulegrid.program import Policy, Program

_NONE = -1
_MOST_LISTED = 8


@dataclass(frozen=True, eq=False)
class Spread:
    """A table on a grid."""

    sheet: Sheet
    amounts: Column
    """Of shape (slots of the day, columns + 1): behind the last column there is no data."""
    places: NDArray[np.intp]
    """The column of each area, -1 for none."""

    def columns(self, clock: Mapping[str, Value]) -> dict[str, Value]:
        """What the sheet's keys hold in a slot, or in a block of slots."""
        return {
            self.sheet.amount_key: self.amounts[rows_of(self.sheet, clock)].take(
                self.places, axis=-1
            ),
            self.sheet.column_key: np.where(self.places < 0, np.nan, self.places),
        }


def rows_of(sheet: Sheet, clock: Mapping[str, Value]) -> NDArray[np.intp]:
    """The row that each slot takes: of shape () for one, (slots,) for a block.

    The clock may change in the middle of a slot; what counts is the time at which it begins.
    """
    minute = clock[MINUTE]
    if isinstance(minute, Truth):
        raise TypeError("a minute was expected, a truth was found")
    return (minute[..., 0] // sheet.table.slot_minutes).astype(np.intp)


def has_cell(sheet: Sheet, columns: Mapping[str, Value]) -> Flags:
    """Which areas the table has a column for: `columns` holds the sheet's `column_key`."""
    column = columns[sheet.column_key]
    if isinstance(column, Truth):
        raise TypeError("the number of a column was expected, a truth was found")
    return ~np.isnan(column)


def sheets_of(program: Program) -> Iterator[Sheet]:
    """Every table that a program reads."""
    for variable in program.variables:
        if isinstance(variable.shared, Sheet):
            yield variable.shared


def spread(sheet: Sheet, grid: Grid) -> Spread:
    """A table on a grid.

    A column is for the areas of its name, else for that of its path; a path beats a name.
    """
    places = np.full(len(grid), _NONE, dtype=np.intp)
    names = list(enumerate(sheet.table.areas))
    for by in (grid.by_name, grid.by_path):
        for number, area in names:
            if by is grid.by_name or area not in grid.by_name:
                places[list(by.get(area, ()))] = number
    amounts = np.array(sheet.table.values)
    none = np.full((len(amounts), 1), np.nan)
    return Spread(sheet, np.hstack((amounts, none)), places)


def columns_and_areas(
    program: Program, spreads: Sequence[Spread], winner: NDArray[np.intp], grid: Grid
) -> Iterator[Diagnostic]:
    """What does not go together of tables and areas; `winner` is the policy of each area."""
    for each in spreads:
        yield from _columns_for_no_area(each.sheet, grid)
        yield from _areas_without_a_column(program, each, winner, grid)


def _columns_for_no_area(sheet: Sheet, grid: Grid) -> Iterator[Diagnostic]:
    """RG605: a column whose name no area bears. RG502: one whose name several bear."""
    table = sheet.table
    for area, span in zip(table.areas, table.spans, strict=True):
        places = grid.find(area)
        if not places:
            texts = grid.paths if "/" in area else grid.names
            hint = did_you_mean(area, texts)
            message = f"the column `{shown(area)}` is for no area of the grid"
            yield Diagnostic("RG605", message, span, Severity.WARNING, hint, source=table.source)
        elif len(places) > 1:
            paths = ", ".join(f"`{shown(grid.paths[at])}`" for at in places[:_MOST_LISTED])
            message = f"{len(places)} areas are named `{shown(area)}`"
            hint = f"write the path: {paths}"
            yield Diagnostic("RG502", message, span, hint=hint, source=table.source)


def _areas_without_a_column(
    program: Program, spread: Spread, winner: NDArray[np.intp], grid: Grid
) -> Iterator[Diagnostic]:
    """RG607: an area reads a table that has no column for it, and nobody said what holds then."""
    for number, policy in enumerate(program.policies):
        lacking = np.flatnonzero((winner == number) & (spread.places < 0))
        if len(lacking) and spread.sheet.name in _read(program, policy):
            yield _without(spread.sheet, policy, [grid.paths[place] for place in lacking])


def _read(program: Program, policy: Policy) -> set[str]:
    """The names that a policy reads, through variables too, where no data is not foreseen."""
    formulas = [e for rule in policy.rules for e in (rule.when, rule.fee) if e is not None]
    read = _names(formulas)
    for variable in reversed(program.variables):
        version = variable.of(policy.selector)
        if variable.name in read and version is not None:
            read |= _names(expressions(version))
    return read


def _names(formulas: Iterable[Expression]) -> set[str]:
    """The names that formulas read, without those that one of them asks for data."""
    read: set[str] = set()
    asked: set[str] = set()
    for formula in formulas:
        read.update(formula.all_reads())
        for node in ast.walk(formula.tree):
            if isinstance(node, ast.Call) and _is_asking(node.func):
                asked |= {name.id for name in ast.walk(node.args[0]) if isinstance(name, ast.Name)}
    return read - asked


def _is_asking(called: ast.expr) -> bool:
    return isinstance(called, ast.Name) and called.id in ("has", "default")


def _without(sheet: Sheet, policy: Policy, paths: Sequence[str]) -> Diagnostic:
    listed = ", ".join(f"`{shown(path)}`" for path in paths[:_MOST_LISTED])
    more = f" and {len(paths) - _MOST_LISTED} more" if len(paths) > _MOST_LISTED else ""
    message = f"{shown(sheet.file)} has no column for {listed}{more}"
    hint = f"add a column, or write `default({sheet.name}, ...)` with what holds without one"
    return Diagnostic("RG607", message, policy.place.span, Severity.WARNING, hint)
