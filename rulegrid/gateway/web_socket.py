"""One websocket to a server. It is used by one thread, and broken once it has failed."""

import socket
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import websocket

from rulegrid.exchange.messages import MAX_BYTES
from rulegrid.gateway.secret import Secret
from rulegrid.gateway.web_errors import WebError, meaning, reason_of
from rulegrid.gateway.web_frames import Arrived, FrameError, Frames, Kind

PIECE = 1 << 16

LONGEST_HANDSHAKE = 1 << 16
"""Bytes of it."""

LONGEST_MESSAGE = 120.0
"""Seconds in which a message that has begun must end."""


class _Handshaking:
    """A socket that hears no more than a handshake needs, in no more time."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._socket = sock
        self._deadline = monotonic() + seconds
        self._left = LONGEST_HANDSHAKE

    def recv(self, most: int) -> bytes:
        """What came, while there is time and room."""
        received = self._socket.recv(most)
        self._left -= len(received)
        if self._left < 0 or monotonic() > self._deadline:
            raise TimeoutError
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def _dialled(url: str, seconds: float) -> socket.socket:
    """A connection to the host of a websocket's address. Raises `OSError` and `ValueError`."""
    parts = urlsplit(url)
    host, is_secret = parts.hostname or "", parts.scheme == "wss"
    port = parts.port or (443 if is_secret else 80)
    dialled = socket.create_connection((host, port), seconds)
    try:
        dialled.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if is_secret:
            return ssl.create_default_context().wrap_socket(dialled, server_hostname=host)
    except OSError:
        dialled.close()
        raise
    return dialled


class WebSocket:
    """Hears messages, text or binary, and answers pings.

    The library makes the handshake and writes frames; reading is done here, because it believes
    any length that a frame announces.
    """

    def __init__(self, url: str, token: Secret, seconds: float) -> None:
        """Connect; each step may take so many seconds. Raises `WebError`."""
        self._url = url
        self._seconds = seconds
        self._frames = Frames(MAX_BYTES)
        self._arrived: deque[Arrived] = deque()
        self.heard = self._begun = monotonic()
        """When the server was last heard of."""
        self._library: Any = websocket.WebSocket(enable_multithread=False)
        with self._explained():
            self._socket = _dialled(url, seconds)
        try:
            self._shake_hands(token)
        except WebError:
            self._socket.close()
            raise

    def _shake_hands(self, token: Secret) -> None:
        with self._explained():
            self._library.connect(
                self._url,
                timeout=self._seconds,
                header=[f"Authorization: JWT {token.reveal()}"],
                redirect_limit=0,  # another server has no business with our token
                socket=_Handshaking(self._socket, self._seconds),
            )

    def read(self, seconds: float) -> Arrived | None:
        """The next message or pong; None when nothing whole came in time. Raises `WebError`.

        Pings are answered meanwhile.
        """
        with self._explained():
            if not self._arrived:
                self._socket.settimeout(max(0.001, seconds))
                with suppress(TimeoutError):
                    self._receive()
            while self._arrived:
                arrived = self._arrived.popleft()
                if arrived.kind is Kind.CLOSE:
                    raise WebError(f"{self._url} closed the connection{_code(arrived.payload)}")
                if arrived.kind is not Kind.PING:
                    return arrived
                self._say(self._library.pong, arrived.payload)
        return None

    def _receive(self) -> None:
        received = self._socket.recv(PIECE)
        if not received:
            raise WebError(f"{self._url} broke the connection")
        begins = not self._frames.is_waiting
        self.heard = monotonic()
        self._begun = self.heard if begins else self._begun
        self._arrived.extend(self._frames.feed(received))
        if not self._arrived and self.heard - self._begun > LONGEST_MESSAGE:
            raise WebError(f"{self._url} does not finish a message")

    def ping(self) -> None:
        """Ask the server for a sign of life. Raises `WebError`."""
        with self._explained():
            self._say(self._library.ping, b"rulegrid")

    def _say(self, what: Any, payload: bytes) -> None:
        self._socket.settimeout(self._seconds)
        what(payload)

    def breaks(self) -> None:
        """Break the connection, from any thread; whoever reads is woken."""
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection, once no thread reads any more."""
        self.breaks()
        self._socket.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn whatever can go wrong into one line."""
        try:
            yield
        except websocket.WebSocketBadStatusException as error:
            status = int(error.status_code)
            raise WebError(f"{self._url} {meaning(status)}", status) from None
        except websocket.WebSocketTimeoutException:
            raise self._broken(TimeoutError()) from None
        except FrameError as error:
            raise WebError(f"{self._url} sends what is no message: {error}") from None
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> WebError:
        return WebError(f"{self._url} cannot be reached: {reason_of(error, self._seconds)}")


def _code(payload: bytes) -> str:
    """The code with which a server closes, in words."""
    return f" (code {int.from_bytes(payload[:2])})" if len(payload) > 1 else ""
