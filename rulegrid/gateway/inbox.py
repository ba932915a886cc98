"""What a link's threads have heard, on its way to the one who receives."""

from collections import deque
from threading import Condition

from rulegrid.exchange.messages import MAX_BYTES
from rulegrid.gateway.link import LinkChange

MOST_WAITING = 4 * MAX_BYTES
"""Bytes that may wait to be received; then the oldest messages are dropped."""


class Inbox:
    """Messages and changes of the connection, in the order in which they came.

    A connection has parts that break one by one: it is lost with the first and restored with the
    last of them.
    """

    def __init__(self, most_bytes: int = MOST_WAITING) -> None:
        self._changed = Condition()
        self._waiting: deque[bytes | LinkChange] = deque()
        self._bytes = 0
        self._most_bytes = most_bytes
        self._broken: dict[str, str] = {}
        self._is_closed = False
        self.dropped = 0
        """Messages that nobody received in time."""

    @property
    def trouble(self) -> str:
        """Why the connection is lost, or an empty text."""
        return next(iter(tuple(self._broken.values())), "")

    def put(self, payload: bytes) -> None:
        """A message has come."""
        with self._changed:
            self._waiting.append(payload)
            self._bytes += len(payload)
            while self._bytes > self._most_bytes:
                self._drop_oldest()
            self._changed.notify()

    def _drop_oldest(self) -> None:
        oldest = next(each for each in self._waiting if isinstance(each, bytes))
        self._waiting.remove(oldest)
        self._bytes -= len(oldest)
        self.dropped += 1

    def down(self, part: str, why: str) -> None:
        """A part of the connection is broken."""
        with self._changed:
            if not self._broken:
                self._waiting.append(LinkChange.LOST)
                self._changed.notify()
            self._broken[part] = why

    def up(self, part: str) -> bool:
        """A part of the connection works; whether it was broken."""
        with self._changed:
            was_broken = self._broken.pop(part, None) is not None
            if was_broken and not self._broken:
                self._waiting.append(LinkChange.RESTORED)
                self._changed.notify()
            return was_broken

    def is_down(self, part: str) -> bool:
        """Whether a part of the connection is broken."""
        return part in self._broken

    def get(self, timeout: float | None) -> bytes | LinkChange | None:
        """The oldest that waits; None after so many seconds, or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed, timeout)
            if not self._waiting:
                return None
            oldest = self._waiting.popleft()
            if isinstance(oldest, bytes):
                self._bytes -= len(oldest)
            return oldest

    def close(self) -> None:
        """Nothing more will come, and what waits is dropped."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()
