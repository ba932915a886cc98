"""The grid tree of today's market event: nested JSON to a grid and columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple
from numpy.typing import NDArray

from rulegrid.exchange.messages.kinds import BrokenMessageError, Wire
from rulegrid.grid import Area, AreaId, Column, Grid

NOT_REPORTED = float("nan")


class TradeStats(Struct, gc=False):
    """The trades of a market's last slot, in the order of `TREE_METRICS`: all null without any."""

    min_trade_rate: float | None = None
    median_trade_rate: float | None = None
    avg_trade_rate: float | None = None
    max_trade_rate: float | None = None
    total_traded_energy_kWh: float | None = NOT_REPORTED  # noqa: N815 - the exchange's spelling


class Node(Struct, gc=False):
    """A market of the tree, or an asset: an asset has no children."""

    area_name: str = ""
    last_market_stats: TradeStats | None = None
    last_market_fee: float | bool | None = None
    current_market_fee: float | bool | None = None
    children: "dict[str, Node] | None" = None


@dataclass(frozen=True, slots=True)
class Markets:
    """The markets of a tree, level by level; a parent is a place in the listing, -1 for a root."""

    ids: tuple[AreaId, ...]
    names: tuple[str, ...]
    parents: tuple[int, ...]

    def grid(self, known: Grid | None) -> Grid:
        """These markets as a grid: the known one if it is the same."""
        if known is not None and self._are(known):
            return known
        if not self.ids:
            raise BrokenMessageError("a market event without a market")
        if len(set(self.ids)) < len(self.ids):
            raise BrokenMessageError("a market event with one area in two places")
        return Grid.from_areas(map(Area, self.ids, self.names, self.parents))

    def _are(self, grid: Grid) -> bool:
        same_areas = self.ids == grid.ids and self.names == grid.names
        return same_areas and bool(np.array_equal(self.parents, grid.parents))


def listed(tree: Mapping[str, Node]) -> tuple[Markets, Sequence[Node]]:
    """The markets of a tree and their nodes in the same order. Assets are left out."""
    ids: list[AreaId] = []
    nodes: list[Node] = []
    parents: list[int] = []
    level: list[tuple[int, Mapping[str, Node]]] = [(-1, tree)]
    while level:
        below: list[tuple[int, Mapping[str, Node]]] = []
        for parent, children in level:
            for area, node in children.items():
                if node.children is not None:
                    below.append((len(ids), node.children))
                    ids.append(AreaId(area))
                    nodes.append(node)
                    parents.append(parent)
        level = below
    return Markets(tuple(ids), tuple([node.area_name for node in nodes]), tuple(parents)), nodes


TREE_METRICS = (
    "min_price",
    "median_price",
    "avg_price",
    "max_price",
    "volume",
    "last_fee",
    "current_fee",
)
"""The metrics of a node, in the order in which `metrics_of` reads them."""

_PRICES = slice(0, 4)
_FEES = slice(5, 7)
_LAST_FEE = 5
_UNTRADED = (NOT_REPORTED, NOT_REPORTED, NOT_REPORTED, NOT_REPORTED, 0.0)
_UNKNOWN = (NOT_REPORTED,) * 5


def columns_of(nodes: Sequence[Node], wire: Wire) -> dict[str, Column]:
    """The tree's metrics as read-only columns in the units of `metrics.METRICS`."""
    block = np.empty((len(TREE_METRICS), len(nodes)))
    block[: _FEES.start] = _trades(nodes)
    block[_FEES] = _fees(nodes)
    if wire.price_unit == "EUR/kWh":
        block[_PRICES] = hundredfold(block[_PRICES])
    if (
        wire.percent
    ):  # the fee of the closed slot comes as a fraction, that of the open one in percent
        block[_LAST_FEE] = hundredfold(block[_LAST_FEE])
    block.flags.writeable = False
    return dict(zip(TREE_METRICS, block, strict=True))


def _trades(nodes: Sequence[Node]) -> Column:
    """Prices and volume: shape `(5, areas)`."""
    values: list[float | None] = []
    for node in nodes:
        stats = node.last_market_stats
        if stats is None:
            values += _UNKNOWN
        else:
            values += _UNTRADED if stats.total_traded_energy_kWh is None else astuple(stats)
    return np.array(values, dtype=np.float64).reshape(-1, len(_UNKNOWN)).T


def _fees(nodes: Sequence[Node]) -> Column:
    """The fees of the closed slot and of the open one: shape `(2, areas)`."""
    fees = [
        [node.last_market_fee for node in nodes],
        [node.current_market_fee for node in nodes],
    ]
    return np.array([[NOT_REPORTED if fee is None else fee for fee in row] for row in fees])


def grid_wide(value: float | None, wire: Wire) -> Column:
    """A price that holds for the whole grid: shape `(1,)`, ct/kWh, read-only."""
    column = np.array([NOT_REPORTED if value is None else value], dtype=np.float64)
    if wire.price_unit == "EUR/kWh":
        column = hundredfold(column)
    column.flags.writeable = False
    return column


def hundredfold(amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """A hundred times an amount, to six decimals, half away from zero.

    The plain product is often not the float nearest to the decimal: 0.29 * 100 is
    28.999999999999996. NaN where the product is beyond all floats.
    """
    with np.errstate(over="ignore"):
        millionths = np.floor(np.abs(amounts) * 1e8 + 0.5)
    product = np.copysign(millionths / 1e6, amounts) + 0.0
    return np.where(np.isfinite(product), product, NOT_REPORTED)
