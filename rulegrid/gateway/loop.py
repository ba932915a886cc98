"""The one loop: messages in, effects out."""

from collections.abc import Callable, Iterator

from rulegrid.exchange.effects import Effect, Send
from rulegrid.exchange.session import Session, Step
from rulegrid.gateway.link import Link

Clock = Callable[[], float]
"""Seconds that never go back."""


def standing_still() -> float:
    """The clock of a recorded day: nothing is ever late there."""
    return 0.0


def converse(session: Session, link: Link, clock: Clock = standing_still) -> Iterator[Effect]:
    """Hold a conversation until it ends or the link runs dry.

    Yields every effect in order. A `Send` is carried out when the iteration goes on, so that it
    can be journalled first; whoever has seen enough may stop iterating.
    """
    while not session.ended:
        step = _next_step(session, link, clock)
        if step is None:
            return
        session, effects = step
        for effect in effects:
            yield effect
            if isinstance(effect, Send):
                link.send(effect.payload)


def _next_step(session: Session, link: Link, clock: Clock) -> Step | None:
    """Wait for a message, or until something is due; None where no message will ever come."""
    due = session.due
    payload = link.receive(None if due is None else max(0.0, due - clock()))
    if payload is not None:
        return session.receive(payload, clock())
    return None if due is None else session.tick(clock())
