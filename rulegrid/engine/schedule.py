"""In which order fees are decided: an area that reads another's fee comes after it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.formula import Expression, Reference
from rulegrid.grid import Grid
from rulegrid.metrics import FEE
from rulegrid.program import Policy, Program

Index = slice | NDArray[np.intp]

FeeRead = tuple[str, Reference, int | None]
"""A fee of this cycle that a formula reads: its key, and for a named area its place, None where
there is none."""


@dataclass(frozen=True, slots=True)
class Group:
    """The areas of one policy whose fees are decided together."""

    policy: Policy
    areas: NDArray[np.intp]
    index: Index
    """The same areas, as a slice where they lie side by side."""
    variables: tuple[tuple[str, Expression], ...]
    """The late variables this policy reads, in order: those that themselves read a fee of this
    cycle."""
    fees: tuple[FeeRead, ...]
    columns: tuple[str, ...]
    """The keys of everything else it reads."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Groups in the order in which they can be decided."""

    groups: tuple[Group, ...]
    late: frozenset[str]
    """Variables that read a fee of this cycle: they are worked out group by group."""
    findings: tuple[Diagnostic, ...]


def schedule(program: Program, grid: Grid, winner: NDArray[np.intp]) -> Schedule:
    """Order the areas so that each fee is decided before it is read.

    Fees that wait for each other are a finding.
    """
    late = late_variables(program)
    needs = [_needs(program, policy, late, grid) for policy in program.policies]
    depth, stuck = _depths(grid, winner, needs)
    if stuck.size:
        return Schedule((), late, (_circle(program, grid, winner, needs, stuck),))
    groups: list[tuple[int, Group]] = []
    for number, (policy, need) in enumerate(zip(program.policies, needs, strict=True)):
        covered = np.flatnonzero(winner == number)
        for step in np.unique(depth[covered]):
            areas = covered[depth[covered] == step]
            group = Group(policy, areas, _index(areas), need.variables, need.fees, need.columns)
            groups.append((int(step), group))
    groups.sort(key=lambda pair: pair[0])
    return Schedule(tuple(group for _, group in groups), late, ())


def late_variables(program: Program) -> frozenset[str]:
    """The variables that read a fee of this cycle in any version, or through another variable."""
    late: set[str] = set()
    for variable in program.variables:
        versions = [e for e in (variable.shared, *variable.own.values()) if e is not None]
        reads = [reference for each in versions for reference in each.reads.values()]
        if any(r.name == FEE or (r.scope == "own" and r.name in late) for r in reads):
            late.add(variable.name)
    return frozenset(late)


@dataclass(frozen=True, slots=True)
class _Needs:
    variables: tuple[tuple[str, Expression], ...]
    fees: tuple[FeeRead, ...]
    columns: tuple[str, ...]


def _needs(program: Program, policy: Policy, late: frozenset[str], grid: Grid) -> _Needs:
    expressions = [e for rule in policy.rules for e in (rule.when, rule.fee) if e is not None]
    wanted = set(_own_names(expressions))
    variables: list[tuple[str, Expression]] = []
    for variable in reversed(program.variables):
        version = variable.own.get(policy.selector, variable.shared)
        if variable.name in late & wanted and version is not None:
            variables.append((variable.name, version))
            wanted.update(_own_names([version]))
    everything = (*expressions, *(version for _, version in variables))
    fees = {
        key: reference
        for expression in everything
        for key, reference in expression.reads.items()
        if reference.name == FEE
    }
    worked_out = {name for name, _ in variables}
    keys = {key for each in everything for key in (*each.reads, *each.windows)}
    return _Needs(
        tuple(reversed(variables)),
        tuple(
            (key, read, next(iter(grid.find(read.area or "")), None)) for key, read in fees.items()
        ),
        tuple(sorted(keys - fees.keys() - worked_out)),
    )


def _own_names(expressions: Iterable[Expression]) -> Iterator[str]:
    for expression in expressions:
        yield from (r.name for r in expression.reads.values() if r.scope == "own")


def _depths(
    grid: Grid, winner: NDArray[np.intp], needs: list[_Needs]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """In which round each area's fee can be decided, -1 for never; and the areas that never can.

    An area is ready once all fees that it reads are decided. Whoever is left over waits for a
    circle of fees, and reads the fee of another one that is left over.
    """
    depth = np.zeros(len(grid), dtype=np.intp)
    reading = [
        (np.flatnonzero(winner == n), need.fees) for n, need in enumerate(needs) if need.fees
    ]
    for areas, _ in reading:
        depth[areas] = -1
    for turn in range(1, len(grid) + 1):
        decided = depth >= 0
        for areas, fees in reading:
            depth[areas[~decided[areas] & _ready(grid, areas, fees, decided)]] = turn
        if np.array_equal(decided, depth >= 0):
            break
    return depth, np.flatnonzero(depth < 0)


def _ready(
    grid: Grid, areas: NDArray[np.intp], fees: Iterable[FeeRead], decided: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which of some areas read only fees that are decided."""
    ready = np.ones(len(areas), dtype=bool)
    for _, reference, place in fees:
        if reference.scope == "parent":
            parents = grid.parents[areas]
            ready &= (parents < 0) | decided[parents]
        elif place is not None:
            ready &= decided[place]
    return ready


def _circle(
    program: Program,
    grid: Grid,
    winner: NDArray[np.intp],
    needs: list[_Needs],
    stuck: NDArray[np.intp],
) -> Diagnostic:
    """The finding that walks a circle of fees once round.

    Every stuck area reads the fee of another stuck one.
    """
    waiting = set(stuck.tolist())
    way = [int(stuck[0])]
    while way[-1] not in way[:-1]:
        read = _fees_read(grid, way[-1], needs[winner[way[-1]]])
        way.append(next(place for place in read if place in waiting))
    circle = way[way.index(way[-1]) :]
    told = " -> ".join(
        f"`{shown(grid.paths[place])}` (line {program.policies[winner[place]].place.line})"
        for place in circle
    )
    return Diagnostic(
        "RG505",
        f"these fees wait for each other: {told}",
        program.policies[winner[circle[0]]].place.span,
        hint="read `last_fee` or `current_fee` in one of them",
    )


def _fees_read(grid: Grid, area: int, need: _Needs) -> Iterator[int]:
    for _, reference, place in need.fees:
        if reference.scope == "parent":
            yield int(grid.parents[area])
        elif place is not None:
            yield place


def _index(areas: NDArray[np.intp]) -> Index:
    """A slice where the areas lie side by side: a slice is a view, a list of places a copy."""
    first, last = int(areas[0]), int(areas[-1])
    return slice(first, last + 1) if last - first + 1 == len(areas) else areas
