"""Reading what an exchange sends: bytes to one typed value, never an exception."""

import msgspec
from msgspec import Struct

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages.answers import batch_answer
from rulegrid.exchange.messages.documented import documented_event
from rulegrid.exchange.messages.kinds import (
    BrokenMessageError,
    Finish,
    Heartbeat,
    Ignored,
    MarketEvent,
    Message,
    Unreadable,
    Wire,
)
from rulegrid.exchange.messages.limits import MAX_BYTES, reason_to_refuse
from rulegrid.exchange.messages.slots import slot_of
from rulegrid.exchange.messages.tree import Node, columns_of, grid_wide, listed
from rulegrid.grid import Grid

_NOTHING = msgspec.Raw()


class _Envelope(Struct, gc=False):
    """Every key of a message that rulegrid reads, whatever the message."""

    event: str | None = None
    command: str | None = None
    time: float | None = None
    market_slot: str | None = None
    grid_tree: dict[str, Node] | None = None
    feed_in_tariff_rate: float | None = None
    market_maker_rate: float | None = None
    content: msgspec.Raw = _NOTHING
    transaction_id: str | None = None
    responses: msgspec.Raw = _NOTHING


_read_envelope = msgspec.json.Decoder(_Envelope).decode


def decode(
    payload: bytes, wire: Wire, known: Grid | None = None, max_bytes: int = MAX_BYTES
) -> Message:
    """What a message says.

    `known` is the grid of the event before, used again where the tree is the same.

    The dialect of events and answers is told by their shape. One that is too large, too deep, no
    JSON or not as an exchange writes it is `Unreadable`.
    """
    refusal = reason_to_refuse(payload, max_bytes)
    if refusal:
        return Unreadable(refusal)
    try:
        return _message(_read_envelope(payload), wire, known)
    except BrokenMessageError as error:
        return Unreadable(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(shown(str(error)))


def _message(envelope: _Envelope, wire: Wire, known: Grid | None) -> Message:
    if envelope.event == "market":
        return _market_event(envelope, wire, known)
    if envelope.command == "batch_commands" and envelope.responses:
        return batch_answer(envelope.transaction_id, envelope.responses, wire)
    kind = envelope.event or envelope.command
    if kind is None and envelope.time is not None:
        return Heartbeat(envelope.time)
    return Finish() if kind == "finish" else Ignored(shown(kind or "other"))


def _market_event(envelope: _Envelope, wire: Wire, known: Grid | None) -> MarketEvent:
    if envelope.content:
        return documented_event(envelope.content, wire, known)
    if envelope.market_slot is None or envelope.grid_tree is None:
        raise BrokenMessageError("a market event without its slot or tree")
    markets, nodes = listed(envelope.grid_tree)
    columns = columns_of(nodes, wire)
    columns["feed_in_tariff"] = grid_wide(envelope.feed_in_tariff_rate, wire)
    columns["market_maker_rate"] = grid_wide(envelope.market_maker_rate, wire)
    return MarketEvent(slot_of(envelope.market_slot), markets.grid(known), columns)
