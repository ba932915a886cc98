"""Which selector wins on which area of a live grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic, Related, Severity, did_you_mean, shown
from rulegrid.grid import Grid
from rulegrid.program import Policy, Program

UNSET = -1
"""In a winner column: no selector names this area."""

_PATH, _NAME = 1_000_002, 1_000_001  # above the length of any wildcard's literal text


@dataclass(frozen=True, slots=True)
class Selection:
    """The policy of each area: an index into the program's policies, or `UNSET`."""

    winner: NDArray[np.intp]
    findings: tuple[Diagnostic, ...]


def select(program: Program, grid: Grid) -> Selection:
    """Give every area the policy of its most exact selector: path, name, longest wildcard.

    Findings name selectors without an area, names that several areas bear, and ties.
    """
    winner = np.full(len(grid), UNSET, dtype=np.intp)
    strength = np.full(len(grid), -1, dtype=np.int64)
    rival = np.full(len(grid), UNSET, dtype=np.intp)
    findings: list[Diagnostic] = []
    for number, policy in enumerate(program.policies):
        force, places = matches(policy.selector, grid)
        if not places:
            findings.append(_matches_nothing(policy, grid))
        elif force >= _NAME and len(places) > 1:
            findings.append(_ambiguous(policy, grid, places))
        at = np.array(places, dtype=np.intp)
        rival[at[strength[at] == force]] = number
        stronger = at[strength[at] < force]
        winner[stronger], strength[stronger], rival[stronger] = number, force, UNSET
    findings.extend(_ties(program.policies, grid, winner, rival))
    return Selection(winner, tuple(findings))


def matches(selector: str, grid: Grid) -> tuple[int, Sequence[int]]:
    """How exact a selector is on this grid, and the places of the areas it matches.

    A key equal to a whole name is a name, even with `/` or `*` in it. A wildcard is matched
    against the name, or against the path if it holds `/`; its `*` stands for any characters.
    """
    if selector in grid.by_name:
        return _NAME, grid.by_name[selector]
    if "*" not in selector:
        return _PATH, grid.by_path.get(selector, ())
    pieces = selector.split("*")
    texts = grid.paths if "/" in selector else grid.names
    found = [place for place, text in enumerate(texts) if _fits(pieces, text)]
    return len(selector) - selector.count("*"), found


def may_match(program: Program, name: str) -> bool:
    """Whether an area of this name may be one of a rulebook's, as far as a name alone tells."""
    for policy in program.policies:
        last = policy.selector.rpartition("/")[2]
        if name in (policy.selector, last) or ("*" in last and _fits(last.split("*"), name)):
            return True
    return False


def _fits(pieces: Sequence[str], text: str) -> bool:
    """Whether a text is these pieces in their order, with anything or nothing between them.

    Each piece is taken where it comes first: a later place would leave less for the others. A
    regular expression would try them all, and some pairs of selector and name would take years.
    """
    first, *middle, last = pieces
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _matches_nothing(policy: Policy, grid: Grid) -> Diagnostic:
    return Diagnostic(
        "RG501",
        f"`{shown(policy.selector)}` matches no area of the grid",
        policy.place.span,
        Severity.WARNING,
        did_you_mean(policy.selector, grid.paths if "/" in policy.selector else grid.names)
        or f"the grid's areas are {_listed(grid.names)}",
    )


def _ambiguous(policy: Policy, grid: Grid, places: Sequence[int]) -> Diagnostic:
    return Diagnostic(
        "RG502",
        f"{len(places)} areas are named `{shown(policy.selector)}`",
        policy.place.span,
        hint=f"write the path: {_listed([grid.paths[place] for place in places])}",
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


def _listed(names: Sequence[str], most: int = 8) -> str:
    listed = ", ".join(f"`{shown(name)}`" for name in names[:most])
    return f"{listed} and {len(names) - most} more" if len(names) > most else listed
