"""A program bound to a grid: which areas each policy covers, and what each name reads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import Body, expressions
from rulegrid.columns import Members
from rulegrid.diagnostics import Diagnostic, Severity, did_you_mean, has_errors, left_on, shown
from rulegrid.engine.matching import Matcher
from rulegrid.engine.members import membership
from rulegrid.engine.reported import reported
from rulegrid.engine.roots import blind_reads
from rulegrid.engine.schedule import Group, Schedule, schedule
from rulegrid.engine.selectors import UNSET, select
from rulegrid.engine.sheets import Spread, columns_and_areas, sheets_of, spread
from rulegrid.formula import Aggregate, Expression, Reference, Window
from rulegrid.grid import AreaId, Column, Grid
from rulegrid.metrics import FEE, METRICS, Reported
from rulegrid.program import Program, Variable

MOST_WORK = 1_000_000_000
"""Nodes times areas that one cycle may take."""

MOST_FORMULAS = 200_000
"""Formulas that one cycle may work out group by group, however few areas a group has."""


@dataclass(frozen=True, slots=True)
class History:
    """Push an operand's newest column onto its ring."""

    key: str
    operand: Expression
    depth: int
    """Slots to remember, the newest included."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Work out a variable for every area: the shared version, and some areas' own in its place."""

    variable: Variable
    own: tuple[tuple[Body, NDArray[np.intp]], ...]


Task = History | Window | Aggregate | Assignment
"""One piece of work that comes before any fee is decided."""


@dataclass(frozen=True, eq=False)
class Binding:
    """A program on a grid: everything that can be worked out before a slot."""

    program: Program
    grid: Grid
    winner: NDArray[np.intp]
    """The policy of each area, an index into `program.policies`, or -1 for an area no selector
    names."""
    tasks: tuple[Task, ...]
    groups: tuple[Group, ...]
    views: Mapping[str, tuple[Reference, int | None]]
    """Dotted names of metrics by their key, with the place of a named area: None where the tree
    has none such."""
    metrics: frozenset[str]
    """The metrics that are read, directly or in windows and aggregates."""
    members: Mapping[str, Members]
    """What aggregates go over: `children`, `all` and the groups."""
    sheets: tuple[Spread, ...] = ()
    """The tables that are read."""

    @property
    def needs_statistics(self) -> bool:
        """Whether a metric of some area is read that the exchange reports only when asked."""
        asked = any(METRICS[name].reported is Reported.STATISTICS for name in self.metrics)
        return asked and bool(self.reported)

    @cached_property
    def reported(self) -> tuple[AreaId, ...]:
        """The areas whose metrics are read: those that selectors or formulas name."""
        places = reported(self.program, self.grid, self.winner, self.members)
        return tuple(self.grid.ids[place] for place in places.tolist())

    @cached_property
    def rails(self) -> tuple[Column, Column]:
        """The lowest and the highest fee of each area that its limits allow.

        NaN where no selector is.
        """
        lowest, highest = np.full(len(self.grid), np.nan), np.full(len(self.grid), np.nan)
        for number, policy in enumerate(self.program.policies):
            covered = self.winner == number
            lowest[covered] = policy.limits.minimum
            highest[covered] = policy.limits.maximum
        return lowest, highest

    @cached_property
    def remembering(self) -> "Binding":
        """The same without what only decisions need: a `step` of it decides nothing.

        What it remembers for windows is the same.
        """
        needed: set[str] = set()
        kept: list[Task] = []
        for task in reversed(self.tasks):
            if isinstance(task, History) or _column_of(task) in needed:
                kept.append(task)
                read = _formulas_of(task)
                needed.update(key for each in read for key in each.names)
        return replace(self, tasks=tuple(reversed(kept)), groups=())

    @property
    def left_alone(self) -> NDArray[np.intp]:
        """The areas that no selector names."""
        return np.flatnonzero(self.winner == UNSET)


@dataclass(frozen=True, slots=True)
class Bound:
    """The outcome of binding: findings, and a binding where none of them is an error."""

    binding: Binding | None
    findings: tuple[Diagnostic, ...]


def bind(program: Program, grid: Grid) -> Bound:
    """Bind a program to a grid.

    Findings: selectors and names that match nothing (warnings); names that several areas bear,
    selectors that tie, fees that wait for each other, and more work than a cycle may take
    (errors).
    """
    matcher = Matcher(grid)
    selection, members = select(program, matcher), membership(program, matcher)
    findings = [*selection.findings, *members.findings]
    findings += [*_named_areas(program, grid), *_work(program, grid)]
    sheets = tuple(spread(sheet, grid) for sheet in sheets_of(program))
    findings.extend(columns_and_areas(program, sheets, selection.winner, grid))
    order = schedule(program, grid, selection.winner)
    findings.extend((*order.findings, *_formulas(order)))
    findings.extend(blind_reads(program, grid, selection.winner))
    findings = list(left_on(findings, program.switches))
    if has_errors(findings):
        return Bound(None, tuple(findings))
    expressions = tuple(program.expressions())
    reads = {key: reference for each in expressions for key, reference in each.all_reads().items()}
    views = {
        key: (reference, next(iter(grid.find(reference.area or "")), None))
        for key, reference in reads.items()
        if reference.scope in ("area", "parent") and reference.name != FEE
    }
    metrics = frozenset(r.name for r in reads.values() if r.name in METRICS)
    tasks = tuple(_tasks(program, selection.winner, order.late))
    return Bound(
        Binding(
            program,
            grid,
            selection.winner,
            tasks,
            order.groups,
            views,
            metrics,
            members.of,
            sheets,
        ),
        tuple(findings),
    )


def _column_of(task: Window | Aggregate | Assignment) -> str:
    """The column that a piece of work fills."""
    return task.variable.name if isinstance(task, Assignment) else task.key


def _formulas_of(task: Task) -> Iterator[Expression]:
    """The formulas that are evaluated for a piece of work; a window goes over a history alone."""
    if isinstance(task, History | Aggregate):
        yield task.operand
    elif isinstance(task, Assignment):
        bodies = (task.variable.shared, *(own for own, _ in task.own))
        yield from (each for body in bodies if body is not None for each in expressions(body))


def _tasks(program: Program, winner: NDArray[np.intp], late: frozenset[str]) -> Iterator[Task]:
    """Variables in order, each after the windows and aggregates it reads.

    Those of late variables and of fees come last.
    """
    depths = _depths(program.expressions())
    done: set[tuple[str, str]] = set()
    for variable in program.variables:
        for expression in variable.expressions():
            yield from _lifted_tasks(expression, depths, done)
        if variable.name not in late:
            own = tuple(
                (variable.own[policy.selector], np.flatnonzero(winner == number))
                for number, policy in enumerate(program.policies)
                if policy.selector in variable.own
            )
            yield Assignment(variable, own)
    for expression in program.expressions():
        yield from _lifted_tasks(expression, depths, done)


def _lifted_tasks(
    expression: Expression, depths: Mapping[str, int], done: set[tuple[str, str]]
) -> Iterator[History | Window | Aggregate]:
    """Each window after its history; each after what its operand reads, another one as a whole."""
    for lifted in expression.lifted():
        yield from _lifted_tasks(lifted.operand, depths, done)
        if isinstance(lifted, Window) and ("history", lifted.operand_key) not in done:
            done.add(("history", lifted.operand_key))
            yield History(lifted.operand_key, lifted.operand, depths[lifted.operand_key])
        if ("lifted", lifted.key) not in done:
            done.add(("lifted", lifted.key))
            yield lifted


def _depths(expressions: Iterable[Expression]) -> dict[str, int]:
    """How many slots each window operand must be remembered for: the longest of its windows."""
    depths: dict[str, int] = {}
    for expression in expressions:
        for window in expression.all_lifted():
            if isinstance(window, Window):
                depths[window.operand_key] = max(window.depth, depths.get(window.operand_key, 0))
    return depths


def _named_areas(program: Program, grid: Grid) -> Iterator[Diagnostic]:
    for named in program.named_areas:
        places = grid.find(named.name)
        if not places:
            yield Diagnostic(
                "RG504",
                f"`{shown(named.name)}` is not in the grid, so this is no data",
                named.place.span,
                Severity.WARNING,
                did_you_mean(named.name, (*grid.names, *grid.paths, "parent")),
            )
        elif len(places) > 1:
            paths = ", ".join(f"`{shown(grid.paths[place])}`" for place in places)
            yield Diagnostic(
                "RG502",
                f"{len(places)} areas are named `{shown(named.name)}`",
                named.place.span,
                hint=f"write the path in quotes: {paths}",
            )


def _work(program: Program, grid: Grid) -> Iterator[Diagnostic]:
    work = sum(expression.nodes for expression in program.expressions()) * len(grid)
    if work > MOST_WORK:
        yield Diagnostic(
            "RG506",
            f"one market cycle would take {work:,} steps; at most {MOST_WORK:,} are allowed",
            hint="use fewer or shorter formulas, or wildcards in place of single areas",
        )


def _formulas(order: Schedule) -> Iterator[Diagnostic]:
    formulas = sum(len(g.variables) + 2 * len(g.policy.rules) for g in order.groups)
    if formulas > MOST_FORMULAS:
        yield Diagnostic(
            "RG506",
            f"one market cycle would work out {formulas:,} formulas one by one; at most "
            f"{MOST_FORMULAS:,} are allowed",
            hint="use wildcards in place of single areas: their areas are worked out at once",
        )
