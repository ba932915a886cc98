"""The one loop: messages in, effects out."""

from collections.abc import Iterator

from rulegrid.exchange.session import Effect, Send, Session
from rulegrid.gateway.link import Link


def converse(session: Session, link: Link) -> Iterator[Effect]:
    """Hold a conversation until it ends or the link runs dry.

    Yields every effect in order, once it has been carried out; whoever has seen enough may stop
    iterating.
    """
    while not session.ended:
        payload = link.receive()
        if payload is None:
            return
        session, effects = session.receive(payload)
        for effect in effects:
            if isinstance(effect, Send):
                link.send(effect.payload)
            yield effect
