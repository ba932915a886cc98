"""Which areas of a grid a selector matches, whatever the number of both."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.grid import Grid

PATH, NAME = 1_000_002, 1_000_001
"""How exact a path and a name are: more than any wildcard, whose force is its literal letters."""

_MANY = 16
"""Of so many texts that begin or end alike, those that hold a piece are searched for."""

_FEW = 25
"""So many neighbours before and behind a word are enough to find what it was meant to be."""


Match = tuple[int, Sequence[int]]
"""How exact a selector is on a grid, and the places of the areas it matches."""


class Matcher:
    """The selectors of a rulebook asked one after the other about one grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._names = _Texts(grid.names)
        self._paths = _Texts(grid.paths)

    def matches(self, selector: str) -> Match:
        """How exact a selector is on this grid, and the places of the areas it matches.

        A key equal to a whole name is a name, even with `/` or `*` in it. A wildcard is matched
        against the name, or against the path if it holds `/`; its `*` stands for any characters.
        """
        if selector in self.grid.by_name:
            return NAME, self.grid.by_name[selector]
        if "*" not in selector:
            return PATH, self.grid.by_path.get(selector, ())
        return len(selector) - selector.count("*"), self._texts(selector).fitting(selector)

    @cached_property
    def listed(self) -> str:
        """The hint that names the first areas of the grid."""
        return f"the grid's areas are {listed(self.grid.names)}"

    def nearest(self, selector: str) -> str:
        """The hint that names the area a selector without any may mean, or an empty text."""
        return did_you_mean(selector, self._texts(selector).near(selector))

    def _texts(self, selector: str) -> "_Texts":
        return self._paths if "/" in selector else self._names


class _Texts:
    """Texts found by how they begin and how they end, and by what stands anywhere in them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    @cached_property
    def _forwards(self) -> list[tuple[str, int]]:
        return sorted((text, place) for place, text in enumerate(self._texts))

    @cached_property
    def _backwards(self) -> list[tuple[str, int]]:
        return sorted((text[::-1], place) for place, text in enumerate(self._texts))

    @cached_property
    def _joined(self) -> str:
        return "".join(f"{text}\n" for text in self._texts)

    @cached_property
    def _starts(self) -> list[int]:
        """Where each text begins in the joined ones, and where the last one ends."""
        return list(accumulate((len(text) + 1 for text in self._texts), initial=0))

    def fitting(self, wildcard: str) -> list[int]:
        """The places of the texts that fit a wildcard, in their order.

        Only those are looked at that begin or end as it does, or hold its longest piece.
        """
        pieces = wildcard.split("*")
        begun = _beginning(self._forwards, pieces[0])
        ended = _beginning(self._backwards, pieces[-1][::-1])
        fewer = begun if len(begun) <= len(ended) else ended
        longest = max(pieces[1:-1], key=len, default="")
        candidates = (
            self._holding(longest)
            if longest and len(fewer) > _MANY
            else sorted(place for _, place in fewer)
        )
        return [place for place in candidates if fits(pieces, self._texts[place])]

    def _holding(self, piece: str) -> Iterator[int]:
        """The places of the texts that hold a piece, and some of which only the end begins it."""
        at = self._joined.find(piece)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            yield place
            at = self._joined.find(piece, self._starts[place + 1])

    def near(self, word: str) -> list[str]:
        """The texts that begin or end most as a word does: all of them where they are few."""
        forwards = bisect_left(self._forwards, (word, 0))
        backwards = bisect_left(self._backwards, (word[::-1], 0))
        nearest = self._forwards[max(0, forwards - _FEW) : forwards + _FEW]
        nearest += self._backwards[max(0, backwards - _FEW) : backwards + _FEW]
        return [self._texts[place] for _, place in nearest]


def _beginning(listed: list[tuple[str, int]], prefix: str) -> list[tuple[str, int]]:
    """The texts of a sorted list that begin so."""
    if not prefix:
        return listed
    first = bisect_left(listed, (prefix, 0))
    size = len(prefix)
    return listed[first : bisect_right(listed, prefix, lo=first, key=lambda each: each[0][:size])]


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names as a message lists them, the first few."""
    first = ", ".join(f"`{shown(name)}`" for name in names[:most])
    return f"{first} and {len(names) - most} more" if len(names) > most else first


def fits(pieces: Sequence[str], text: str) -> bool:
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
