"""Numbers and times as people read them."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from rulegrid.grid import MarketSlot

_LONG = 1e12
"""From here on a number is shown with an exponent."""


def amount(value: float | None) -> str:
    """A number with as many decimals as it needs, at most four; a dash for no data."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < _LONG else f"{value:g}"


def local(slot: MarketSlot, timezone: ZoneInfo | None) -> str:
    """A slot's date and time in the rulebook's time zone, or in UTC where it has none."""
    moment: datetime = slot if timezone is None else slot.astimezone(timezone)
    return moment.strftime("%Y-%m-%d %H:%M")


def clock(slot: MarketSlot, timezone: ZoneInfo | None) -> str:
    """The time of day of a slot, as `local` shows it."""
    return local(slot, timezone)[-5:]
