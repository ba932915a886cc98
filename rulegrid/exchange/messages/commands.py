"""What we say to an exchange: batches of commands.

A fee gets into a message only through `FeeBatch`, and `FeeBatch` takes no fee that an exchange
might choke on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from rulegrid.exchange.messages.kinds import Wire
from rulegrid.grid import AreaId, Column, MarketSlot, write_slot

HIGHEST_FEE = float(2**63 - 1024)
"""The largest fee an exchange takes: the last float under the limit of its integers."""


def statistics_command(
    aggregator: str, transaction: str, closed: MarketSlot, areas: Sequence[AreaId], wire: Wire
) -> bytes:
    """The batch that asks for the statistics of a closed slot: the one before the event's.

    The exchange of today answers `market_stats` with an error, and `dso_market_stats` with what
    both told in 2020.
    """
    kinds = (
        ("market_stats", "dso_market_stats") if wire.dialect == "2020" else ("dso_market_stats",)
    )
    data = {"market_slots": [write_slot(closed)]}
    asked = [{"type": kind, "data": data} for kind in kinds]
    return batch_command(aggregator, transaction, dict.fromkeys(areas, asked))


def batch_command(
    aggregator: str, transaction: str, commands: Mapping[AreaId, Sequence[Mapping[str, Any]]]
) -> bytes:
    """A batch as it goes over the wire."""
    return msgspec.json.encode(
        {
            "type": "BATCHED",
            "transaction_id": transaction,
            "aggregator_uuid": aggregator,
            "batch_commands": commands,
        }
    )


@dataclass(frozen=True, slots=True)
class Rails:
    """The bounds that no fee may leave: one for all areas, or a column with one for each."""

    minimum: Column | float = 0.0
    maximum: Column | float = HIGHEST_FEE


@dataclass(frozen=True, slots=True)
class FeeBatch:
    """The fees of one market slot, ready to be sent.

    Every fee is finite, not negative and within its rails; else there is no batch but a
    `ValueError`, because what decides fees has a bug. Whole numbers go out as integers.
    """

    fees: Mapping[AreaId, float]
    """The fee of each area, in ct/kWh or percent."""
    rails: InitVar[Rails]
    """A column of rails has the order of `fees`."""
    percent: bool = False
    """Whether the fees are a percentage of the price."""

    def __post_init__(self, rails: Rails) -> None:
        areas = tuple(self.fees)
        column = np.fromiter(self.fees.values(), dtype=np.float64, count=len(areas)) + 0.0
        _check(areas, column, rails)
        numbers = (int(fee) if fee.is_integer() else fee for fee in column.tolist())
        object.__setattr__(self, "fees", MappingProxyType(dict(zip(areas, numbers, strict=True))))

    @property
    def commands(self) -> dict[AreaId, list[dict[str, Any]]]:
        """The `batch_commands` object: exactly what the exchange is told."""
        key = "fee_percent" if self.percent else "fee_const"
        return {
            area: [{"type": "grid_fees", "data": {key: fee}}] for area, fee in self.fees.items()
        }

    def encode(self, aggregator: str, transaction: str) -> bytes:
        """The batch as it goes over the wire."""
        return batch_command(aggregator, transaction, self.commands)


def _check(areas: Sequence[AreaId], fees: Column, rails: Rails) -> None:
    """Raise `ValueError` for the first area whose fee must not be sent."""
    fit = (fees >= 0) & (fees <= HIGHEST_FEE) & (fees >= rails.minimum) & (fees <= rails.maximum)
    if not fit.all():
        worst = int(np.argmin(fit))
        raise ValueError(f"the fee {fees[worst]} of area {areas[worst]} is outside its rails")
