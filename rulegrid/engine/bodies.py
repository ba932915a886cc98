"""What a named value gives, for all areas at once, and which of its options each area took."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import (
    DATE,
    DAY,
    DAY_BEFORE,
    MINUTE,
    MONTH,
    MONTH_BEFORE,
    Band,
    Body,
    Calendar,
    Choice,
    Dated,
    Sheet,
)
from rulegrid.columns import Flags, Truth, Value, evaluate
from rulegrid.engine.areas import NO_DATA
from rulegrid.formula import TRUTH, Expression
from rulegrid.grid import Column

_NEITHER = Truth(np.zeros(1, dtype=bool), np.zeros(1, dtype=bool))

_NONE = -1

Places = NDArray[np.intp]
"""The option each area takes, -1 for none: of shape `(1,)` where the slot alone decides."""


def worked_out(body: Body, columns: Mapping[str, Value]) -> Value:
    """The value of a body for all areas at once.

    `columns` holds a value for each of its `bodies.keys`, in the shapes that `evaluate` takes.
    What depends on the slot alone is of width 1, and of a choice that the slot makes only the
    option taken is worked out.
    """
    if isinstance(body, Expression):
        return evaluate(body, columns)
    if isinstance(body, Sheet):
        return columns[body.amount_key]
    if isinstance(body, Calendar) and body.overlap == "add":
        return _sum(body, columns)
    return _picked(body, _chosen(body, columns), columns)


def takes(body: Choice, columns: Mapping[str, Value]) -> tuple[Flags, ...]:
    """For each option of a body, where it is taken."""
    if isinstance(body, Calendar) and body.overlap == "add":
        return _holding(body, columns)
    chosen = _chosen(body, columns)
    return tuple(chosen == place for place in range(len(body.options)))


def taken_formulas(body: Body, columns: Mapping[str, Value]) -> Iterator[Expression]:
    """The formulas of a body that some area leans on."""
    if isinstance(body, Expression):
        yield body
        return
    if isinstance(body, Sheet):
        return
    if isinstance(body, Band):
        yield body.input
    for option, taken in zip(body.options, takes(body, columns), strict=True):
        if taken.any():
            yield from taken_formulas(option.value, columns)


def _chosen(body: Choice, columns: Mapping[str, Value]) -> Places:
    if isinstance(body, Dated):
        date = _amounts(columns[DATE])
        return np.searchsorted(np.array(body.first_days), date, side="right") - 1
    if isinstance(body, Band):
        return _steps(body, _amounts(evaluate(body.input, columns)))
    flags = _in_windows(body, columns)
    last = len(flags) - 1 - flags[::-1].argmax(axis=0)
    return np.where(flags.any(axis=0), last, _NONE if body.otherwise is None else len(flags))


def _steps(band: Band, size: Column) -> Places:
    """The step of each input: the number of bounds that it lies above."""
    step = np.zeros(size.shape, dtype=np.intp)
    for bound in band.bounds:
        step += size > bound
    missing = np.isnan(size)
    return np.where(missing, _NONE, step) if missing.any() else step


def _holding(calendar: Calendar, columns: Mapping[str, Value]) -> tuple[Flags, ...]:
    """For each option of a calendar whether it holds, of width 1."""
    flags = _in_windows(calendar, columns)
    no_window: Flags = ~np.logical_or.reduce(flags)
    return tuple(flags) if calendar.otherwise is None else (*flags, no_window)


def _in_windows(calendar: Calendar, columns: Mapping[str, Value]) -> Flags:
    """Whether each window holds: of shape (windows, 1), or (windows, slots, 1) for a block."""
    minute, month, day, month_before, day_before = (
        _amounts(columns[key]).astype(np.int64)
        for key in (MINUTE, MONTH, DAY, MONTH_BEFORE, DAY_BEFORE)
    )
    by_window = (-1, *(1 for _ in minute.shape))
    start, end, months, days = (each.reshape(by_window) for each in _packed(calendar))
    today = (months >> month) & (days >> day) & (start <= minute)
    yesterday = (months >> month_before) & (days >> day_before) & (minute < end)
    holds: Flags = np.where(end <= start, today | yesterday, today & (minute < end)) == 1
    return holds


@lru_cache(maxsize=128)
def _packed(calendar: Calendar) -> tuple[NDArray[np.int64], ...]:
    """The starts, ends, months and days of a calendar's windows."""
    rows = [(each.start, each.end, each.months, each.days) for each in calendar.windows]
    return tuple(np.array(rows).T)


def _picked(body: Choice, chosen: Places, columns: Mapping[str, Value]) -> Value:
    """The value of each area's option; one that nobody takes is not worked out."""
    if chosen.size == 1:
        place = int(chosen.flat[0])
        if place >= 0:
            return worked_out(body.options[place].value, columns)
    elif isinstance(body, Band):
        return _looked_up([worked_out(each.value, columns) for each in body.options], chosen)
    value: Value | None = None
    for place, option in enumerate(body.options):
        where = chosen == place
        if where.any():
            value = _put(value, worked_out(option.value, columns), where)
    return _no_data(body) if value is None else value


def _looked_up(values: Sequence[Value], chosen: Places) -> Column:
    """The value of each area's step: those that are the same for all areas are looked up."""
    amounts = [_amounts(value) for value in values]
    single = [value if value.shape == (1,) else NO_DATA for value in amounts]
    picked = np.concatenate((*single, NO_DATA)).take(chosen)  # -1 is the last: no data
    for place, value in enumerate(amounts):
        if value.shape != (1,):
            picked = np.where(chosen == place, value, picked)
    return picked


def _put(base: Value | None, value: Value, where: Flags) -> Value:
    """A value put where it is taken, over what was taken elsewhere."""
    if isinstance(value, Truth):
        under = base if isinstance(base, Truth) else _NEITHER
        return Truth(np.where(where, value.yes, under.yes), np.where(where, value.no, under.no))
    return np.where(where, value, NO_DATA if base is None else _amounts(base))


def _no_data(body: Choice) -> Value:
    return _NEITHER if body.kind is TRUTH else NO_DATA


def _sum(calendar: Calendar, columns: Mapping[str, Value]) -> Column:
    """The sum of the windows that hold; no data where one of them has none."""
    total: Column = np.zeros(1)
    for option, holds in zip(calendar.options, _holding(calendar, columns), strict=True):
        if holds.any():
            value = _amounts(worked_out(option.value, columns))
            with np.errstate(over="ignore", invalid="ignore"):
                total = total + np.where(holds, value, 0.0)
    return np.where(np.isfinite(total), total, np.nan)


def _amounts(value: Value) -> Column:
    if isinstance(value, Truth):
        raise TypeError("an amount was checked, a truth was found")
    return value
