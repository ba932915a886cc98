"""Two agents that set the fees of the same areas."""

from typing import Any

from rulegrid.exchange.effects import Effect, Send
from rulegrid.exchange.messages import Wire, channels, joining
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.session import Session, Settings, Step
from rulegrid.gateway.recording import embedded_day
from tests.building import program


class Rival:
    """One of them."""

    def __init__(self, name: str, text: str, **settings: Any) -> None:
        self.session = Session(program(text), Settings(name, name, **settings))
        self.effects: list[Effect] = []
        self.outbox: list[bytes] = []

    def hear(self, payload: bytes) -> None:
        if not self.session.ended:
            self._move(self.session.receive(payload))

    def _move(self, step: Step) -> None:
        self.session, effects = step
        self.effects += effects
        self.outbox += [effect.payload for effect in effects if isinstance(effect, Send)]


class Rivals:
    """A recorded day with both of them; the second is heard last. Only one can own the areas."""

    def __init__(self, first: str, second: str, **settings: Any) -> None:
        self.first = Rival("first", first, **settings)
        self.second = Rival("second", second, **settings)
        self.both = (self.first, self.second)
        day, wire = embedded_day(), Wire()
        self._exchange = RecordedExchange(day, wire)
        for area in day.names:
            say = joining.select_area("first", area, f"select-{area}")
            self._exchange.hear(channels.aggregator_commands(wire), say)

    def play(self, slots: int) -> None:
        """So many market events, which both can hear."""
        for _ in range(slots):
            for said in self._exchange.open_slot():
                for rival in self.both:
                    rival.hear(said.payload)
            self._execute()

    def _execute(self) -> None:
        for rival in self.both:
            for payload in rival.outbox:
                self._exchange.hear(channels.BATCHES, payload)
            rival.outbox.clear()
        for said in self._exchange.tick():
            rival = self.first if said.channel == channels.batch_answers("first") else self.second
            rival.hear(said.payload)
