"""The words of the conversation with an exchange, in both dialects: bytes to values and back.

This package alone spells the keys of the wire.
"""

from rulegrid.exchange.messages.commands import (
    FeeBatch,
    Rails,
    batch_command,
    statistics_command,
)
from rulegrid.exchange.messages.incoming import decode
from rulegrid.exchange.messages.kinds import (
    BatchAnswer,
    FeeAnswer,
    Finish,
    Heartbeat,
    Ignored,
    MarketEvent,
    Message,
    Statistics,
    Unreadable,
    Wire,
)
from rulegrid.exchange.messages.limits import MAX_BYTES
from rulegrid.exchange.messages.snapshots import with_statistics

__all__ = [
    "MAX_BYTES",
    "BatchAnswer",
    "FeeAnswer",
    "FeeBatch",
    "Finish",
    "Heartbeat",
    "Ignored",
    "MarketEvent",
    "Message",
    "Rails",
    "Statistics",
    "Unreadable",
    "Wire",
    "batch_command",
    "decode",
    "statistics_command",
    "with_statistics",
]
