"""When to send again, and when to stop: worked out from the distances between market events.

A slot's real length is not on the wire, and all times are those of a monotonic clock.
"""

from dataclasses import dataclass, replace
from statistics import median

INTERVALS = 5
SENDING_SHARE = 0.75
"""Share of the distance between events after which nothing is sent for a slot any more."""

QUEUED = 0.25
"""An event that follows within this share of the usual distance had waited behind the other."""

TRIES = 3
"""A batch that is not confirmed is sent so often within its slot.

So a try waits for a quarter of a slot: an exchange answers at the end of the next tick but one,
within a fifth of a slot, and each command sent again makes it price every asset below anew.
"""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The rhythm of market events."""

    last: float | None = None
    """When the newest event came, in seconds."""
    intervals: tuple[float, ...] = ()
    """The newest distances between events that followed each other, in seconds a slot."""
    beaten: float | None = None
    """When the newest event came that counts as a beat."""
    slots_since: int = 0
    """Slots since then: those of events that tell nothing of the rhythm."""

    def beat(self, now: float, slots: int) -> "Rhythm":
        """The rhythm after an event that came `slots` slots after the one before.

        After a silence events can come all at once. Those tell nothing of the rhythm; the next
        distance is measured across them.
        """
        if self.beaten is None:
            return Rhythm(now, (), now)
        elapsed, slots = now - self.beaten, slots + self.slots_since
        if elapsed <= 0 or elapsed < self._shortest:
            return replace(self, last=now, slots_since=slots)
        return Rhythm(now, (*self.intervals, elapsed / slots)[-INTERVALS:], now)

    def is_open(self, now: float) -> bool:
        """Whether the newest slot's deadline is known and has not passed."""
        return self.deadline is not None and not self.is_late(now)

    @property
    def _shortest(self) -> float:
        return QUEUED * median(self.intervals) if self.intervals else 0.0

    @property
    def window(self) -> float | None:
        """Seconds after an event in which something may be sent; None while that is not known."""
        return SENDING_SHARE * median(self.intervals) if self.intervals else None

    @property
    def deadline(self) -> float | None:
        """When the newest slot's sending ends; None where it is not known."""
        window = self.window
        return None if window is None or self.last is None else self.last + window

    def is_late(self, now: float) -> bool:
        """Whether the newest slot's deadline has passed."""
        deadline = self.deadline
        return deadline is not None and now >= deadline

    def next_try(self, now: float) -> float | None:
        """When to send again what is sent now; None where only the first send is made."""
        window, deadline = self.window, self.deadline
        if window is None or deadline is None:
            return None
        return min(now + window / TRIES, deadline)
