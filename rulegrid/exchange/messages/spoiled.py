"""Messages as an exchange with a fault sends or takes them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rulegrid.exchange.messages.served import DeafeningError, read_object

_UNTAKEN = 1e300
"""A fee of no kind: an exchange answers it as `ready`, with the old one."""

_KPIS = ("self_sufficiency", "self_consumption")

GARBAGE: tuple[Callable[[bytes], bytes], ...] = (
    lambda _: b"this is not json",
    lambda _: b'{"event": "market", "market_slot": "\xff\xfe"}',
    lambda payload: payload[: len(payload) // 2],
    lambda _: b'{"event": "market", "market_slot": NaN, "grid_tree": {}}',
    lambda _: b'{"event": "market", "grid_tree": ' + b"[" * 10_000,
    lambda _: b'{"event": "market", "market_slot": 7, "grid_tree": []}',
    lambda _: b"",
)
"""Ways to make an unreadable message, some of them from a good one."""


def without_kpis(payload: bytes) -> bytes:
    """An event or answer whose self-sufficiency and self-consumption are null.

    The web server of the real exchange reports none.
    """
    if not any(kpi.encode() in payload for kpi in _KPIS):
        return payload
    return msgspec.json.encode(_nulled(msgspec.json.decode(payload)))


def _nulled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: None if key in _KPIS else _nulled(each) for key, each in value.items()}
    return [_nulled(each) for each in value] if isinstance(value, list) else value


def with_untaken_fees(payload: bytes, strikes: Callable[[], bool]) -> bytes:
    """A batch in which those fees that are struck will be answered with the old value."""
    try:
        message = read_object(payload, "batch_commands")
    except DeafeningError:
        return payload
    commands = message["batch_commands"]
    if not isinstance(commands, dict):
        return payload
    for listed in commands.values():
        for command in listed if isinstance(listed, list) else []:
            if isinstance(command, dict) and command.get("type") == "grid_fees" and strikes():
                command["data"] = _untaken(command.get("data"))
    return json.dumps(message).encode()


def _untaken(data: Any) -> Any:
    """The `data` of a fee command that looks as before but will not be taken."""
    if not isinstance(data, Mapping):
        return data
    return {key: _UNTAKEN if isinstance(fee, int | float) else fee for key, fee in data.items()}
