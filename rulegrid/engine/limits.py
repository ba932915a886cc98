"""From the raw fee to the final fee: what to do without data, then the operator's limits, in the language's order.

Each step works on the columns of all areas that share a policy. The steps that changed a number are flagged, and the
numbers in between are kept for the explanation.
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
    """The fee after each step that this policy has, in order."""


def settle(
    raw: Column, before: Column, held: NDArray[np.bool_], policy: tuple[Limits, WhenNoData]
) -> Settled:
    """Turn raw fees into final ones.

    `before` is the fee that will be in force if nothing is sent (`next_fee`), NaN where it is not known; `held` is
    true where a change was made so recently that `hold` still forbids another. All have one entry an area.
    """
    limits, when_no_data = policy
    way = _Way(raw)
    moving = _fill_in(way, before, when_no_data)
    way.to(Step.MIN, np.maximum(way.fee, limits.minimum))
    way.to(Step.MAX, np.minimum(way.fee, limits.maximum))
    low, high = _reach(before, limits.max_change)
    if limits.max_change is not None:
        way.to(Step.MAX_CHANGE, np.fmin(np.fmax(way.fee, low), high), where=moving)
    if limits.dead_band is not None:
        near_low, near_high = _reach(before, limits.dead_band)
        near = (way.fee > near_low) & (way.fee < near_high)
        way.to(Step.DEAD_BAND, before, where=moving & near)
    if limits.hold_slots:
        way.to(Step.HOLD, before, where=moving & held & ~np.isnan(before))
    way.to(Step.DECIMALS, _to_grid(way.fee, low, high, limits.decimals), where=moving)
    way.to(Step.MIN, np.maximum(way.fee, limits.lowest), where=moving)
    way.to(Step.MAX, np.minimum(way.fee, limits.highest), where=moving)
    return Settled(way.fee, way.flags, tuple(way.stages))


def _fill_in(way: "_Way", before: Column, when_no_data: WhenNoData) -> NDArray[np.bool_]:
    """Do what is to be done without data; returns where a fee may still be moved.

    A fee that is kept is not: it has been through all steps when it was first sent.
    """
    raw = way.fee
    missing = np.isnan(raw)
    if when_no_data == "keep":
        way.to(Step.KEPT, np.where(missing, before, raw), changed=missing & ~np.isnan(before))
    elif when_no_data != "skip":
        way.to(Step.REPLACED, np.where(missing, when_no_data, raw), changed=missing)
        return np.ones(raw.shape, dtype=bool)
    return ~missing


def flag_names(flags: int) -> list[str]:
    """The names of the limits among the flags, in the order they apply."""
    return [name for step, name in LIMIT_NAMES.items() if flags & step]


def _reach(before: Column, step: float | None) -> tuple[Column, Column]:
    """The bounds at a distance from the fee before, exact in millionths: 0.3 - 0.2 is 0.1 here. NaN where unknown."""
    if step is None:
        unbounded = np.full(before.shape, np.nan)
        return unbounded, unbounded
    millionths = np.rint(before * _MILLION)
    distance = round(step * _MILLION)
    return (millionths - distance) / _MILLION, (millionths + distance) / _MILLION


def _to_grid(fee: Column, low: Column, high: Column, decimals: int) -> Column:
    """Fees rounded to their decimals; one that rounding took out of reach goes one grid step back."""
    scale = 10.0**decimals
    rounded = round_half_away(fee, decimals)
    points = np.rint(rounded * scale)
    rounded = np.where(rounded > high, (points - 1) / scale, rounded)
    return np.where(rounded < low, (points + 1) / scale, rounded)


class _Way:
    """The fees on their way through the steps, with the flags of the steps that changed them."""

    def __init__(self, raw: Column) -> None:
        self.fee = raw
        self.flags = np.zeros(raw.shape, dtype=np.uint8)
        self.stages: list[tuple[Step, Column]] = []

    def to(
        self,
        step: Step,
        fee: Column,
        *,
        where: NDArray[np.bool_] | None = None,
        changed: NDArray[np.bool_] | None = None,
    ) -> None:
        if where is not None:
            fee = np.where(where, fee, self.fee)
        if changed is None:
            changed = (fee != self.fee) & ~np.isnan(fee)
        self.flags |= np.where(changed, np.uint8(step), np.uint8(0))
        self.fee = fee
        self.stages.append((step, fee))
