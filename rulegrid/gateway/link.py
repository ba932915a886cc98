"""What every connection to an exchange can do."""

from collections.abc import Callable, Collection
from enum import Enum
from typing import Protocol

from rulegrid.exchange.claims import Selected
from rulegrid.exchange.messages import Wire
from rulegrid.grid import AreaId


class LinkError(Exception):
    """An exchange that cannot be reached or refuses us.

    The message is one line for the one who started rulegrid, and holds no secret.
    """

    def __init__(self, message: str, *, is_lasting: bool = False) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting
        """Whether waiting does not help: somebody has to mend it."""


class LinkChange(Enum):
    """What became of the connection itself."""

    LOST = "lost"
    """From here on messages may be missing, and what is sent may not arrive."""
    RESTORED = "restored"
    """Messages come again. What was sent before may or may not have been heard."""


def every_name(name: str) -> bool:
    """Whether an area of this name is wanted, for those who want all."""
    del name
    return True


class Link(Protocol):
    """A connection to an exchange, or to something that behaves as one.

    A link carries messages and neither reads nor keeps them. It is used by one thread. Once open
    it stays open: a connection that breaks is made again, as often as it takes.
    """

    @property
    def wire(self) -> Wire:
        """How the exchange speaks."""

    @property
    def aggregator(self) -> str:
        """The uuid under which we control areas; every batch names it. On the web, once open."""

    @property
    def trouble(self) -> str:
        """What is wrong with the connection at the moment, in words, or an empty text."""

    def open(self, is_wanted: Callable[[str], bool] = every_name) -> Selected:
        """Connect, become an aggregator, and select so much that market events come.

        `is_wanted` tells of a name whether its area is. Where the exchange does not say which
        areas are markets (on Redis), only one is selected, so that no asset is taken from its
        strategy: the first event tells, and `select` takes the others.

        Raises `LinkError`; then it can be opened again.
        """

    def select(self, areas: Collection[AreaId]) -> Selected:
        """Make sure that these markets are selected. Takes two seconds at most, and never fails.

        Told are those of `areas` that are ours, and those that are another's.
        """

    def send(self, payload: bytes) -> None:
        """Send a batch command. One that cannot be sent is lost, and the change is `received`."""

    def receive(self, timeout: float | None = None) -> bytes | LinkChange | None:
        """The next message or change of the connection, in the order in which they came.

        None when nothing came within so many seconds; without a timeout, when nothing will come.
        """

    def release(self) -> None:
        """Give all our areas back, so that another aggregator can have them; then close.

        For those who only listened: without it they stay ours for a later run.
        """

    def close(self) -> None:
        """Let go of the exchange; what has been set stays set."""
