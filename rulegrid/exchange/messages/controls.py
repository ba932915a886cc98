"""What an operator tells the exchange itself, and the sign of life it gives."""

import msgspec

from rulegrid.exchange.messages.aggregators import read_transaction
from rulegrid.exchange.messages.channels import CONTROLS


def control(channel: str) -> str:
    """What a channel lets an operator do, or an empty text."""
    name = channel.removeprefix("/")
    return name if channel.startswith("/") and name in CONTROLS else ""


def control_answer(command: str, payload: bytes) -> tuple[str, bytes]:
    """The channel and the answer to a control that was obeyed. Raises `DeafeningError`."""
    answer = {
        "command": command,
        "simulation_id": "",
        "transaction_id": read_transaction(payload),
        "status": "success",
    }
    return f"/response/{command}", msgspec.json.encode(answer)


def heartbeat(seconds: int) -> bytes:
    """A sign of life at a time in Unix seconds."""
    return msgspec.json.encode({"time": seconds})
