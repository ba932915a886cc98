"""Energy over the boundary of a root: there is nothing above it, so it is always 0."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import expressions
from rulegrid.diagnostics import Diagnostic, Severity, shown
from rulegrid.formula import Expression, Reference
from rulegrid.grid import Grid
from rulegrid.program import Policy, Program, Variable
from rulegrid.source import Place

_OVER_THE_BOUNDARY = frozenset({"import", "export"})
_NO_PARENT = -1


def blind_reads(program: Program, grid: Grid, winner: NDArray[np.intp]) -> Iterator[Diagnostic]:
    """RG507: `import` or `export` read where it is surely that of a root.

    `winner` is the policy of each area. Of a selector's own areas, and of their parents, nothing
    is said unless all of them are roots.
    """
    roots = grid.parents == _NO_PARENT
    told: set[tuple[str, str]] = set()
    for expression, place in _formulas(program):
        for read in expression.all_reads().values():
            is_blind = _is_named_root(read, grid, roots)
            if is_blind and (read.area or "", read.name) not in told:
                told.add((read.area or "", read.name))
                yield _finding(f"{shown(read.area or '')}.{read.name}", place)
    variables = {variable.name: variable for variable in program.variables}
    for scope, numbers in _blind_policies(len(program.policies), grid, winner):
        for number in numbers:
            yield from _of_policy(program.policies[number], variables, scope)


def _blind_policies(
    policies: int, grid: Grid, winner: NDArray[np.intp]
) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """The policies all of whose areas are roots, and those all of whose areas lie below one."""
    level = np.minimum(grid.levels, 2)
    for scope, of in (("own", 0), ("parent", 1)):
        covers = np.bincount(winner[winner >= 0], minlength=policies)
        there = np.bincount(winner[(winner >= 0) & (level == of)], minlength=policies)
        yield scope, np.flatnonzero((covers == there) & (covers > 0))


def _of_policy(
    policy: Policy, variables: Mapping[str, Variable], scope: str
) -> Iterator[Diagnostic]:
    reads = sorted(_reads(policy, variables), key=str)
    blind = [r for r in reads if r.scope == scope and r.name in _OVER_THE_BOUNDARY]
    for read in blind[:1]:
        before = "parent." if scope == "parent" else ""
        yield _finding(f"{before}{read.name}", policy.place)


def _reads(policy: Policy, variables: Mapping[str, Variable]) -> set[Reference]:
    """All that a policy reads for its own areas, through variables too."""
    found: set[Reference] = set()
    waiting = [e for rule in policy.rules for e in (rule.when, rule.fee) if e]
    while waiting:
        fresh = set(waiting.pop().its_own_reads().values()) - found
        found |= fresh
        for read in fresh:
            if read.scope == "own" and read.name in variables:
                body = variables[read.name].of(policy.selector)
                waiting.extend(expressions(body) if body else ())
    return found


def _is_named_root(read: Reference, grid: Grid, roots: NDArray[np.bool_]) -> bool:
    if read.area is None or read.name not in _OVER_THE_BOUNDARY:
        return False
    places = grid.find(read.area)
    return len(places) == 1 and bool(roots[places[0]])


def _formulas(program: Program) -> Iterator[tuple[Expression, Place]]:
    for variable in program.variables:
        yield from ((expression, variable.place) for expression in variable.expressions())
    for rule in (rule for policy in program.policies for rule in policy.rules):
        yield from ((each, rule.place) for each in (rule.when, rule.fee) if each is not None)


def _finding(name: str, place: Place) -> Diagnostic:
    message = f"`{name}` is always 0: there is nothing above the root of the grid"
    hint = "read an area below it"
    return Diagnostic("RG507", message, place.span, Severity.WARNING, hint)
