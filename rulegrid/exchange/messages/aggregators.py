"""Aggregators, registrations and selections: how the exchange reads and answers them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from rulegrid.exchange.messages.served import read_object
from rulegrid.grid import AreaId


@dataclass(frozen=True, slots=True)
class AggregatorCommand:
    """A command that makes or ends an aggregator, or gives it a market."""

    kind: str
    transaction: str
    aggregator: str
    area: AreaId
    name: str


def read_aggregator_command(payload: bytes) -> AggregatorCommand:
    """A command as the exchange reads it.

    Raises `DeafeningError` where its listener would not survive it.
    """
    said = read_object(payload, "type", "transaction_id")
    aggregator, area, name = (
        str(said.get(key, "")) for key in ("aggregator_uuid", "device_uuid", "name")
    )
    return AggregatorCommand(
        str(said["type"]), str(said["transaction_id"]), aggregator, AreaId(area), name
    )


def read_transaction(payload: bytes) -> str:
    """The transaction of a message that says no more. Raises `DeafeningError`."""
    return str(read_object(payload, "transaction_id")["transaction_id"])


def created(command: AggregatorCommand) -> bytes:
    """The answer to a new aggregator."""
    return _answer(status="ready", name=command.name, transaction_id=command.transaction)


def not_created(command: AggregatorCommand) -> bytes:
    """The answer where the uuid is taken."""
    return _answer(
        status="error", aggregator_uuid=command.transaction, transaction_id=command.transaction
    )


def selection(command: AggregatorCommand, status: str, error: str = "") -> bytes:
    """The answer to a selection or its end."""
    return _answer(
        status=status,
        aggregator_uuid=command.aggregator,
        device_uuid=command.area,
        transaction_id=command.transaction,
        **({"msg": error} if error else {}),
    )


def deleted(command: AggregatorCommand) -> bytes:
    """The answer to the end of an aggregator."""
    return _answer(
        status="deleted", aggregator_uuid=command.aggregator, transaction_id=command.transaction
    )


def registered(transaction: str, area: AreaId) -> bytes:
    """The answer to the first registration of a market."""
    return _answer(
        command="register",
        status="ready",
        registered=True,
        transaction_id=transaction,
        device_uuid=area,
    )


def unregistered(transaction: str) -> bytes:
    """The answer to the end of a registration."""
    return _answer(
        command="unregister", status="ready", unregistered=True, transaction_id=transaction
    )


def area_map(names: Mapping[AreaId, str]) -> bytes:
    """Every area by its uuid."""
    return _answer(area_mapping=dict(names))


def _answer(**said: Any) -> bytes:
    return msgspec.json.encode(said)
