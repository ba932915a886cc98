"""Which areas' metrics a rulebook reads, so that an exchange is asked for them and no more."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import Members
from rulegrid.engine.selectors import UNSET
from rulegrid.formula import Aggregate, Expression, Reference
from rulegrid.grid import Grid
from rulegrid.metrics import FEE, METRICS
from rulegrid.program import Program

Areas = NDArray[np.bool_]


def reported(
    program: Program, grid: Grid, winner: NDArray[np.intp], members: Mapping[str, Members]
) -> NDArray[np.intp]:
    """The places of the areas whose metrics are read.

    They are all that a selector names, and those that their formulas read besides: named areas,
    parents, and what aggregates go over.
    """
    spread = _Spread(program, grid, members)
    spread.read |= winner != UNSET
    for number, policy in enumerate(program.policies):
        covered = winner == number
        for rule in policy.rules:
            spread.follow(rule.fee, covered)
            if rule.when is not None:
                spread.follow(rule.when, covered)
    for variable in reversed(program.variables):
        for expression in variable.expressions():
            spread.follow(expression, spread.asked[variable.name])
    return np.flatnonzero(spread.read)


class _Spread:
    """Follows what formulas read, from the areas they are worked out for."""

    def __init__(self, program: Program, grid: Grid, members: Mapping[str, Members]) -> None:
        self._grid = grid
        self._members = members
        self.read = np.zeros(len(grid), dtype=bool)
        """The areas of which a metric is read."""
        self.asked = {each.name: np.zeros(len(grid), dtype=bool) for each in program.variables}
        """For each variable, the areas in which it is read."""

    def follow(self, expression: Expression, areas: Areas) -> None:
        """Note what an expression reads that is worked out for these areas."""
        for reference in expression.reads.values():
            self._note(reference, areas)
        for window in expression.windows.values():
            self.follow(window.operand, areas)
        for aggregate in expression.aggregates.values():
            self.follow(aggregate.operand, self._gone_over(aggregate, areas))

    def _note(self, reference: Reference, areas: Areas) -> None:
        if reference.scope == "own" and reference.name in self.asked:
            self.asked[reference.name] |= areas
        elif reference.scope == "own" and reference.name in METRICS:
            self.read |= areas
        elif reference.scope == "parent" and reference.name != FEE:
            parents = self._grid.parents[areas]
            self.read[parents[parents >= 0]] = True
        elif reference.area is not None and reference.name != FEE:
            self.read[list(self._grid.find(reference.area)[:1])] = True

    def _gone_over(self, aggregate: Aggregate, areas: Areas) -> Areas:
        """The members of an aggregate that is worked out for these areas."""
        members = self._members[aggregate.members]
        found = np.zeros(len(self._grid), dtype=bool)
        if areas.any():
            is_wanted = areas[members.results] if aggregate.members == "children" else True
            found[members.places] = is_wanted
        return found
