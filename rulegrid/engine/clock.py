"""What depends only on the slot a fee will apply to, in the rulebook's time zone."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import DATE, DAY, DAY_BEFORE, MINUTE, MONTH, MONTH_BEFORE, WEEKDAYS
from rulegrid.columns import Truth, Value
from rulegrid.grid import MarketSlot

_SATURDAY = 6
_A_DAY = timedelta(days=1)
_STEADY = timedelta(hours=6)
"""No clock was ever changed twice in so short a time."""
_DAY_SECONDS = 24 * 60 * 60
_FIRST_DAY = date(1970, 1, 1).toordinal()
_TRUTHS = tuple(Truth(np.array([yes]), np.array([not yes])) for yes in (False, True))
_Numbers = TypeVar("_Numbers", int, NDArray[np.int64])


def clock_columns(
    applies_to: MarketSlot, timezone: ZoneInfo | None, holidays: Collection[date] = ()
) -> dict[str, Value]:
    """The clock names and what calendars and dated values read, for one slot.

    Each is of shape `(1,)`; without a time zone the clock is UTC's.
    """
    local = applies_to.astimezone(timezone) if timezone else applies_to
    numbers = _of_minute(local.hour * 60 + local.minute) | _of_day(local.date(), holidays)
    return {
        name: _TRUTHS[number] if name.startswith("is_") else np.array([float(number)])
        for name, number in numbers.items()
    }


def clock_block(
    first: MarketSlot,
    count: int,
    slot_length: timedelta,
    timezone: ZoneInfo | None,
    holidays: Collection[date] = (),
) -> dict[str, Value]:
    """The same for `count` slots that follow each other: each of shape `(slots, 1)`."""
    seconds = int(first.timestamp()) + np.arange(count) * int(slot_length.total_seconds())
    if timezone is not None:
        seconds += _offsets(first, count, slot_length, timezone)
    days, second = np.divmod(seconds[:, np.newaxis], _DAY_SECONDS)
    known, place = np.unique(days, return_inverse=True)
    of_days = [_of_day(date.fromordinal(_FIRST_DAY + int(day)), holidays) for day in known]
    numbers = _of_minute(second // 60) | {
        name: np.array([each[name] for each in of_days])[place.reshape(days.shape)]
        for name in of_days[0]
    }
    return {
        name: Truth(number == 1, number == 0)
        if name.startswith("is_")
        else number.astype(np.float64)
        for name, number in numbers.items()
    }


def _offsets(
    first: MarketSlot, count: int, slot_length: timedelta, timezone: ZoneInfo
) -> NDArray[np.int64]:
    """The clock's distance from UTC in seconds for each slot.

    It is looked up where it may change, in ever smaller stretches.
    """
    found = np.empty(count, dtype=np.int64)
    waiting = [(0, count - 1)]
    while waiting:
        low, high = waiting.pop()
        ends = [_offset(first + place * slot_length, timezone) for place in (low, high)]
        found[low], found[high] = ends
        if ends[0] == ends[1] and (high - low) * slot_length <= _STEADY:
            found[low:high] = ends[0]
        elif high - low > 1:
            middle = (low + high) // 2
            waiting += [(low, middle), (middle, high)]
    return found


def _offset(moment: datetime, timezone: ZoneInfo) -> int:
    offset = moment.astimezone(timezone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _of_minute(minutes: _Numbers) -> dict[str, _Numbers]:
    """What the minute of the local day says."""
    return {"hour": minutes // 60, "minute": minutes % 60, MINUTE: minutes}


def _of_day(today: date, holidays: Collection[date]) -> dict[str, int]:
    """What the local day says."""
    before = today - _A_DAY
    is_holiday = today in holidays
    return {
        "weekday": today.isoweekday(),
        "month": today.month,
        DATE: today.toordinal(),
        MONTH: today.month,
        DAY: _kind(today, holidays),
        MONTH_BEFORE: before.month,
        DAY_BEFORE: _kind(before, holidays),
        "is_workday": int(today.isoweekday() < _SATURDAY and not is_holiday),
        "is_holiday": int(is_holiday),
    }


def _kind(day: date, holidays: Collection[date]) -> int:
    """The kind of a day, as `bodies.Hours` counts them."""
    return day.weekday() + (WEEKDAYS if day in holidays else 0)
