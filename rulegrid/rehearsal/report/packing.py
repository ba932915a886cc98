"""Series of numbers as a short text, from which a page gets each of them again."""

import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rulegrid.grid import Column

DIGITS = 4
"""So many digits after the point are kept, fewer of numbers too large for that."""
NO_DATA = -(2**31)
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Packed:
    """Series of one length: base64 of deflated bytes.

    Each series is there as whole numbers of 4 bytes, the lowest bytes of all of them first, then
    the next: so the higher ones, which are mostly equal, take no room. `NO_DATA` is no data.
    """

    digits: tuple[int, ...]
    """For each series, how many digits after the point its whole numbers have."""
    text: str


def packed(series: Sequence[Column]) -> Packed:
    """Series as a page holds them, rounded to `DIGITS`."""
    digits = tuple(_digits(values) for values in series)
    planes = [_planes(values, kept) for values, kept in zip(series, digits, strict=True)]
    return Packed(digits, b64encode(zlib.compress(b"".join(planes), 9)).decode())


def _digits(values: Column) -> int:
    known = np.abs(values[~np.isnan(values)])
    largest = float(known.max(initial=0.0))
    return next((kept for kept in range(DIGITS, 0, -1) if largest * 10**kept < _LARGEST), 0)


def _planes(values: Column, digits: int) -> bytes:
    whole = np.clip(np.round(values * 10**digits), -_LARGEST, _LARGEST)
    numbers = np.where(np.isnan(whole), NO_DATA, whole).astype("<i4")
    return numbers.view(np.uint8).reshape(-1, 4).T.tobytes()
