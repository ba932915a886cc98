"""Which selector wins on which area: path, then name, then the wildcard with the longest text."""

import pytest

from rulegrid.diagnostics import Severity
from rulegrid.engine.binding import bind
from rulegrid.engine.matching import Matcher
from rulegrid.engine.selectors import UNSET
from rulegrid.gateway.grids import named_grid
from rulegrid.grid import Area, AreaId, Grid
from tests.building import VILLAGE, binding_findings, bound, program

TOWN = {
    "Grid": {
        "District North": {"House 1": {}, "House 2": {}},
        "District South": {"House 1": {}, "Mill*": {}},
        "A/B": {"[x]": {}},
    }
}


def winners(selectors, tree=TOWN):
    """The selector that wins on each area, by the area's path."""
    areas = "".join(f"  {selector!r}: {fee}\n" for fee, selector in enumerate(selectors))
    binding = bound(f"areas:\n{areas}", tree)
    names = [policy.selector for policy in binding.program.policies]
    return {
        path: None if at == UNSET else names[at]
        for path, at in zip(binding.grid.paths, binding.winner, strict=True)
    }


WINS = [
    # selectors, area, which of them wins there
    (["*", "Grid"], "Grid", "Grid"),
    (["*", "House *"], "Grid/District North/House 2", "House *"),
    (["House *", "House 2"], "Grid/District North/House 2", "House 2"),
    (
        ["House *", "Grid/District South/House 1"],
        "Grid/District South/House 1",
        "Grid/District South/House 1",
    ),
    (["House *", "Grid/District South/House 1"], "Grid/District North/House 1", "House *"),
    (["*North*", "*"], "Grid/District North", "*North*"),
    (["*North*", "*"], "Grid/District North/House 1", "*"),  # no `/`: only the name is matched
    (["*/District North/*", "*"], "Grid/District North/House 1", "*/District North/*"),
    (["Grid/*", "House *"], "Grid/District North/House 1", "House *"),  # 6 letters beat 5
    (["Grid/*"], "Grid", None),
    (["Mill*", "M*"], "Grid/District South/Mill*", "Mill*"),  # a whole name, and so a name
    (["Mill*", "*"], "Grid/District North/House 1", "*"),
    (["A/B", "*"], "Grid/A/B", "A/B"),  # a whole name, even with a `/` in it
    (["Grid/A/B/[x]", "*"], "Grid/A/B/[x]", "Grid/A/B/[x]"),
    (["[x]", "*"], "Grid/A/B/[x]", "[x]"),
    (["house *", "*"], "Grid/District North/House 1", "*"),  # case counts
    (["Grid"], "Grid/District North", None),
]


@pytest.mark.parametrize(("selectors", "area", "winner"), WINS)
@pytest.mark.parametrize("turned", [False, True], ids=["as written", "the other way round"])
def test_the_most_exact_selector_wins(selectors, area, winner, turned):
    """Path, name, longest wildcard; where a line stands in the file means nothing."""
    assert winner == winners(selectors[::-1] if turned else selectors)[area]


PATTERNS = [
    ("*", "anything", True),
    ("*", "", True),
    ("a*", "a", True),
    ("*a", "a", True),
    ("a*a", "a", False),  # one letter cannot be both ends
    ("a*a", "aa", True),
    ("a*b*c", "abc", True),
    ("a*b*c", "a--b--c", True),
    ("a*b*c", "acb", False),
    ("*b*b*", "ab", False),
    ("*b*b*", "abb", True),
    ("**", "x", True),
    ("a*ab", "aab", True),
    ("*aab*", "aaab", True),
    ("h.*", "hello", False),  # a point is a point
    ("h.*", "h.ello", True),
    ("*\n", "a\n", True),
    ("Ü*", "Übersee", True),
    ("Ü*", "übersee", False),
]


@pytest.mark.parametrize(("pattern", "name", "fits"), PATTERNS)
def test_a_star_stands_for_any_characters_or_none(pattern, name, fits):
    """The pieces between the stars come in their order, and everything else is between them."""
    grid = Grid.from_areas([Area(AreaId("1"), name, -1)])
    assert fits == bool(Matcher(grid).matches(pattern)[1])


def test_a_wildcard_that_nearly_fits_everywhere_is_quick():
    """Neither many stars nor long names make a selector slow: a backtracking search would hang."""
    grid = Grid.from_areas([Area(AreaId("1"), "a" * 5000, -1)])
    assert (63, []) == Matcher(grid).matches("*a" * 62 + "*b")


def test_selectors_that_tie_are_told_in_one_finding_a_pair():
    """RG503 names both lines and one of the areas, however many there are."""
    found = binding_findings("areas:\n  'House *': 1\n  '*ouse *': 2\n  '*ouse 1': 3\n")
    assert [("RG503", Severity.ERROR)] == [(f.code, f.severity) for f in found]
    assert (
        "`House *` (line 4) and `*ouse 1` (line 6) both match `Grid/Street/House 1`"
        == found[0].message
    )
    assert ["the other selector"] == [related.message for related in found[0].related]


def test_a_tie_below_a_more_exact_selector_is_none():
    """Two wildcards may be equally long where a name wins anyway."""
    text = "areas:\n  'Mil*': 1\n  '*ill': 2\n  Mill: 3\n"
    assert () == binding_findings(text)
    assert "Mill" == winners(["Mil*", "*ill", "Mill"], VILLAGE)["Grid/Mill"]


def test_a_name_of_two_areas_is_an_error_that_lists_their_paths():
    """RG502: whoever writes the name has to say which one."""
    (found,) = binding_findings("areas:\n  House 1: 1\n", TOWN)
    assert ("RG502", Severity.ERROR) == (found.code, found.severity)
    assert (
        "write the path: `Grid/District North/House 1`, `Grid/District South/House 1`"
        == found.hint
    )


def test_a_wildcard_may_match_many_areas_of_one_name():
    """Only names are ambiguous, wildcards and paths are not."""
    assert () == binding_findings("areas:\n  House *: 1\n  Grid/*/House 1: 2\n", TOWN)


def test_a_selector_that_matches_nothing_is_a_warning():
    """RG501 does not stop a run, and offers the name that was meant."""
    (found,) = binding_findings("areas:\n  Grid: 1\n  Streets: 2\n")
    assert ("RG501", Severity.WARNING) == (found.code, found.severity)
    assert "did you mean `Street`?" == found.hint
    assert "Streets" == program("areas:\n  Streets: 2\n").policies[0].selector
    (found,) = binding_findings("areas:\n  Quelle: 2\n")
    assert "the grid's areas are `Grid`, `Street`, `Mill`, `House 1` and 1 more" not in found.hint
    assert found.hint.startswith("the grid's areas are `Grid`")


def test_a_binding_without_any_area_decides_nothing():
    """A rulebook for another grid binds with warnings, leaves all alone and asks for nothing."""
    found = bind(program("areas:\n  Elsewhere: import / 1 kWh\n"), named_grid(VILLAGE))
    assert {UNSET} == set(found.binding.winner.tolist())
    assert 5 == len(found.binding.left_alone)
    assert not found.binding.reported
    assert not found.binding.needs_statistics
