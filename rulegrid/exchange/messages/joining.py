"""Becoming an aggregator on Redis: what we ask, and how the answers are read."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from rulegrid.exchange.messages.limits import reason_to_refuse
from rulegrid.grid import AreaId

_TAKEN = "Device already have selected "


def create_aggregator(aggregator: str, name: str) -> bytes:
    """The command that makes an aggregator. Its uuid is the transaction we choose."""
    return msgspec.json.encode({"name": name, "type": "CREATE", "transaction_id": aggregator})


def select_area(aggregator: str, area: AreaId, transaction: str) -> bytes:
    """The command that lets an aggregator control a market."""
    return _selection("SELECT", aggregator, area, transaction)


def unselect_area(aggregator: str, area: AreaId, transaction: str) -> bytes:
    """The command that ends an aggregator's control of a market."""
    return _selection("UNSELECT", aggregator, area, transaction)


def _selection(kind: str, aggregator: str, area: AreaId, transaction: str) -> bytes:
    return msgspec.json.encode(
        {
            "aggregator_uuid": aggregator,
            "device_uuid": area,
            "type": kind,
            "transaction_id": transaction,
        }
    )


def ask_area_map(transaction: str) -> bytes:
    """The question what areas there are."""
    return msgspec.json.encode({"transaction_id": transaction})


class AggregatorAnswer(Struct, frozen=True, gc=False):
    """An answer to an aggregator's command. All aggregators hear the answers of all."""

    transaction: str = msgspec.field(name="transaction_id", default="")
    status: str = ""
    area: str = msgspec.field(name="device_uuid", default="")
    error: str = msgspec.field(name="msg", default="")

    @property
    def is_new(self) -> bool:
        """Whether it tells of an aggregator that was not known before."""
        return self.status == "ready"

    def owner(self, aggregator: str) -> str | None:
        """Who controls the area after a selection by `aggregator`; None where that is not told."""
        if self.status == "SELECTED":
            return aggregator
        if self.error.startswith(_TAKEN):
            return self.error.removeprefix(_TAKEN)
        return None


class _AreaMap(Struct, frozen=True, gc=False):
    area_mapping: dict[str, str]


_read_answer = msgspec.json.Decoder(AggregatorAnswer).decode
_read_area_map = msgspec.json.Decoder(_AreaMap).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_aggregator_answer(payload: bytes) -> AggregatorAnswer | None:
    """An answer to an aggregator's command, or None for anything else."""
    try:
        return None if reason_to_refuse(payload) else _read_answer(payload)
    except _UNREADABLE:
        return None


def read_area_map(payload: bytes) -> Mapping[AreaId, str] | None:
    """The names of all areas and assets by uuid, in the exchange's order; else None."""
    try:
        if reason_to_refuse(payload):
            return None
        return {AreaId(area): name for area, name in _read_area_map(payload).area_mapping.items()}
    except _UNREADABLE:
        return None
