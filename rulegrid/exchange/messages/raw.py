"""Messages as plain data, for operators who write their own code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rulegrid.exchange.messages.kinds import Unreadable, Wire
from rulegrid.exchange.messages.served import (
    DeadlyError,
    DeafeningError,
    Verdict,
    check_batch,
    read_object,
    sent_fee,
)
from rulegrid.grid import AreaId


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as the exchange sent it, and the little one must know to pass it on."""

    kind: Literal["market", "finish", "answer", "other"]
    body: dict[str, Any]
    transaction: str = ""
    """Of the batch that is answered."""
    slot: str = ""
    """The market slot that has opened, as the exchange writes it."""


def read_raw(payload: bytes) -> RawMessage | Unreadable:
    """A message as plain data."""
    try:
        return _raw(read_object(payload))
    except DeafeningError as error:
        return Unreadable(str(error))


def _raw(body: dict[str, Any]) -> RawMessage:
    match body:
        case {"event": "market"}:
            return RawMessage("market", body, slot=_slot(body))
        case {"event": "finish"}:
            return RawMessage("finish", body)
        case {"command": "batch_commands", "transaction_id": str(transaction)}:
            return RawMessage("answer", body, transaction)
    return RawMessage("other", body)


def _slot(body: Mapping[str, Any]) -> str:
    content = body.get("content")
    entries = content if isinstance(content, list) else []
    times = [entry.get("start_time") for entry in entries if isinstance(entry, dict)]
    return str(body.get("market_slot") or next(filter(None, times), ""))


def markets_in(body: Mapping[str, Any]) -> Mapping[AreaId, str]:
    """The markets that a market event tells of: names by uuid, in either dialect."""
    content = body.get("content")
    if isinstance(content, list):
        named = [entry for entry in content if isinstance(entry, dict) and "area_uuid" in entry]
        return {AreaId(str(entry["area_uuid"])): str(entry.get("name", "")) for entry in named}
    markets: dict[AreaId, str] = {}
    trees = [body.get("grid_tree")]
    for tree in trees:
        nodes = tree.items() if isinstance(tree, dict) else ()
        for area, node in nodes:
            if isinstance(node, dict) and "children" in node:
                markets[AreaId(area)] = str(node.get("area_name", ""))
                trees.append(node["children"])
    return markets


def checked_commands(commands: Mapping[str, Any], wire: Wire) -> dict[AreaId, Any]:
    """A `batch_commands` object as it will go over the wire, numbers of NumPy turned into JSON's.

    Raises `ValueError` for what a real exchange would die of, refuse in silence or never answer,
    and `TypeError` for what is no JSON.
    """
    plain: dict[AreaId, Any] = json.loads(json.dumps(commands, default=_plain))
    if not plain:
        raise ValueError("an empty batch is never answered")
    for percent in (False, True):
        try:
            check_batch(plain, Wire(wire.dialect, percent=percent))
        except DeadlyError as error:
            raise ValueError(f"this would end the exchange, so it is not sent: {error}") from error
        for area, command in _fees(plain):
            verdict, fee = sent_fee(command, Wire(percent=percent))
            if verdict is Verdict.REFUSED:
                raise ValueError(f"the exchange would not take the fee {fee} of area {area}")
    return plain


def _fees(commands: Mapping[AreaId, Any]) -> list[tuple[AreaId, Mapping[str, Any]]]:
    return [
        (area, command)
        for area, listed in commands.items()
        for command in listed
        if command.get("type") == "grid_fees"
    ]


def _plain(value: Any) -> Any:
    """A NumPy number as one of Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a command")
