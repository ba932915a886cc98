"""The clock names of formulas: the slot a fee will apply to, in the rulebook's time zone."""

from zoneinfo import ZoneInfo

import numpy as np

from rulegrid.columns import Truth, Value
from rulegrid.grid import MarketSlot

_SATURDAY = 6


def clock_columns(applies_to: MarketSlot, timezone: ZoneInfo | None) -> dict[str, Value]:
    """Every clock name for one slot, each of shape `(1,)`; without a time zone it is UTC."""
    local = applies_to.astimezone(timezone) if timezone else applies_to
    numbers = {
        "hour": local.hour,
        "minute": local.minute,
        "weekday": local.isoweekday(),
        "month": local.month,
    }
    columns: dict[str, Value] = {
        name: np.array([float(number)]) for name, number in numbers.items()
    }
    columns["is_workday"] = _truth(holds=local.isoweekday() < _SATURDAY)
    columns["is_holiday"] = _truth(holds=False)
    return columns


def _truth(*, holds: bool) -> Truth:
    return Truth(np.array([holds]), np.array([not holds]))
