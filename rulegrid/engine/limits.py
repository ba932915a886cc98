"""From the raw fee to the final fee: no data first, then the operator's limits, in order.

Each step works on the columns of all areas that share a policy. The steps that changed a number
are flagged, and the numbers in between are kept for the explanation.
"""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import round_half_away
from rulegrid.grid import Column
from rulegrid.program import Limits, WhenNoData

Flags = NDArray[np.uint8]
_MILLION = 1e6


class Step(IntFlag):
    """The steps that can change a fee, as bits of a flag column."""

    KEPT = 1
    """No data: the fee in force is sent again."""
    REPLACED = 2
    """No data: the number of `when_no_data` is sent."""
    MIN = 4
    MAX = 8
    MAX_CHANGE = 16
    DEAD_BAND = 32
    HOLD = 64
    DECIMALS = 128


LIMIT_NAMES = {
    Step.MIN: "min",
    Step.MAX: "max",
    Step.MAX_CHANGE: "max_change",
    Step.DEAD_BAND: "dead_band",
    Step.HOLD: "hold",
    Step.DECIMALS: "decimals",
}


@dataclass(frozen=True, slots=True)
class Settled:
    """Final fees of shape `(areas,)`, NaN where nothing is sent, and how they came about."""

    fee: Column
    flags: Flags
    stages: tuple[tuple[Step, Column], ...]
    """The fee after each step that changed any, in order."""


def settle(
    raw: Column, before: Column, held: NDArray[np.bool_], policy: tuple[Limits, WhenNoData]
) -> Settled:
    """Turn raw fees into final ones.

    `before` is the fee that will be in force if nothing is sent (`next_fee`), NaN where it is not
    known; `held` is true where a change was made so recently that `hold` still forbids another.
    All have one entry an area.
    """
    limits, when_no_data = policy
    way = _Way(raw)
    _fill_in(way, before, when_no_data)
    way.keep_within(limits.minimum, limits.maximum, everywhere=True)
    bounds = None
    if limits.max_change is not None:
        bounds = low, high = _reach(before, limits.max_change, limits.decimals)
        reached = np.fmin(np.fmax(way.fee, low), high)
        way.set(Step.MAX_CHANGE, moved(way.fee, reached), reached)
    if limits.dead_band is not None:
        near, far = _reach(before, limits.dead_band, limits.decimals)
        way.stay(Step.DEAD_BAND, (way.fee > near) & (way.fee < far), before)
    if limits.hold_slots:
        way.stay(Step.HOLD, held, before)
    rounded = _to_grid(way.fee, bounds, limits.decimals)
    way.round(rounded)
    if way.still is not None:  # a kept fee that its rails have moved ends on the grid as well
        way.still = way.still & (way.fee == before)
    way.keep_within(limits.lowest, limits.highest)
    return Settled(way.fee, way.flags, tuple(way.stages))


def _fill_in(way: "_Way", before: Column, when_no_data: WhenNoData) -> None:
    """Do what is to be done without data.

    A fee that is kept is not moved any more: it has been through all steps when it was first sent.
    """
    missing = np.isnan(way.fee)
    if not missing.any():
        return
    if when_no_data == "keep":
        kept = missing & ~np.isnan(before)
        if kept.any():
            way.set(Step.KEPT, kept, before)
            way.still = kept
    elif when_no_data != "skip":
        way.set(Step.REPLACED, missing, np.array([when_no_data]))


def moved(fee: Column, other: Column) -> NDArray[np.bool_]:
    """Where fees are known on both sides, and not the same."""
    return (fee < other) | (fee > other)


def flag_names(flags: int) -> list[str]:
    """The names of the limits among the flags, in the order they apply."""
    return [name for step, name in LIMIT_NAMES.items() if flags & step]


def _reach(before: Column, step: float, decimals: int) -> tuple[Column, Column]:
    """The bounds at a distance from the fee before; NaN where that is unknown.

    They are exact in millionths, or in smaller parts where fees have more decimals: 0.3 and 0.1
    less is 0.2 here.
    """
    parts = max(_MILLION, 10.0**decimals)
    middle = np.rint(before * parts)
    distance = round(step * parts)
    return (middle - distance) / parts, (middle + distance) / parts


def _to_grid(fee: Column, bounds: tuple[Column, Column] | None, decimals: int) -> Column:
    """Fees rounded to their decimals; one that rounding took out of reach goes one step back."""
    rounded = round_half_away(fee, decimals)
    if bounds is None:
        return rounded
    low, high = bounds
    over, under = rounded > high, rounded < low
    if not over.any() and not under.any():
        return rounded
    scale = 10.0**decimals
    points = np.rint(rounded * scale)
    rounded = np.where(over, (points - 1) / scale, rounded)
    return np.where(under, (points + 1) / scale, rounded)


class _Way:
    """The fees on their way through the steps, with the flags of the steps that changed them."""

    def __init__(self, raw: Column) -> None:
        self.fee = raw
        self.flags = np.zeros(raw.shape, dtype=np.uint8)
        self.stages: list[tuple[Step, Column]] = []
        self.still: NDArray[np.bool_] | None = None
        """Where the fee is not moved any more; None for nowhere."""

    def keep_within(self, low: float, high: float, *, everywhere: bool = False) -> None:
        """Take the steps `min` and `max`."""
        self.set(Step.MIN, self.fee < low, np.array([low]), everywhere=everywhere)
        self.set(Step.MAX, self.fee > high, np.array([high]), everywhere=everywhere)

    def stay(self, step: Step, where: NDArray[np.bool_], before: Column) -> None:
        """Take a step back to the fee before."""
        self.set(step, where & moved(self.fee, before), before)

    def set(
        self, step: Step, where: NDArray[np.bool_], fee: Column, *, everywhere: bool = False
    ) -> None:
        """Take a step: a new fee, which is another one, where the fee may be moved."""
        if self.still is not None and not everywhere:
            where = where & ~self.still
        if where.any():
            self._move(step, where, np.where(where, fee, self.fee))

    def round(self, rounded: Column) -> None:
        """Take the step `decimals`."""
        where = moved(self.fee, rounded)
        if self.still is not None:
            where &= ~self.still
            rounded = np.where(self.still, self.fee, rounded)
        if where.any():
            self._move(Step.DECIMALS, where, rounded)

    def _move(self, step: Step, where: NDArray[np.bool_], fee: Column) -> None:
        self.fee = fee
        self.flags |= where.view(np.uint8) * np.uint8(step)
        self.stages.append((step, fee))
