"""The one loop: messages in, effects out."""

from collections.abc import Callable, Iterator
from threading import Event

from rulegrid.exchange.effects import Bound, Claimed, Effect, LinkChanged, Send
from rulegrid.exchange.session import Session, Step
from rulegrid.gateway.link import Link, LinkChange

Clock = Callable[[], float]
"""Seconds that never go back."""

LOOK_UP_SECONDS = 0.5
"""So often it is looked whether to stop, even when nothing happens."""


def standing_still() -> float:
    """The clock of a recorded day: nothing is ever late there."""
    return 0.0


class Conversation:
    """A session, a link, and what stands between them.

    Iterating gives every effect in order. A `Send` is carried out when the iteration goes on, so
    that it can be journalled first, and `withhold` can keep it from being sent. Setting `stop`
    ends it between two messages; whoever has seen enough may stop iterating as well.
    """

    def __init__(
        self,
        session: Session,
        link: Link,
        clock: Clock = standing_still,
        stop: Event | None = None,
    ) -> None:
        self.session = session
        self._stop = stop or Event()
        self._link = link
        self._clock = clock
        self._withheld = ""

    def withhold(self, why: str) -> None:
        """Do not send the command that was just given, and let its slot go."""
        self._withheld = why

    def __iter__(self) -> Iterator[Effect]:
        while not self.session.ended and not self._stop.is_set():
            yield from self._carried_out(self._move())

    def _carried_out(self, step: Step) -> Iterator[Effect]:
        self.session, effects = step
        for effect in effects:
            yield effect
            if isinstance(effect, Bound):
                yield self._claim(effect)
            elif isinstance(effect, Send) and self._withheld:
                why, self._withheld = self._withheld, ""
                yield from self._carried_out(self.session.withheld(why))
            elif isinstance(effect, Send):
                self._link.send(effect.payload)

    def _move(self) -> Step:
        """Wait for a message, a change of the link, or until something is due."""
        due = self.session.due
        wait = LOOK_UP_SECONDS if due is None else min(due - self._clock(), LOOK_UP_SECONDS)
        received = self._link.receive(max(0.0, wait))
        now = self._clock()
        if isinstance(received, bytes):
            return self.session.receive(received, now)
        if received is None:
            return self.session.tick(now)
        changed = LinkChanged(received is LinkChange.RESTORED, self._link.trouble)
        session, effects = self.session.restored(now) if changed.up else self.session.tick(now)
        return session, (changed, *effects)

    def _claim(self, bound: Bound) -> Claimed:
        """Make sure that the areas of the rulebook can be set."""
        wanted = bound.binding.reported
        selected = self._link.select(wanted)
        lacking = [a for a in wanted if a not in selected.areas and a not in selected.owners]
        return Claimed(bound.binding.grid, selected.owners, tuple(lacking))
