"""Lines for standard error, of which a reader that has stopped reading keeps nobody waiting."""

import select
import sys
from collections import deque
from collections.abc import Callable
from time import monotonic, sleep

MOST_WAITING = 1000
"""So many lines wait for their reader; then the oldest are dropped, and counted."""

LAST_PATIENCE = 0.2
"""Seconds in which the last lines may still be read when a run ends."""

LOOK_AGAIN = 0.01


class StandardError:
    """Writes to what standard error is at the moment: a live table may have taken its place.

    A line is written when it is told, if that blocks nobody; else with the next that is, in order.
    `told_of_drops` makes the line that says how many were dropped.
    """

    def __init__(self, told_of_drops: Callable[[int], str]) -> None:
        self._told_of_drops = told_of_drops
        self._waiting: deque[str] = deque()
        self._dropped = 0

    def __call__(self, *_: object) -> "StandardError":
        """Itself: structlog asks for one for each name of a logger."""
        return self

    def msg(self, line: str) -> None:
        """Write a line now or later."""
        self._waiting.append(line)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        self._write_waiting()

    info = warning = error = msg

    def finish(self) -> None:
        """Write what still waits, if somebody reads it soon."""
        deadline = monotonic() + LAST_PATIENCE
        self._write_waiting()
        while self._waiting and monotonic() < deadline:
            sleep(LOOK_AGAIN)
            self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting and _takes_a_line():
            if self._dropped:
                line, self._dropped = self._told_of_drops(self._dropped), 0
            else:
                line = self._waiting.popleft()
            print(line, file=sys.stderr, flush=True)  # noqa: T201


def _takes_a_line() -> bool:
    """Whether a line can be written without waiting for whoever reads it."""
    try:
        _, ready, _ = select.select([], [sys.stderr.fileno()], [], 0)
    except (OSError, ValueError):  # no file at all, or a system that cannot tell
        return True
    return bool(ready)
