"""Which areas of a live grid `children`, `all` and the groups of a rulebook stand for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import Members
from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.matching import Matcher
from rulegrid.engine.selectors import unfit
from rulegrid.grid import Grid
from rulegrid.program import Program


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of `children`, `all` and each group by their names."""

    of: Mapping[str, Members]
    findings: tuple[Diagnostic, ...]
    """Selectors of groups that match no area, and names that several areas bear."""


def membership(program: Program, matcher: Matcher) -> Membership:
    """Find the members of everything a program's aggregates may go over."""
    grid = matcher.grid
    order = np.array(sorted(range(len(grid)), key=grid.ids.__getitem__), dtype=np.intp)
    of = {"children": _children(grid, order), "all": _together(order)}
    findings: list[Diagnostic] = []
    for group in program.named_groups:
        is_member = np.zeros(len(grid), dtype=bool)
        for each in group.selectors:
            match = matcher.matches(each.name)
            is_member[list(match[1])] = True
            findings.extend(unfit(matcher, each, match, len(findings)))
        of[group.name] = _together(order[is_member[order]])
    return Membership(of, tuple(findings))


def _children(grid: Grid, order: NDArray[np.intp]) -> Members:
    """Each area's child markets."""
    children = order[grid.parents[order] >= 0]
    children = children[np.argsort(grid.parents[children], kind="stable")]
    return Members.of(children, grid.parents[children], len(grid))


def _together(places: NDArray[np.intp]) -> Members:
    """Areas with one result for all of them."""
    return Members.of(places, np.zeros(len(places), dtype=np.intp), 1)
