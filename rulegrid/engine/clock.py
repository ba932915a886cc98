"""What depends only on the slot a fee will apply to, in the rulebook's time zone."""

from collections.abc import Collection
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from rulegrid.bodies import DATE, DAY, DAY_BEFORE, MINUTE, MONTH, MONTH_BEFORE, WEEKDAYS
from rulegrid.columns import Truth, Value
from rulegrid.grid import MarketSlot

_SATURDAY = 6
_A_DAY = timedelta(days=1)


def clock_columns(
    applies_to: MarketSlot, timezone: ZoneInfo | None, holidays: Collection[date] = ()
) -> dict[str, Value]:
    """The clock names and what calendars and dated values read, for one slot.

    Each is of shape `(1,)`; without a time zone the clock is UTC's.
    """
    local = applies_to.astimezone(timezone) if timezone else applies_to
    today = local.date()
    before = today - _A_DAY
    is_holiday = today in holidays
    numbers = {
        "hour": local.hour,
        "minute": local.minute,
        "weekday": local.isoweekday(),
        "month": local.month,
        DATE: today.toordinal(),
        MINUTE: local.hour * 60 + local.minute,
        MONTH: today.month,
        DAY: _kind(today, holidays),
        MONTH_BEFORE: before.month,
        DAY_BEFORE: _kind(before, holidays),
    }
    columns: dict[str, Value] = {
        name: np.array([float(number)]) for name, number in numbers.items()
    }
    columns["is_workday"] = _truth(holds=local.isoweekday() < _SATURDAY and not is_holiday)
    columns["is_holiday"] = _truth(holds=is_holiday)
    return columns


def _kind(day: date, holidays: Collection[date]) -> int:
    """The kind of a day, as `bodies.Hours` counts them."""
    return day.weekday() + (WEEKDAYS if day in holidays else 0)


def _truth(*, holds: bool) -> Truth:
    return Truth(np.array([holds]), np.array([not holds]))
