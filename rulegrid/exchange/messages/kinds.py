"""What an exchange can say, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rulegrid.grid import AreaId, Column, Grid, MarketSlot


@dataclass(frozen=True, slots=True)
class Wire:
    """The settings of a connection: how the exchange at its other end speaks."""

    dialect: Literal["today", "2020"] = "today"
    """`2020` is the interface as it was documented in November 2020."""
    price_unit: Literal["ct/kWh", "EUR/kWh"] = "ct/kWh"
    """The unit of the prices the exchange sends; fees are ct/kWh in either case."""
    percent: bool = False
    """Whether fees are a percentage of the price instead of ct/kWh."""


@dataclass(frozen=True, eq=False, slots=True)
class MarketEvent:
    """A market slot has opened; the metrics are of the slot before it.

    `columns` holds the event metrics of `metrics.METRICS` in their units, read-only: shape
    `(areas,)`, `(1,)` for what is grid-wide. A metric that the exchange did not report is missing
    or NaN.
    """

    slot: MarketSlot
    grid: Grid
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Finish:
    """The exchange has ended its run."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The exchange is alive, which does not mean that it listens."""

    time: float
    """Unix seconds by the clock of the exchange."""


class Statistics(NamedTuple):
    """What only statistics tell of an area's last slot; NaN where it was not reported."""

    import_kwh: float
    export_kwh: float
    self_sufficiency_percent: float
    self_consumption_percent: float
    fee_revenue_ct: float


STATISTICS_METRICS = ("import", "export", "self_sufficiency", "self_consumption", "fee_revenue")
"""The metric that each field of `Statistics` is."""


@dataclass(frozen=True, slots=True)
class FeeAnswer:
    """What the exchange holds an area's next fee to be, or why it did not take the one sent.

    A refused fee can come back without an error: then `fee` is still the old one.
    """

    fee: float | None
    error: str = ""

    @property
    def is_wrong_kind(self) -> bool:
        """Whether the exchange runs on percentages and was sent ct/kWh, or the other way round."""
        return "conflicting with GlobalConfigFeeType" in self.error


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to one batch command.

    Areas the exchange does not know or let us set are missing.
    """

    transaction: str
    statistics: Mapping[AreaId, Statistics | None]
    """None where the exchange has none yet, or could not say."""
    fees: Mapping[AreaId, FeeAnswer]
    errors: Mapping[AreaId, tuple[str, ...]]
    """Every error text of an area, those of fees included."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that rulegrid has no use for, such as a tick or a trade."""

    kind: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that could not be read."""

    reason: str


Message = MarketEvent | BatchAnswer | Finish | Heartbeat | Ignored | Unreadable
"""All that `decode` can give."""


class BrokenMessageError(Exception):
    """A message that is JSON but does not say what it should.

    It never leaves this package: `decode` gives `Unreadable` instead.
    """
