"""One conversation with the exchange, as a value.

`session.receive(message, now) -> (session, effects)` never waits and never sends: the loop in the
gateway carries the effects out. The way of a market slot:

    event -> (statistics asked for -> answered) -> decided -> one batch of fees -> receipt

Control is level-triggered. Every message and every tick of the clock is a reason to look whether
the exchange has confirmed what we want for the newest slot; what it has not is sent again until
the slot's deadline. An older slot is never sent, and a slot never gets two different batches.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rulegrid.exchange.effects import Effect
from rulegrid.exchange.state import Settings, State
from rulegrid.exchange.turn import Turn

__all__ = ["Session", "Settings", "Step"]


@dataclass(frozen=True, eq=False)
class Session(State):
    """A conversation between two messages: `Session(program, settings)` is its beginning."""

    def receive(self, payload: bytes, now: float = 0.0) -> "Step":
        """Take in one message of the exchange; `now` is in seconds of a monotonic clock."""
        return self._turn(lambda turn: turn.message(payload, now))

    def tick(self, now: float) -> "Step":
        """Look whether something is due."""
        return self._turn(lambda turn: turn.tick(now))

    def restored(self, now: float) -> "Step":
        """Go on after the link was lost: what is not confirmed is sent again at once."""
        return self._turn(lambda turn: turn.restored(now))

    def withheld(self, why: str) -> "Step":
        """Let the newest slot go: its batch was not sent and will not be."""
        return self._turn(lambda turn: turn.withhold(why))

    @property
    def due(self) -> float | None:
        """When to call `tick` next; None while only a message can move the conversation."""
        return None if self.waiting is None else self.waiting.next_try

    def _turn(self, move: Callable[[Turn["Session"]], None]) -> "Step":
        turn = Turn(self)
        move(turn)
        return turn.state, tuple(turn.effects)


Step = tuple[Session, tuple[Effect, ...]]
"""The session after a move, and what is to be done."""
