"""What a condition may be: true, false, no data."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, isinf, nextafter

from rulegrid.bounds.ranges import Piece, Range, gathered


@dataclass(frozen=True, slots=True)
class Chances:
    """Which of the three a condition may be."""

    yes: bool
    no: bool
    lacking: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may be true and may be false: what a condition is for."""
        return self.yes and self.no

    def __and__(self, other: "Chances") -> "Chances":
        lacking = (self.lacking and (other.yes or other.lacking)) or (other.lacking and self.yes)
        return Chances(self.yes and other.yes, self.no or other.no, lacking)

    def __invert__(self) -> "Chances":
        return Chances(self.no, self.yes, self.lacking)

    def __or__(self, other: "Chances") -> "Chances":
        return ~(~self & ~other)


OPEN = Chances(yes=True, no=True)
UNKNOWN = Chances(yes=True, no=True, lacking=True)


def any_of(chances: Iterable[Chances], *, lacking: bool = False) -> Chances:
    """All that one of several conditions may be."""
    listed = list(chances)
    return Chances(
        any(each.yes for each in listed),
        any(each.no for each in listed),
        lacking or any(each.lacking for each in listed),
    )


def compared(left: Range, sign: ast.cmpop, right: Range) -> Chances:
    """What a comparison may be."""
    lacking = left.lacking or right.lacking
    if not left.pieces or not right.pieces:
        return Chances(yes=False, no=False, lacking=True)
    of = type(sign)
    return Chances(_HOLDS[of](left, right), _HOLDS[OPPOSITE[of]](left, right), lacking)


def restricted(of: Range, sign: type[ast.cmpop], other: Range) -> Range:
    """What an amount may still be where it compares so with another one."""
    if sign is ast.NotEq:
        pieces = [part for piece in of.pieces for part in _without(piece, other.point)]
    elif sign is ast.Eq:
        pieces = [part for piece in of.pieces for part in _common(piece, other.pieces)]
    else:
        pieces = list(_common_all(of.pieces, _side(sign, other)))
    return gathered(pieces, lacking=False)


OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
"""The sign that holds where the other one does not."""
MIRRORED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
"""The sign with its sides exchanged."""


def _equal(left: Range, right: Range) -> bool:
    return any(next(_common(piece, right.pieces), None) is not None for piece in left.pieces)


def _unequal(left: Range, right: Range) -> bool:
    return left.point is None or left.point != right.point


_HOLDS: Mapping[type[ast.cmpop], Callable[[Range, Range], bool]] = {
    ast.Lt: lambda left, right: left.low < right.high,
    ast.LtE: lambda left, right: left.low <= right.high,
    ast.Gt: lambda left, right: left.high > right.low,
    ast.GtE: lambda left, right: left.high >= right.low,
    ast.Eq: _equal,
    ast.NotEq: _unequal,
}
"""Whether a comparison may be true."""


def _side(sign: type[ast.cmpop], other: Range) -> Piece:
    """The numbers on that side of some number of the other range."""
    if sign in {ast.Lt, ast.LtE}:
        end = other.high
        return -inf, end if sign is ast.LtE or isinf(end) else nextafter(end, -inf)
    end = other.low
    return end if sign is ast.GtE or isinf(end) else nextafter(end, inf), inf


def _common_all(pieces: Iterable[Piece], side: Piece) -> Iterator[Piece]:
    for piece in pieces:
        yield from _common(piece, (side,))


def _common(piece: Piece, others: Iterable[Piece]) -> Iterator[Piece]:
    for low, high in others:
        first, last = max(low, piece[0]), min(high, piece[1])
        if first <= last:
            yield first, last


def _without(piece: Piece, point: float | None) -> Iterator[Piece]:
    low, high = piece
    if point is None or not low <= point <= high:
        yield piece
        return
    if low < point:
        yield low, nextafter(point, -inf)
    if point < high:
        yield nextafter(point, inf), high
