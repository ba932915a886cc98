"""Market slots as the wire writes them."""

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages.kinds import BrokenMessageError
from rulegrid.grid import MarketSlot, read_slot


def slot_of(text: str) -> MarketSlot:
    """The slot that a message names."""
    try:
        return read_slot(text)
    except (ValueError, OverflowError) as error:
        raise BrokenMessageError(f"no market slot: `{shown(text)}`") from error
