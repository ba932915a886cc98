"""In which order fees are decided: an area that reads another's fee comes after it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import Body, expressions, keys
from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.formula import Expression, Reference
from rulegrid.grid import Grid
from rulegrid.metrics import FEE
from rulegrid.program import Policy, Program, Variable

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
    variables: tuple[tuple[str, Body], ...]
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
    in_order = [each for each in program.variables if each.name in late]
    winners = np.unique(winner[winner >= 0]).tolist()
    needs = {number: _needs(program.policies[number], in_order, grid) for number in winners}
    try:
        depth = _depths(len(grid), _fees_read(grid, winner, needs))
    except CycleError as error:
        circle = error.args[1][::-1]
        return Schedule((), late, (_circle(program, grid, winner, circle),))
    groups: list[tuple[int, Group]] = []
    for number, need in needs.items():
        policy, covered = program.policies[number], np.flatnonzero(winner == number)
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
        reads = [reference for each in variable.expressions() for reference in each.reads.values()]
        if any(r.name == FEE or (r.scope == "own" and r.name in late) for r in reads):
            late.add(variable.name)
    return frozenset(late)


@dataclass(frozen=True, slots=True)
class _Needs:
    variables: tuple[tuple[str, Body], ...]
    fees: tuple[FeeRead, ...]
    columns: tuple[str, ...]


def _needs(policy: Policy, late: Sequence[Variable], grid: Grid) -> _Needs:
    """What a policy reads, with the late variables among it in their order."""
    formulas = [e for rule in policy.rules for e in (rule.when, rule.fee) if e is not None]
    wanted = set(_own_names(formulas))
    variables: list[tuple[str, Body]] = []
    for variable in reversed(late):
        version = variable.of(policy.selector)
        if variable.name in wanted and version is not None:
            variables.append((variable.name, version))
            wanted.update(_own_names(expressions(version)))
    bodies = (*formulas, *(version for _, version in variables))
    everything = tuple(each for body in bodies for each in expressions(body))
    fees = {
        key: reference
        for expression in everything
        for key, reference in expression.reads.items()
        if reference.name == FEE
    }
    worked_out = {name for name, _ in variables}
    read = {key for body in bodies for key in keys(body)}
    return _Needs(
        tuple(reversed(variables)),
        tuple(
            (key, fee, next(iter(grid.find(fee.area or "")), None)) for key, fee in fees.items()
        ),
        tuple(sorted(read - fees.keys() - worked_out)),
    )


def _own_names(expressions: Iterable[Expression]) -> Iterator[str]:
    for expression in expressions:
        yield from (r.name for r in expression.reads.values() if r.scope == "own")


def _fees_read(
    grid: Grid, winner: NDArray[np.intp], needs: Mapping[int, _Needs]
) -> dict[int, tuple[int, ...]]:
    """The areas whose fee each area reads, for those that read any."""
    read: dict[int, tuple[int, ...]] = {}
    for number, need in needs.items():
        named = tuple(place for _, _, place in need.fees if place is not None)
        reads_parent = any(reference.scope == "parent" for _, reference, _ in need.fees)
        for area in np.flatnonzero(winner == number).tolist() if need.fees else ():
            parent = int(grid.parents[area])
            read[area] = (*named, parent) if reads_parent and parent >= 0 else named
    return read


def _depths(size: int, read: Mapping[int, Sequence[int]]) -> NDArray[np.intp]:
    """How many fees must be decided one after the other before each area's own.

    Raises `CycleError` where some of them wait for each other.
    """
    depth = [0] * size
    for area in TopologicalSorter(read).static_order():
        depth[area] = max((depth[other] + 1 for other in read.get(area, ())), default=0)
    return np.array(depth, dtype=np.intp)


def _circle(
    program: Program, grid: Grid, winner: NDArray[np.intp], circle: Sequence[int]
) -> Diagnostic:
    """The finding that walks a circle of fees once round."""
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


def _index(areas: NDArray[np.intp]) -> Index:
    """A slice where the areas lie side by side: a slice is a view, a list of places a copy."""
    first, last = int(areas[0]), int(areas[-1])
    return slice(first, last + 1) if last - first + 1 == len(areas) else areas
