"""A market slot as an exchange shows it: its event under the fees in force, and its statistics."""

from collections.abc import Container, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from rulegrid.exchange.messages.kinds import BrokenMessageError, Wire
from rulegrid.exchange.messages.served import Command, data_of
from rulegrid.exchange.messages.slots import slot_of
from rulegrid.grid import AreaId, MarketSlot, write_slot

_TRADES = (
    "min_trade_rate",
    "max_trade_rate",
    "avg_trade_rate",
    "median_trade_rate",
    "total_traded_energy_kWh",
)
_NO_TRADES = dict.fromkeys(_TRADES)
_NO_THROUGHPUT = {"import": None, "export": None}


class ShownSlot:
    """A recorded market event, to be shown anew under the fees of a replay."""

    def __init__(self, payload: bytes, slot: MarketSlot, slot_length: timedelta) -> None:
        self._event: dict[str, Any] = msgspec.json.decode(payload)
        self._event["market_slot"] = write_slot(slot)
        self._slot_length = slot_length
        self.markets: dict[AreaId, dict[str, Any]] = dict(_markets(self._event["grid_tree"]))
        """The node of every market, in the order in which an exchange executes a batch."""

    @property
    def closed(self) -> str:
        """The slot that has closed, as the wire writes it: the one all statistics are of."""
        return write_slot(MarketSlot(slot_of(self._event["market_slot"]) - self._slot_length))

    def name(self, area: AreaId) -> str:
        """What a market is called."""
        return str(self.markets[area].get("area_name", ""))

    def fee(self, area: AreaId) -> Any:
        """The fee that the event shows as in force."""
        return self.markets[area].get("current_market_fee")

    def set_fees(self, last: Mapping[AreaId, float], current: Mapping[AreaId, Any]) -> None:
        """Show these fees of the closed slot and of the open one, not the recorded ones."""
        for key, fees in (("last_market_fee", last), ("current_market_fee", current)):
            for area, fee in fees.items():
                if area in self.markets:
                    self.markets[area][key] = fee

    def event(
        self, areas: Container[AreaId], statistics: Mapping[AreaId, bytes], wire: Wire
    ) -> bytes:
        """The market event for an aggregator that has selected these areas."""
        if wire.dialect == "today":
            return msgspec.json.encode(self._event)
        tree = {
            "grid_stats_tree": _by_name(self._event["grid_tree"], self.closed),
            "area_uuid": None,
        }
        entries = (
            self._entry(area, node, statistics)
            for area, node in self.markets.items()
            if area in areas
        )
        return msgspec.json.encode({"event": "market", "content": [tree, *entries]})

    def _entry(
        self, area: AreaId, node: Mapping[str, Any], statistics: Mapping[AreaId, bytes]
    ) -> dict[str, Any]:
        told = msgspec.json.decode(statistics[area]) if area in statistics else {}
        return {
            "name": node.get("area_name"),
            "id": area,
            "start_time": self._event["market_slot"],
            "duration_min": self._slot_length // timedelta(minutes=1),
            "current_market_fee": node.get("last_market_fee"),
            "next_market_fee": node.get("current_market_fee"),
            "last_market_stats": _trades(node),
            "self_sufficiency": told.get("self_sufficiency"),
            "area_uuid": area,
        }

    def statistics(
        self, area: AreaId, recorded: bytes | None, command: Command, wire: Wire
    ) -> Any:
        """What the exchange tells of a market: without a record, only what the event says too."""
        node = self.markets[area]
        if wire.dialect == "2020":
            told = msgspec.json.decode(recorded) if recorded else _untold(node)
            return self._by_slot(told, command)
        return msgspec.Raw(recorded) if recorded else _untold(node)

    def _by_slot(self, told: Mapping[str, Any], command: Command) -> dict[str, Any]:
        """Statistics keyed by the slots asked for; those of the slot just closed are known."""
        keys = ("market_bill", "area_throughput")[
            : 2 if command["type"] == "dso_market_stats" else 1
        ]
        known = _trades({"last_market_stats": told}) | {key: told.get(key) for key in keys}
        unknown = _NO_TRADES | {"market_bill": None, "area_throughput": _NO_THROUGHPUT}
        found: dict[str, Any] = {}
        for slot in data_of(command)["market_slots"]:
            if not _is_slot(slot):
                return {"ERROR": f"`{slot}` is not a time like 2020-11-18T12:45"}
            found[slot] = known if slot == self.closed else {key: unknown[key] for key in known}
        return found


def _markets(tree: Mapping[str, Any]) -> Any:
    for area, node in tree.items():
        if node.get("children") is not None:
            yield area, node
            yield from _markets(node["children"])


def _by_name(tree: Mapping[str, Any], closed: str) -> dict[str, Any]:
    """The tree keyed by names. An asset's node is empty."""
    named: dict[str, Any] = {}
    for node in tree.values():
        children = node.get("children")
        named[node.get("area_name", "")] = (
            {}
            if children is None
            else {
                "last_market_slot": closed,
                "last_market_bill": node.get("last_market_bill"),
                "last_market_stats": _trades(node),
                "last_market_fee": node.get("last_market_fee"),
                "next_market_fee": node.get("current_market_fee"),
                "children": _by_name(children, closed),
            }
        )
    return named


def _trades(node: Mapping[str, Any]) -> dict[str, Any]:
    stats = node.get("last_market_stats") or {}
    return {key: stats.get(key) for key in _TRADES}


def _untold(node: Mapping[str, Any]) -> dict[str, Any]:
    """Statistics of a slot for which none were recorded."""
    bill = (node.get("last_market_bill") or {}).get("accumulated_trades")
    return {
        **_trades(node),
        "market_bill": {"Accumulated Trades": bill},
        "market_fee_revenue": None,
        "area_throughput": _NO_THROUGHPUT,
        "self_sufficiency": None,
        "self_consumption": None,
        "market_energy_deviance": None,
    }


def _is_slot(text: Any) -> bool:
    try:
        return isinstance(text, str) and write_slot(slot_of(text)) == text
    except BrokenMessageError:
        return False
