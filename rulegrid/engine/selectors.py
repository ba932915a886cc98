"""Which selector wins on which area of a live grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic, Related, Severity, shown
from rulegrid.engine.matching import NAME, Match, Matcher, fits, listed
from rulegrid.grid import Grid
from rulegrid.program import NamedArea, Policy, Program

UNSET = -1
"""In a winner column: no selector names this area."""

_MOST_HINTS = 50
"""Selectors without an area that are told which one they may mean: a screen shows no more."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The policy of each area: an index into the program's policies, or `UNSET`."""

    winner: NDArray[np.intp]
    findings: tuple[Diagnostic, ...]


def select(program: Program, matcher: Matcher) -> Selection:
    """Give every area the policy of its most exact selector: path, name, longest wildcard.

    Findings name selectors without an area, names that several areas bear, and ties.
    """
    grid = matcher.grid
    winner = np.full(len(grid), UNSET, dtype=np.intp)
    strength = np.full(len(grid), -1, dtype=np.int64)
    rival = np.full(len(grid), UNSET, dtype=np.intp)
    findings: list[Diagnostic] = []
    for number, policy in enumerate(program.policies):
        match = force, places = matcher.matches(policy.selector)
        written = NamedArea(policy.selector, policy.place)
        findings.extend(unfit(matcher, written, match, len(findings)))
        at = np.array(places, dtype=np.intp)
        rival[at[strength[at] == force]] = number
        stronger = at[strength[at] < force]
        winner[stronger], strength[stronger], rival[stronger] = number, force, UNSET
    findings.extend(_ties(program.policies, grid, winner, rival))
    return Selection(winner, tuple(findings))


def may_match(program: Program, name: str) -> bool:
    """Whether an area of this name may be one of a rulebook's, as far as a name alone tells."""
    for policy in program.policies:
        last = policy.selector.rpartition("/")[2]
        if name in (policy.selector, last) or ("*" in last and fits(last.split("*"), name)):
            return True
    return False


def unfit(matcher: Matcher, written: NamedArea, match: Match, told: int) -> Iterator[Diagnostic]:
    """What is wrong with a selector alone on a grid: no area, or a name that several bear.

    `told` is how many findings there are already; of very many not each gets a hint of its own.
    """
    selector, (force, places), grid = written.name, match, matcher.grid
    if not places:
        yield Diagnostic(
            "RG501",
            f"`{shown(selector)}` matches no area of the grid",
            written.place.span,
            Severity.WARNING,
            (told < _MOST_HINTS and matcher.nearest(selector)) or matcher.listed,
        )
    elif force >= NAME and len(places) > 1:
        paths = listed([grid.paths[place] for place in places])
        yield Diagnostic(
            "RG502",
            f"{len(places)} areas are named `{shown(selector)}`",
            written.place.span,
            hint=f"write the path: {paths}",
        )


def _ties(
    policies: Sequence[Policy], grid: Grid, winner: NDArray[np.intp], rival: NDArray[np.intp]
) -> list[Diagnostic]:
    """One finding a pair of selectors that are equally exact, however many areas they tie on."""
    pairs: dict[tuple[int, int], int] = {}
    for place in np.flatnonzero(rival != UNSET):
        pairs.setdefault((int(winner[place]), int(rival[place])), int(place))
    return [
        Diagnostic(
            "RG503",
            f"`{shown(policies[one].selector)}` (line {policies[one].place.line}) and "
            f"`{shown(policies[two].selector)}` (line {policies[two].place.line}) "
            f"both match `{shown(grid.paths[place])}`",
            policies[two].place.span,
            hint="make one of them more exact",
            related=(Related("the other selector", policies[one].place.span),),
        )
        for (one, two), place in pairs.items()
    ]
