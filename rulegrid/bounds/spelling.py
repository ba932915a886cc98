"""Ranges as people read them."""

from math import inf

from rulegrid.bounds.ranges import Range

_MOST_LISTED = 6


def spelled(of: Range, unit: str) -> str:
    """A range in words: `0.9, 2.1 or 3 to 6 ct/kWh`; whether there may be no data is not told."""
    if not of.pieces:
        return "no data"
    pieces = of.pieces if len(of.pieces) <= _MOST_LISTED else ((of.low, of.high),)
    if pieces == ((-inf, inf),):
        return "any number"
    texts = [_piece(low, high) for low, high in pieces]
    listed = f"{', '.join(texts[:-1])} or {texts[-1]}" if len(texts) > 1 else texts[0]
    return listed if unit == "a plain number" else f"{listed} {unit}"


def number(value: float) -> str:
    """A number as people write it: `40`, `0.25`, `1e+300`."""
    return f"{value:.10g}"


def _piece(low: float, high: float) -> str:
    if low == high:
        return number(low)
    if low == -inf:
        return f"at most {number(high)}"
    return f"at least {number(low)}" if high == inf else f"{number(low)} to {number(high)}"
