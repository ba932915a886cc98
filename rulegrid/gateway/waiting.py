"""How long a live link waits for what, and when it tries again. All seconds are monotonic."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from statistics import median

INTERVALS_KEPT = 5


@dataclass(frozen=True, slots=True)
class Patience:
    """The times of a live link, in seconds."""

    answer: float = 10.0
    """How long it may take to come to an understanding with the exchange when a link opens."""
    call: float = 2.0
    """How long one step may take: a connection, a command sent, a login."""
    silence: float = 20.0
    """How long nothing may be heard of an exchange that has been heard before."""
    probe: float = 60.0
    """How long events may be missing, before any have come, until the exchange is asked why."""
    ceiling: float = 30.0
    """The longest pause between two tries to connect."""
    ping: float = 20.0
    """How often a websocket is asked for a sign of life."""
    pong: float = 10.0
    """How long that may take."""
    token: float = 12 * 3600.0
    """How long a token is good that does not say so itself."""


PATIENT = Patience()


class Backoff:
    """Pauses between tries: full jitter under a ceiling that doubles.

    So many agents that lost the same exchange do not all come back at once.
    """

    def __init__(self, first: float = 0.5, draw: Callable[[], float] = random.random) -> None:
        self._first = first
        self._draw = draw
        self._tries = 0

    def pause(self, ceiling: float) -> float:
        """Seconds to wait before the next try."""
        limit = min(ceiling, self._first * 2.0 ** min(self._tries, 60))
        self._tries += 1
        return self._draw() * limit

    def reset(self) -> None:
        """A try has led to something."""
        self._tries = 0


class Rhythm:
    """How often market events come. The real length of a slot is not on the wire."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._intervals: tuple[float, ...] = ()  # replaced whole: another thread reads it

    def beat(self, now: float) -> None:
        """An event has come."""
        if self._last is not None:
            self._intervals = (*self._intervals[1 - INTERVALS_KEPT :], now - self._last)
        self._last = now

    @property
    def interval(self) -> float | None:
        """The median of the last few intervals; None before there was one."""
        intervals = self._intervals
        return median(intervals) if intervals else None

    def ceiling(self, longest: float) -> float:
        """The longest pause between two tries: a tenth of a slot where its length is known."""
        interval = self.interval
        return longest if interval is None else min(longest, max(0.1, interval / 10))

    def step(self, longest: float) -> float:
        """How long a step may take: a quarter of a slot where its length is known."""
        interval = self.interval
        return longest if interval is None else min(longest, max(0.25, interval / 4))

    def due(self, unknown: float) -> float:
        """How long after an event the next one is overdue: a slot and a half."""
        interval = self.interval
        return unknown if interval is None else max(1.0, 1.5 * interval)


class Pulse:
    """The life of one websocket after the other: when to ask for a sign of it, when to give up.

    A connection is dead when it does not answer a ping. It is of no use when no market event comes
    for a slot and a half: then another one is tried, and with each that brings none the wait
    doubles, because the simulation may be paused.
    """

    def __init__(self, patience: Patience, rhythm: Rhythm) -> None:
        self._patience = patience
        self._rhythm = rhythm
        self._fruitless = 0
        self._heard = self._asked = self._event = 0.0

    def connected(self, now: float) -> None:
        """A new connection has been made."""
        self._heard = self._asked = self._event = now

    def heard(self, now: float) -> None:
        """Bytes have come."""
        self._heard = max(self._heard, now)

    def event(self, now: float) -> None:
        """A market event has come."""
        self._rhythm.beat(now)
        self._event = now
        self._fruitless = 0

    def asked(self, now: float) -> None:
        """A ping has been sent."""
        self._asked = now

    @property
    def next(self) -> float:
        """When to look again."""
        is_asked = self._asked > self._heard
        life = self._asked + self._patience.pong if is_asked else self._heard + self._patience.ping
        return min(life, self._event + self._longest_wait)

    def must_ask(self, now: float) -> bool:
        """Whether it is time for a ping."""
        return self._asked <= self._heard and now - self._heard >= self._patience.ping

    def fault(self, now: float) -> str:
        """Why the connection is to be given up, or an empty text."""
        if self._asked > self._heard and now - self._asked >= self._patience.pong:
            return f"there was no sign of life for {now - self._heard:.0f} s"
        if now - self._event >= self._longest_wait:
            self._fruitless += 1
            return f"no market event came for {now - self._event:.0f} s"
        return ""

    @property
    def _longest_wait(self) -> float:
        return max(self._patience.silence, self._rhythm.due(inf)) * 2.0 ** min(self._fruitless, 30)
