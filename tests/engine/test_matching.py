"""Wildcards found by how names begin and end: the very areas that a look at each would find."""

from hypothesis import given
from hypothesis import strategies as st

from rulegrid.engine.matching import Matcher, fits
from rulegrid.gateway.grids import named_grid

NAMES = st.text("ab*/ ", min_size=1, max_size=6)


@given(st.sets(NAMES, max_size=40), st.text("ab*/ ", max_size=6).map(lambda text: f"{text}*"))
def test_no_area_is_overlooked(names, wildcard):
    """In the order of the grid, whichever way they were looked up."""
    grid = named_grid({"Grid": {name: {} for name in sorted(names)}})
    if wildcard in grid.by_name:
        return
    texts = grid.paths if "/" in wildcard else grid.names
    looked_up = [place for place, text in enumerate(texts) if fits(wildcard.split("*"), text)]
    assert looked_up == list(Matcher(grid).matches(wildcard)[1])


def test_what_an_area_may_be_meant_to_be_is_found_among_many():
    """A slip at the beginning or at the end of a name is told as in a small grid."""
    grid = named_grid({"Grid": {f"House {number}": {} for number in range(1000)}})
    assert "did you mean `House 512`?" == Matcher(grid).nearest("Haus 512")
    assert "did you mean `House 512`?" == Matcher(grid).nearest("House 512x")
