"""What an amount may be: numbers in a few intervals, and no data."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

Piece = tuple[float, float]
"""The numbers from one to another, both included. An end that is infinite is no number itself: an
amount is always finite, or no data."""

MOST_PIECES = 32
"""Beyond, the nearest ones are taken together."""


@dataclass(frozen=True, slots=True)
class Range:
    """All that an amount may be.

    Whatever is worked out lies within; not all that lies within has to be possible.
    """

    pieces: tuple[Piece, ...]
    """In rising order, with gaps between them. None at all: there is never data."""
    lacking: bool = False
    """Whether there may be no data."""

    @property
    def low(self) -> float:
        """The least it may be; infinity where there is never data."""
        return self.pieces[0][0] if self.pieces else inf

    @property
    def high(self) -> float:
        """The most it may be; minus infinity where there is never data."""
        return self.pieces[-1][1] if self.pieces else -inf

    @property
    def point(self) -> float | None:
        """The only number it may be, if there is just one."""
        return self.low if self.low == self.high else None

    @property
    def is_listed(self) -> bool:
        """Whether its numbers can be counted: each piece is one number."""
        return bool(self.pieces) and all(low == high for low, high in self.pieces)


ANYTHING = Range(((-inf, inf),), lacking=True)
NEVER = Range((), lacking=True)


def exactly(*numbers: float) -> Range:
    """One of these numbers, given in rising order."""
    return Range(tuple((number, number) for number in numbers))


def between(low: float, high: float, *, lacking: bool = False) -> Range:
    """Any number from one to the other."""
    return Range(((low, high),), lacking)


def gathered(pieces: Iterable[Piece], *, lacking: bool) -> Range:
    """The range of pieces in any order, which may overlap."""
    listed = list(pieces)
    return Range(tuple(listed if len(listed) == 1 else _apart(listed)), lacking)


def computed(pieces: Iterable[Piece], *, lacking: bool) -> Range:
    """The range of results: one that is not finite is no data."""
    listed = [piece for piece in pieces if piece[0] < inf and piece[1] > -inf]
    found = gathered(listed, lacking=lacking)
    if not listed or found.low == -inf or found.high == inf:
        return Range(found.pieces, lacking=True)
    return found


def either(ranges: Iterable[Range], *, lacking: bool = False) -> Range:
    """All that one of several ranges may be."""
    listed = list(ranges)
    lacking = lacking or any(each.lacking for each in listed)
    return gathered((piece for each in listed for piece in each.pieces), lacking=lacking)


def hull(of: Range) -> Range:
    """The same without gaps."""
    return Range(((of.low, of.high),), of.lacking) if len(of.pieces) > 1 else of


def _apart(pieces: list[Piece]) -> list[Piece]:
    """Pieces in rising order that do not overlap, as few as there may be."""
    kept: list[Piece] = []
    for low, high in sorted(pieces):
        if kept and low <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(high, kept[-1][1]))
        else:
            kept.append((low, high))
    return kept if len(kept) <= MOST_PIECES else _together(kept)


def _together(pieces: list[Piece]) -> list[Piece]:
    """Pieces with only the widest gaps left."""
    gaps = [after[0] - before[1] for before, after in pairwise(pieces)]
    widest = sorted(range(len(gaps)), key=gaps.__getitem__)[-(MOST_PIECES - 1) :]
    firsts = [0, *(gap + 1 for gap in sorted(widest))]
    ends = [*(first - 1 for first in firsts[1:]), len(pieces) - 1]
    return [(pieces[first][0], pieces[end][1]) for first, end in zip(firsts, ends, strict=True)]
