"""The exchange's side of the conversation: commands read as a real one does, its answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import msgspec

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages.kinds import Wire
from rulegrid.exchange.messages.limits import reason_to_refuse
from rulegrid.grid import AreaId

LARGEST_INTEGER = 2**63 - 1
STATISTICS_COMMANDS = ("market_stats", "dso_market_stats")

Command = Mapping[str, Any]


STATISTICS: Mapping[str, Any] = {"type": "dso_market_stats", "data": {}}
"""The command that asks for statistics."""


class DeafeningError(Exception):
    """A message after which a real exchange goes on but hears no command any more."""


class DeadlyError(Exception):
    """A command that ends a real exchange on the spot, without an answer."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the exchange takes it in."""

    transaction: str
    aggregator: str
    commands: Any
    """Mostly an object of lists by area; nothing is checked until it is executed."""


def read_object(payload: bytes, *needed: str) -> dict[str, Any]:
    """A message as the exchange reads it: JSON as Python knows it, so `NaN` is a number.

    Raises `DeafeningError` for what its listener does not survive, such as a `needed` key missing.
    """
    refusal = reason_to_refuse(payload)
    if refusal:
        raise DeafeningError(refusal)
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise DeafeningError(f"not JSON: {shown(str(error))}") from error
    if not isinstance(message, dict):
        raise DeafeningError("not a JSON object")
    missing = [key for key in needed if message.get(key) is None]
    if missing:
        raise DeafeningError(f"no `{missing[0]}`")
    return message


def read_batch(payload: bytes) -> Batch:
    """A batch command, as far as the exchange looks at it when it arrives."""
    message = read_object(payload, "type", "transaction_id", "aggregator_uuid", "batch_commands")
    return Batch(
        str(message["transaction_id"]), str(message["aggregator_uuid"]), message["batch_commands"]
    )


def check_batch(commands: Any, wire: Wire) -> None:
    """Raise `DeadlyError` for a `batch_commands` that no exchange survives."""
    if not isinstance(commands, Mapping):
        raise DeadlyError("`batch_commands` is not an object")
    for area, listed in commands.items():
        if not isinstance(listed, list | tuple) or not all(
            isinstance(each, Mapping) for each in listed
        ):
            raise DeadlyError(f"the commands of area {shown(str(area))} are not a list of objects")
        for command in listed:
            _check_command(command, wire)


def _check_command(command: Command, wire: Wire) -> None:
    kind = command.get("type")
    if kind == "grid_fees":
        sent_fee(command, wire)
    elif kind == "dso_market_stats" or (kind in STATISTICS_COMMANDS and wire.dialect == "2020"):
        data = data_of(command)
        if wire.dialect == "2020" and not isinstance(data.get("market_slots"), list | tuple):
            raise DeadlyError(f"`{kind}` without a list `market_slots`")


def data_of(command: Command) -> Mapping[str, Any]:
    """The `data` of a command: an object, or an object in a string."""
    data = command.get("data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise DeadlyError(f"`data` of `{command.get('type')}` is not JSON") from error
    if not isinstance(data, Mapping):
        raise DeadlyError(f"`data` of `{command.get('type')}` is missing or not an object")
    return data


class Verdict(Enum):
    """What the exchange makes of a fee."""

    SET = auto()
    REFUSED = auto()
    """Not taken, and answered as if it were, with the old fee."""
    CONFLICT = auto()
    """No fee of the exchange's kind was named."""


def sent_fee(command: Command, wire: Wire) -> tuple[Verdict, Any]:
    """What the exchange makes of the fee in a `grid_fees` command, and that fee.

    Raises `DeadlyError`.
    """
    fee = data_of(command).get("fee_percent" if wire.percent else "fee_const")
    if fee is None:
        return Verdict.CONFLICT, None
    if not isinstance(fee, int | float):
        raise DeadlyError(f"a fee that is no number: {shown(json.dumps(fee, default=str))}")
    lowest = -LARGEST_INTEGER if wire.percent else 0
    return (Verdict.SET if lowest <= fee <= LARGEST_INTEGER else Verdict.REFUSED), fee


def direct_command(kind: str, data: Mapping[str, Any]) -> Command:
    """What was sent on a market's own channel, as the command it would be in a batch."""
    return {"type": kind, "data": data}


def direct_answer(answer: Mapping[str, Any], data: Mapping[str, Any]) -> bytes:
    """The answer to it, for who named its transaction."""
    return msgspec.json.encode({**answer, "transaction_id": data["transaction_id"]})


def charged(fee: Any, wire: Wire) -> float:
    """What an area's trades pay under a fee: ct/kWh, or a fraction of the price."""
    return max(0.0, fee / 100) if wire.percent else float(fee)


def fee_answer(area: AreaId, echo: Any, wire: Wire) -> dict[str, Any]:
    """The answer to a fee taken or silently refused: the fee that will be in force."""
    constant, percent = (None, echo) if wire.percent else (echo, None)
    return {
        "area_uuid": area,
        "command": "grid_fees",
        "status": "ready",
        "market_fee_const": str(constant),
        "market_fee_percent": str(percent),
    }


def fee_conflict(area: AreaId) -> dict[str, Any]:
    """The answer to a command that names no fee of the exchange's kind."""
    return {
        "area_uuid": area,
        "command": "grid_fees",
        "status": "error",
        "error_message": "GridFee parameter conflicting with GlobalConfigFeeType",
    }


def not_supported(area: AreaId, command: Command) -> dict[str, Any]:
    """The answer to a command that markets do not know, or that says not what it is."""
    kind = command.get("type")
    if kind is None:
        return {"status": "error", "area_uuid": area, "message": "Invalid command type"}
    return {
        "command": kind,
        "status": "error",
        "area_uuid": area,
        "message": f"Command type not supported for device {area}",
    }


def statistics_answer(
    area: AreaId, name: str, command: Command, statistics: Any, wire: Wire
) -> dict[str, Any]:
    """The answer to a statistics command."""
    named = {} if wire.dialect == "2020" else {"name": name}
    return {
        "status": "ready",
        **named,
        "area_uuid": area,
        "command": command["type"],
        "market_stats": statistics,
    }


def answer(batch: Batch, responses: Mapping[AreaId, Sequence[Any]], wire: Wire) -> bytes:
    """The answer to a batch."""
    return msgspec.json.encode(
        {
            "command": "batch_commands",
            "transaction_id": batch.transaction,
            "aggregator_uuid": batch.aggregator,
            "responses": list(responses.values()) if wire.dialect == "2020" else responses,
        }
    )


def finish(wire: Wire) -> bytes:
    """The end of the run."""
    if wire.dialect == "2020":
        return msgspec.json.encode({"event": "finish", "content": [{"event": "finish"}]})
    return msgspec.json.encode({"event": "finish", "simulation_id": None, "num_ticks": 10.0})
