"""The one exchange that all wires of a sandbox share."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rulegrid.exchange.faults import Delivery, Faults
from rulegrid.exchange.messages import channels
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said
from rulegrid.exchange.ticks import Ticks
from rulegrid.gateway.logs import Logger
from rulegrid.gateway.sandbox.state import StateFile

Heard = tuple[str, bytes]
"""A channel and what came on it."""


class Outlet(Protocol):
    """A wire on which the exchange is heard."""

    def say(self, said: Sequence[Said]) -> None:
        """Let everybody hear it who listens on this wire. Never waits."""

    def cut(self) -> None:
        """Cut the connections of all clients."""


class Host:
    """Holds the exchange, lets all wires hear what it says, and keeps its state.

    Everything here happens in one thread, between two waits of its event loop.
    """

    def __init__(
        self, exchange: RecordedExchange, faults: Faults, slot_seconds: float, log: Logger
    ) -> None:
        self.exchange = exchange
        self.faults = faults
        self.answers = 0
        """How many batches have been answered."""
        self.mishaps: list[str] = []
        """What a real exchange would have died of, or fallen deaf from."""
        self.outlets: list[Outlet] = []
        self.moves = asyncio.Event()
        """Whether time goes by."""
        self.on_slot: Callable[[], None] = lambda: None
        self.on_expiry: Callable[[], None] = lambda: None
        self.state: StateFile | None = None
        self.waits = False
        """Whether time stands still until a client controls a market and listens."""
        self.deaf_ears: set[str] = set()
        """Aggregators that control markets but cannot be told yet."""
        self._ticks = Ticks(exchange, faults)
        self._slot_seconds = slot_seconds
        self._log = log
        self._told_mishaps = 0

    @property
    def is_over(self) -> bool:
        """Whether `finish` has been said."""
        return self._ticks.is_over

    def hear(self, messages: Iterable[Heard]) -> list[Said]:
        """Take in messages from any wire; what is said at once goes to all wires too."""
        said = [each for heard in messages for each in self._ticks.hear(*heard)]
        self._settle()
        self._say(said)
        return said

    def begin_tick(self) -> None:
        """A tick begins."""
        self._ticks.begin_tick()

    def end_tick(self) -> None:
        """A tick ends: answers and events go out, and faults happen."""
        slot = self.exchange.memory.slot
        beat = self._ticks.end_tick()
        self._settle()
        if beat.expires:
            self.on_expiry()
        if beat.cuts:
            for outlet in self.outlets:
                outlet.cut()
        for delivery in beat.deliveries:
            self._deliver(delivery)
        if self.is_over or self.exchange.memory.slot != slot:
            self.on_slot()

    def look_whether_time_goes_by(self) -> None:
        """Time may go by from now on, or not any more."""
        selected = self.exchange.registrations.selected
        self.waits = self.waits and not selected.keys() - self.deaf_ears
        if self.waits or self._ticks.stands_still:
            self.moves.clear()
        else:
            self.moves.set()

    def mishap(self, what: str) -> None:
        """A real exchange would not have lived through this, or not as well."""
        self.mishaps.append(what)
        self._log.warning("a real exchange would have suffered", reason=what)

    def _settle(self) -> None:
        """What has changed is written down before anybody is told."""
        if self.state is not None:
            self.state.keep(self.exchange.memory)
        for what in self.exchange.mishaps[self._told_mishaps :]:
            self.mishap(what)
        self._told_mishaps = len(self.exchange.mishaps)
        self.look_whether_time_goes_by()

    def _deliver(self, delivery: Delivery) -> None:
        if delivery.after:
            seconds = delivery.after * self._slot_seconds
            asyncio.get_running_loop().call_later(seconds, self._say, [delivery.said])
        else:
            self._say([delivery.said])

    def _say(self, said: Sequence[Said]) -> None:
        self.answers += sum(channels.addressed(each.channel)[0] == "answer" for each in said)
        for outlet in self.outlets if said else ():
            outlet.say(said)
