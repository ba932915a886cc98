"""A connection to Redis: one socket to publish on, one to hear from.

A line that breaks stays broken: whoever uses it makes a new one. Of redis-py only the single
connection is used, because its clients repeat commands and reconnect on their own.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from socket import SHUT_RDWR, socket
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import redis
from redis._parsers.resp2 import _RESP2Parser
from redis._parsers.socket import SocketBuffer
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.retry import Retry

from rulegrid.diagnostics import shown, shown_path
from rulegrid.exchange.messages import MAX_BYTES
from rulegrid.exchange.registrations import Said

PIPELINED = 500
"""Commands sent before their replies are read, few enough that neither side's buffers fill up."""

MOST_TOLD = 200
"""Characters of an error."""

_BROKEN = (redis.RedisError, OSError, ValueError, AttributeError)
"""What redis-py raises: the last two where what came is no reply of a Redis."""


class LineError(Exception):
    """A line that is broken or cannot be made; the message holds no secret."""


class _BoundedBuffer(SocketBuffer):
    """Reads no more than a message may have, whatever length was announced."""

    def _read_from_socket(self, length: int | None = None, *args: Any, **kwargs: Any) -> bool:
        if self.unread_bytes() + (length or 0) > MAX_BYTES:
            raise redis.ConnectionError(f"more than {MAX_BYTES >> 20} MiB in one message")
        return bool(super()._read_from_socket(length, *args, **kwargs))


class _BoundedParser(_RESP2Parser):
    """Reads replies out of a bounded buffer."""

    def on_connect(self, connection: Any) -> None:
        super().on_connect(connection)  # type: ignore[no-untyped-call]
        sock = connection._sock  # noqa: SLF001 - as every parser of redis-py does
        self._buffer = _BoundedBuffer(sock, self.socket_read_size, connection.socket_timeout)


def shown_url(url: str) -> str:
    """A URL of Redis without the secrets that it may carry."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return shown(f"{parts.scheme}://{host}{parts.path}")


def check_url(url: str) -> None:
    """Raise `ValueError` with a message for the one who wrote it where a URL is none of Redis."""
    try:
        ConnectionPool.from_url(url).make_connection()
    except _BROKEN as error:
        reason = shown(str(error)) if "@" not in url else "it cannot be read"
        raise ValueError(f"`{shown_url(url)}` is no URL of a Redis: {reason}") from None


class RedisLine:
    """Two sockets to a Redis. Publishing may be done by many threads, reading by one."""

    def __init__(self, url: str, channels: Sequence[str], seconds: float) -> None:
        """Connect and subscribe; every step may take so many seconds. Raises `LineError`."""
        self._publishing = Lock()
        self._is_broken = False
        self._out, self._in = (_connection(url, seconds) for _ in range(2))
        try:
            self._connect(channels)
        except LineError:
            self.close()
            raise

    def _connect(self, channels: Sequence[str]) -> None:
        with self._failing():
            self._out.connect()
            self._in.connect()
            self._in.send_command("SUBSCRIBE", *channels)
            for _ in channels:
                self._in.read_response()

    def publish(self, messages: Iterable[Said]) -> int:
        """Publish messages, all of them sent before the first reply is read.

        Gives the number of subscribers that heard the one that fewest heard. Raises `LineError`.
        """
        left = list(messages)
        heard = []
        with self._publishing, self._failing():
            while left:
                now, left = left[:PIPELINED], left[PIPELINED:]
                commands = [("PUBLISH", said.channel, said.payload) for said in now]
                self._out.send_packed_command(self._out.pack_commands(commands))
                heard += [int(self._out.read_response()) for _ in now]
        return min(heard, default=0)

    def read(self, seconds: float) -> Said | None:
        """The next message, a pong as one of no channel; None when nothing came in time.

        Raises `LineError`.
        """
        with self._failing():
            if not self._in.can_read(max(0.001, seconds)):
                return None
            reply = self._in.read_response()
        match reply:
            case [b"message", bytes(channel), bytes(payload)]:
                return Said(channel.decode(errors="replace"), payload)
        return Said("", b"")

    def ping(self) -> None:
        """Ask Redis for a sign of life, from the thread that reads. Raises `LineError`."""
        with self._failing():
            self._in.send_command("PING")

    def breaks(self) -> None:
        """Break the line, from any thread; whoever waits for it is woken."""
        self._is_broken = True
        for connection in (self._out, self._in):
            sock = connection._sock  # noqa: SLF001 - to close it here would make it connect anew
            if sock is not None:
                with contextlib.suppress(OSError):
                    socket.shutdown(sock, SHUT_RDWR)

    def close(self) -> None:
        """Let go of the sockets, once no thread reads any more."""
        self.breaks()
        with self._publishing:
            self._out.disconnect()
            self._in.disconnect()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn whatever goes wrong into `LineError`, and break the line."""
        if self._is_broken:
            raise LineError("the connection is closed")
        try:
            yield
        except _BROKEN as error:
            self.breaks()
            raise LineError(_one_line(error)) from None


def _connection(url: str, seconds: float) -> Any:
    """A connection of redis-py (few of its methods are typed) that never tries anything twice."""
    pool = ConnectionPool.from_url(
        url,
        protocol=2,
        parser_class=_BoundedParser,
        retry=Retry(NoBackoff(), 0),
        retry_on_timeout=False,
        health_check_interval=0,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        socket_keepalive=True,
    )
    return pool.make_connection()


def _one_line(error: Exception) -> str:
    """What went wrong. The texts of redis-py name host and port, and no secret."""
    return shown_path(str(error).rstrip("."))[:MOST_TOLD] or type(error).__name__
