"""What every connection to an exchange can do."""

from collections.abc import Mapping
from typing import Protocol

from rulegrid.exchange.messages import Wire
from rulegrid.grid import AreaId


class Link(Protocol):
    """A connection to an exchange, or to something that behaves as one.

    A link carries messages and neither reads nor keeps them. It is used by one thread.
    """

    @property
    def wire(self) -> Wire:
        """How the exchange speaks."""

    @property
    def aggregator(self) -> str:
        """The uuid under which we control areas; every batch names it."""

    def open(self) -> Mapping[AreaId, str]:
        """Connect, register and select: the areas whose fees can be set, with their names."""

    def send(self, payload: bytes) -> None:
        """Send a batch command."""

    def receive(self, timeout: float | None = None) -> bytes | None:
        """The next message, in the order in which they came.

        None when nothing came within so many seconds; without a timeout, when nothing will come.
        """

    def close(self) -> None:
        """Let go of the exchange; what has been set stays set."""
