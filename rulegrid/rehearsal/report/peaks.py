"""Where fees are highest: a bounded number of slots, far enough from each other."""

from dataclasses import dataclass, field

import numpy as np

from rulegrid.grid import Column

MOST_PEAKS = 4
"""So many peaks of each area and rulebook are explained."""
_APART, _PARTS = 4, 50


def apart(slots: int) -> int:
    """How many slots lie between two peaks of a history: over a long one they are spread."""
    return max(_APART, slots // _PARTS)


@dataclass(frozen=True, slots=True)
class Peak:
    """A slot in which a fee is higher than before and after."""

    index: int
    """Its place on the axis of slots."""
    fee: float
    text: str
    """Why the fee is what it is."""


@dataclass(slots=True)
class Peaks:
    """The highest peaks that were met so far, the highest first."""

    apart: int
    """Slots between two of them."""
    found: list[Peak] = field(default_factory=list)

    def wants(self, index: int, fee: float) -> bool:
        """Whether a peak there would be among the highest."""
        return all(
            abs(each.index - index) > self.apart or each.fee < fee for each in self.found
        ) and (len(self.found) < MOST_PEAKS or fee > self.found[-1].fee)

    def add(self, peak: Peak) -> None:
        """Take in a peak that is wanted; lower ones beside it go."""
        kept = [each for each in self.found if abs(each.index - peak.index) > self.apart]
        self.found = sorted([*kept, peak], key=lambda each: (-each.fee, each.index))[:MOST_PEAKS]


def summits(fees: Column, apart: int) -> list[int]:
    """The rows at which a fee begins that is higher than the ones before and after it.

    `fees` is of shape `(slots,)`, NaN where there is none. The highest come first, at most
    `MOST_PEAKS`, each more than `apart` rows from the others.
    """
    starts = np.flatnonzero(np.concatenate(([True], fees[1:] != fees[:-1])))
    runs = np.where(np.isnan(fees[starts]), -np.inf, fees[starts])
    around = np.concatenate(([-np.inf], runs, [-np.inf]))
    highest = (runs >= around[:-2]) & (runs >= around[2:]) & np.isfinite(runs)
    chosen: list[int] = []
    rows, heights = starts[highest], runs[highest]
    for row in rows[np.argsort(-heights, kind="stable")].tolist():
        if all(abs(row - other) > apart for other in chosen):
            chosen.append(row)
        if len(chosen) == MOST_PEAKS:
            break
    return chosen
