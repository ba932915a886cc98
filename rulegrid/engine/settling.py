"""The limits over many slots: each slot's fees are in force before the next are settled."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rulegrid.engine.limits import Flags, moved, settle
from rulegrid.grid import Column
from rulegrid.program import Limits, Policy


@dataclass(frozen=True, eq=False, slots=True)
class Past:
    """What some areas know at the beginning of a block; columns of shape `(areas,)`."""

    fees: Column
    """The newest fee decided, NaN for none yet."""
    changed_at: Column
    """The number of the slot of the last change, -inf for none yet."""
    now: int
    """The number of the block's first slot."""


class SettledRows(NamedTuple):
    """Final fees, how they came about, and the fee in force before; all `(slots, areas)`."""

    fee: Column
    flags: Flags
    before: Column


def settle_rows(raw: Column, shown: Column, past: Past, policy: Policy) -> SettledRows:
    """Turn the raw fees of a block into final ones.

    `shown` are the fees in force as recorded, which hold for an area until one is decided; both
    are of shape `(slots, areas)`.
    """
    if _looks_back(policy.limits):
        return _in_rounds(raw, shown, past, policy) or _one_by_one(raw, shown, past, policy)
    way = (policy.limits, policy.when_no_data)
    settled = settle(raw, np.full(1, np.nan), _NEVER, way)
    fee, flags, missing = settled.fee, settled.flags, np.flatnonzero(np.isnan(raw))
    if policy.when_no_data != "keep" or not len(missing):
        return SettledRows(fee, flags, _before(fee, shown, past))
    before = _before(_first_kept(fee, raw, (shown, past), policy), shown, past)
    kept = settle(raw.take(missing), before.take(missing), _NEVER, way)
    if fee is raw:
        fee = fee.copy()
    fee.put(missing, kept.fee)
    flags.put(missing, kept.flags)
    return SettledRows(fee, flags, before)


_NEVER = np.zeros(1, dtype=bool)


def _looks_back(limits: Limits) -> bool:
    """Whether a limit depends on the fee before."""
    return bool(limits.hold_slots) or (limits.max_change, limits.dead_band) != (None, None)


_WIDE = 500
"""Rows of so many areas are settled one by one as quickly."""
_ROUNDS = 8
"""So often each number is worked out, on average, until rounds are given up."""


def _in_rounds(raw: Column, shown: Column, past: Past, policy: Policy) -> SettledRows | None:
    """All rows at once from a guess of the fees before; then again those that had a wrong one.

    A limit soon forgets which fee a slot began with, so few rounds are enough. What they end with
    is what row by row gives: every fee follows from the one before. None where it takes too many:
    under `hold`, and where a wide `dead_band` keeps fees for long.
    """
    width, way = raw.shape[1], (policy.limits, policy.when_no_data)
    if policy.limits.hold_slots or width >= _WIDE:
        return None
    rows = SettledRows(np.empty_like(raw), np.empty(raw.shape, np.uint8), np.empty_like(raw))
    stands = filled_forward(np.concatenate((past.fees[np.newaxis], raw)))
    stale, left = np.arange(raw.size), _ROUNDS * raw.size
    while len(stale) and left >= len(stale):
        left -= len(stale)
        known = stands.take(stale)  # `stands` begins a row earlier
        before = np.where(np.isnan(known), shown.take(stale), known)
        settled = settle(raw.take(stale), before, _NEVER, way)
        rows.fee.put(stale, settled.fee)
        rows.flags.put(stale, settled.flags)
        rows.before.put(stale, before)
        standing = np.where(np.isnan(settled.fee), known, settled.fee)
        below = stale + width
        wrong = differ(standing, stands.take(below))
        stands.put(below, standing)
        stale = below[wrong & (below < raw.size)]
    return None if len(stale) else rows


def _one_by_one(raw: Column, shown: Column, past: Past, policy: Policy) -> SettledRows:
    fee, before = np.empty(raw.shape), np.empty(raw.shape)
    flags = np.empty(raw.shape, dtype=np.uint8)
    fees, changed_at = past.fees, past.changed_at
    for row, each in enumerate(raw):
        now = past.now + row
        before[row] = np.where(np.isnan(fees), shown[row], fees)
        held = now - changed_at <= policy.limits.hold_slots
        settled = settle(each, before[row], held, (policy.limits, policy.when_no_data))
        fee[row], flags[row] = settled.fee, settled.flags
        changed_at = np.where(moved(settled.fee, before[row]), now, changed_at)
        fees = np.where(np.isnan(settled.fee), fees, settled.fee)
    return SettledRows(fee, flags, before)


def _first_kept(fee: Column, raw: Column, known: tuple[Column, Past], policy: Policy) -> Column:
    """Fees without those that are kept, but for an area's first: all others come after one.

    Only the first may come from what is shown, or from what was decided before the block.
    """
    shown, past = known
    way = (policy.limits, policy.when_no_data)
    decided = fee.copy()
    start = np.where(np.isnan(past.fees), shown[0], past.fees)
    decided[0] = settle(raw[0], start, _NEVER, way).fee
    late = np.flatnonzero(np.isnan(decided[0]))
    if len(late):
        kept = settle(raw[:, late], shown[:, late], _NEVER, way).fee
        row = np.argmax(~np.isnan(kept), axis=0)
        decided[row, late] = kept[row, np.arange(len(late))]
    return decided


def _before(decided: Column, shown: Column, past: Past) -> Column:
    """The fee in force before each slot's own: the newest one decided, else the one shown."""
    before = np.empty(decided.shape)
    before[0], before[1:] = past.fees, decided[:-1]
    if not np.isnan(before).any():
        return before
    before = filled_forward(before)
    np.copyto(before, shown, where=np.isnan(before))
    return before


def differ(fees: Column, others: Column) -> NDArray[np.bool_]:
    """Where fees are not the same; two that are not known are."""
    differs: NDArray[np.bool_] = (fees != others) & ~(np.isnan(fees) & np.isnan(others))
    return differs


def filled_forward(column: Column) -> Column:
    """A column `(slots, areas)` in which the newest number stands until the next."""
    gaps = np.flatnonzero(np.isnan(column))
    if len(gaps) * _FEW < column.size:
        return _few_filled(column, gaps)
    rows = np.arange(len(column))[:, np.newaxis]
    newest = np.maximum.accumulate(np.where(np.isnan(column), 0, rows), axis=0)
    return np.take_along_axis(column, newest, axis=0)


_FEW = 8
"""One gap among so many numbers is worth to be filled alone."""


def _few_filled(column: Column, gaps: NDArray[np.intp]) -> Column:
    """The column with some gaps filled: each looks at what is above, and as far as that looks."""
    width = column.shape[1]
    source = np.where(gaps < width, gaps, gaps - width)
    while True:
        waiting = np.flatnonzero((source >= width) & np.isnan(column.take(source)))
        if not len(waiting):
            break
        source[waiting] = source[np.searchsorted(gaps, source[waiting])]
    filled = column.copy()
    filled.put(gaps, column.take(source))
    return filled
