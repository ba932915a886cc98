"""Recorded lines: a message of the exchange as it came, or wrapped with its channel."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages.channels import aggregator_of
from rulegrid.exchange.messages.kinds import BrokenMessageError, Unreadable
from rulegrid.exchange.messages.limits import reason_to_refuse
from rulegrid.exchange.messages.slots import slot_of
from rulegrid.exchange.messages.tree import Node, TradeStats
from rulegrid.grid import AreaId, MarketSlot

_NOTHING = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class RecordedMarket:
    """A market of a recorded event."""

    name: str
    trades: TradeStats | None
    last_fee: float | None
    current_fee: float | None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A market event; `payload` is its text as recorded."""

    aggregator: str
    """Empty where the recording does not say."""
    slot: MarketSlot
    markets: Mapping[AreaId, RecordedMarket]
    assets: Mapping[AreaId, str]
    payload: bytes


@dataclass(frozen=True, slots=True)
class RecordedStatistics:
    """The statistics of an answer: by area their trades, and their text as recorded."""

    by_area: Mapping[AreaId, tuple[TradeStats, bytes]]


@dataclass(frozen=True, slots=True)
class RecordedFinish:
    """The end of a run."""

    aggregator: str


@dataclass(frozen=True, slots=True)
class OtherLine:
    """A line that a replay has no use for."""


RecordedLine = RecordedEvent | RecordedStatistics | RecordedFinish | OtherLine | Unreadable


class _Line(Struct, gc=False):
    channel: str | None = None
    data: msgspec.Raw = _NOTHING
    event: str | None = None
    command: str | None = None


class _Said(Struct, gc=False):
    event: str | None = None
    command: str | None = None
    market_slot: str | None = None
    grid_tree: dict[str, Node] | None = None
    content: msgspec.Raw = _NOTHING
    responses: dict[str, list[msgspec.Raw]] | list[msgspec.Raw] | None = None


class _Entry(Struct, gc=False):
    command: str | None = None
    status: str | None = None
    market_stats: msgspec.Raw = _NOTHING


_read_line = msgspec.json.Decoder(_Line).decode
_read_said = msgspec.json.Decoder(_Said).decode
_read_entry = msgspec.json.Decoder(_Entry | None).decode
_read_trades = msgspec.json.Decoder(TradeStats).decode


def read_line(line: bytes) -> RecordedLine:
    """What a line of a recording holds."""
    refusal = reason_to_refuse(line)
    if refusal:
        return Unreadable(refusal)
    try:
        return _recorded(line)
    except BrokenMessageError as error:
        return Unreadable(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return OtherLine() if _is_a_command(line) else Unreadable(shown(str(error)))


def _is_a_command(line: bytes) -> bool:
    """Whether a line holds what some client said, which may be odd: Python writes `NaN`."""
    try:
        outer = json.loads(line)
    except (ValueError, RecursionError):
        return False
    said = outer.get("data") if isinstance(outer, dict) else None
    return isinstance(said, dict) and not said.keys() & {"event", "responses"}


def _recorded(line: bytes) -> RecordedLine:
    outer = _read_line(line)
    wrapped = bytes(outer.data) if outer.event is None and outer.command is None else b""
    payload = wrapped or line
    if not payload.startswith(b"{"):  # the raw text of something that was no JSON, or a list
        return OtherLine()
    return _what(_read_said(payload), payload, aggregator_of(outer.channel or ""))


def _what(said: _Said, payload: bytes, aggregator: str) -> RecordedLine:
    if said.event == "market" or said.command == "batch_commands":
        msgspec.json.decode(payload)  # all of it is played, also what nobody here reads
    if said.event == "market":
        return _event(said, payload, aggregator)
    if said.event == "finish":
        return RecordedFinish(aggregator)
    if said.command == "batch_commands" and isinstance(said.responses, dict):
        return _statistics(said.responses)
    return OtherLine()


def _event(said: _Said, payload: bytes, aggregator: str) -> RecordedEvent:
    if said.content:
        raise BrokenMessageError("a market event in the dialect of 2020, which cannot be replayed")
    if said.market_slot is None or not said.grid_tree:
        raise BrokenMessageError("a market event without its slot or tree")
    markets: dict[AreaId, RecordedMarket] = {}
    assets: dict[AreaId, str] = {}
    trees = [said.grid_tree]
    for tree in trees:
        for area, node in tree.items():
            if node.children is None:
                assets[AreaId(area)] = node.area_name
            else:
                trees.append(node.children)
                markets[AreaId(area)] = RecordedMarket(
                    node.area_name,
                    node.last_market_stats,
                    node.last_market_fee,
                    node.current_market_fee,
                )
    if not markets:
        raise BrokenMessageError("a market event without a market")
    return RecordedEvent(aggregator, slot_of(said.market_slot), markets, assets, payload)


def _statistics(responses: Mapping[str, list[msgspec.Raw]]) -> RecordedStatistics:
    by_area: dict[AreaId, tuple[TradeStats, bytes]] = {}
    for area, entries in responses.items():
        for entry in map(_read_entry, entries):
            if entry and entry.command == "dso_market_stats" and entry.status == "ready":
                trades = _read_trades(entry.market_stats)
                if bytes(entry.market_stats) not in {b"", b"{}"}:
                    by_area[AreaId(area)] = trades, bytes(entry.market_stats)
    return RecordedStatistics(by_area)
