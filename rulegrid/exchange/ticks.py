"""An exchange that lives by ticks: when it takes batches over, answers, and tells of slots."""

from dataclasses import dataclass

from rulegrid.exchange.faults import Delivery, Faults
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said

TICKS = 10
"""In a slot."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What the end of a tick brings."""

    deliveries: tuple[Delivery, ...]
    cuts: bool = False
    """Whether all connections are cut, before anything is delivered."""
    expires: bool = False
    """Whether all tokens expire."""


class Ticks:
    """The slots of an exchange, each of ten ticks.

    Batches are taken over at the beginning of a tick, executed at its end and answered right
    after. Slots open between ticks; the events come at the end of a slot's first tick, after the
    answers. So a batch that comes in the last tick is executed in the next slot, one slot late.
    """

    def __init__(self, exchange: RecordedExchange, faults: Faults) -> None:
        self._exchange = exchange
        self._faults = faults
        self._tick = 1 if exchange.memory.is_announced else 0
        self._cut: float | None = None
        faults.begin_slot(exchange.memory.slot)

    @property
    def is_over(self) -> bool:
        """Whether `finish` has been said."""
        return self._exchange.is_over

    @property
    def stands_still(self) -> bool:
        """Whether an operator has paused the exchange."""
        controls = self._exchange.controls
        return controls.is_paused and not controls.is_stopped

    def hear(self, channel: str, payload: bytes) -> tuple[Said, ...]:
        """Take in a message; what is said at once."""
        if not self._faults.hears(channel, self._exchange.memory.slot):
            return ()
        return self._exchange.hear(channel, self._faults.on_the_way_in(channel, payload))

    def begin_tick(self) -> None:
        """A tick begins."""
        self._exchange.take_over()

    def end_tick(self) -> Beat:
        """A tick ends, and perhaps its slot, and perhaps the day."""
        said = [*self._exchange.execute()]
        if self._tick == 0:
            said += self._exchange.announce()
        deliveries = [each for one in said for each in self._faults.on_the_way_out(one)]
        cuts = self._cut is not None and self._tick >= int(self._cut * TICKS)
        self._cut = None if cuts else self._cut
        expires = self._pass_on()
        if self.is_over:
            deliveries += self._faults.held_back()
            deliveries += map(Delivery, self._exchange.announce())
        return Beat(tuple(deliveries), cuts, expires)

    def _pass_on(self) -> bool:
        """Go on to the next tick, and the next slot after the last; whether tokens expire."""
        self._tick += 1
        if self._tick < TICKS and not self._exchange.controls.is_stopped:
            return False
        self._tick = 0
        self._exchange.begin_slot()
        self._faults.begin_slot(self._exchange.memory.slot)
        self._cut = self._faults.moment("cut")
        return self._faults.strikes("expire")
