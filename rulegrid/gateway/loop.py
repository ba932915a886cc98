"""The one loop: messages in, effects out."""

from collections.abc import Callable, Iterable

from rulegrid.exchange.session import Concluded, Effect, Send, Session
from rulegrid.gateway.link import Link

Observer = Callable[[Effect], None]
"""Sees every effect in order, after it has been carried out."""


def converse(
    session: Session, link: Link, observers: Iterable[Observer], slots: int | None = None
) -> Session:
    """Hold a conversation until it ends, the link runs dry, or so many slots are concluded.

    Returns the session as it stands then.
    """
    watching = tuple(observers)
    concluded = 0
    while not session.ended:
        payload = link.receive()
        if payload is None:
            break
        session, effects = session.receive(payload)
        for effect in effects:
            if isinstance(effect, Send):
                link.send(effect.payload)
            for observer in watching:
                observer(effect)
            concluded += isinstance(effect, Concluded)
        if slots is not None and concluded >= slots:
            break
    return session
