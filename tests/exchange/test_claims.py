"""Which areas are ours."""

from rulegrid.exchange.claims import Claims
from rulegrid.grid import AreaId

G, H, K = (AreaId(area) for area in "ghk")
NAMES = {G: "Grid", H: "House", K: "House"}


def claims():
    made = Claims()
    made.learn(NAMES)
    return made


def test_what_is_granted_is_ours_until_it_is_lost():
    """The last word counts."""
    made = claims()
    made.granted(G)
    made.owned(H, "B")
    assert ({G: "Grid"}, {H: "B"}) == ((told := made.selected()).areas, told.owners)
    made.granted(H)
    made.owned(G, "B")
    assert ({H: "House"}, {G: "B"}) == ((told := made.selected()).areas, told.owners)
    made.lost(G)
    made.lost(H)
    assert ({}, {}, NAMES) == ((told := made.selected()).areas, told.owners, told.known)
    assert (G, H, K) == made.missing(NAMES)


def test_only_wanted_areas_are_told():
    """Those that are another's, too."""
    made = claims()
    made.granted(G)
    made.granted(K)
    made.owned(H, "B")
    told = made.selected({K, H})
    assert ({K: "House"}, {H: "B"}) == (told.areas, told.owners)
    assert (H,) == made.missing([H, K])


def test_claims_end_with_their_area():
    """A grid that was built anew has other uuids."""
    made = claims()
    made.granted(G)
    made.granted(H)
    made.learn({H: "House 1"})
    assert {H: "House 1"} == made.selected().areas
    made.forget()
    assert not made.is_ours(H)


def test_an_area_of_which_nothing_is_known_can_be_ours():
    """The exchange gives areas that it never told of."""
    made = Claims()
    made.granted(G)
    assert {G: "g"} == made.selected().areas
