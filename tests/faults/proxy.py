"""A TCP proxy that does what networks do: wait, stall, cut, reset, refuse and swallow."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Condition, Lock, Thread
from time import monotonic
from typing import Literal, Self

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is closed with a reset."""

Way = Literal["to_client", "to_server"]

Line = SimpleQueue[tuple[float, bytes] | None]
"""What was read and when, in order; None at the end."""

Watch = Callable[[Way, bytes], None]
"""Sees what a client sends as it leaves the client, and what it gets as it arrives there."""


class Proxy:
    """Stands between clients and a server on this machine; tests tell it what goes wrong.

    Each change takes effect at once, for the connections there are and those to come.
    """

    def __init__(self, server_port: int, watch: Watch | None = None) -> None:
        self.server_port = server_port
        """Where new connections lead; may change."""
        self.accepted = 0
        """Connections so far."""
        self._watch = watch
        self._changed = Condition()
        self._open: set[_Connection] = set()
        self._latency = 0.0
        self._is_stalled = False
        self._swallowed: set[Way] = set()
        self._reply_left: int | None = None
        self._fatal = b""
        self._listener = _listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[Thread] = []
        self._start_listening()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connections(self) -> int:
        """Connections that are open."""
        with self._changed:
            return len(self._open)

    # What goes wrong

    def delay(self, seconds: float) -> None:
        """Hold back each piece so long, both ways."""
        with self._changed:
            self._latency = seconds

    def stall(self) -> None:
        """Forward nothing and close nothing; new connections are taken and hang."""
        self._set_stalled(to=True)

    def resume(self) -> None:
        """Forward again, first of all what has waited."""
        self._set_stalled(to=False)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Stalled for a while."""
        self.stall()
        try:
            yield
        finally:
            self.resume()

    def swallow(self, *ways: Way) -> None:
        """Lose all that goes these ways from now on; with none, lose nothing any more."""
        with self._changed:
            self._swallowed = set(ways)

    def cut(self) -> None:
        """Close all connections in order."""
        for each in self._taken():
            each.close()

    def reset(self) -> None:
        """Break all connections off."""
        for each in self._taken():
            each.reset()

    def cut_reply_after(self, count: int) -> None:
        """Break a connection off when so many more bytes have gone to a client."""
        with self._changed:
            self._reply_left = count

    def break_off_after(self, request: bytes) -> None:
        """Let the next piece that holds a request through, and break off at its reply."""
        with self._changed:
            self._fatal = request

    def refuse(self) -> None:
        """Refuse new connections, and close those there are."""
        self._stop_listening()
        self.reset()

    def accept(self) -> None:
        """Take new connections again, on the same port."""
        self._listener = _listening(self.port)
        self._start_listening()

    def close(self) -> None:
        """End everything, and wait for the threads to be gone."""
        self.resume()
        self._stop_listening()
        self.cut()
        for thread in self._threads:
            thread.join(timeout=5)

    # The machinery

    def _set_stalled(self, *, to: bool) -> None:
        with self._changed:
            self._is_stalled = to
            self._changed.notify_all()

    def _taken(self) -> list["_Connection"]:
        with self._changed:
            taken = list(self._open)
            self._changed.notify_all()
        return taken

    def _start_listening(self) -> None:
        self._run(self._take_all, self._listener)

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the one who waits in accept
        self._listener.close()

    def _run(self, work: object, *given: object) -> None:
        thread = Thread(target=work, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _take_all(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._take(client)

    def _take(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port), timeout=5)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
            return
        server.settimeout(None)
        connection = _Connection(client, server)
        with self._changed:
            self.accepted += 1
            self._open.add(connection)
        self._run(self._pump, connection, "to_server")
        self._run(self._pump, connection, "to_client")

    def _pump(self, connection: "_Connection", way: Way) -> None:
        """Read what comes, and note when: what waits for its turn further on has left already."""
        source, _ = connection.ends(way)
        line: Line = SimpleQueue()
        self._run(self._carry, connection, way, line)
        try:
            while piece := source.recv(CHUNK):
                if way == "to_server" and self._watch:
                    self._watch(way, piece)
                line.put((monotonic(), piece))
                self._wait_while_stalled(connection)
        except OSError:
            pass
        line.put(None)

    def _carry(self, connection: "_Connection", way: Way, line: Line) -> None:
        """Hand on what was read, each piece as long after it as the latency says."""
        _, goal = connection.ends(way)
        try:
            while taken := line.get():
                if not self._forward(connection, way, taken, goal):
                    connection.reset()
                    break
        except OSError:
            pass
        connection.close()
        with self._changed:
            self._open.discard(connection)

    def _wait_while_stalled(self, connection: "_Connection") -> None:
        with self._changed:
            self._changed.wait_for(lambda: connection.is_closed or not self._is_stalled)

    def _forward(
        self, connection: "_Connection", way: Way, taken: tuple[float, bytes], goal: socket.socket
    ) -> bool:
        """Whether the connection goes on."""
        read_at, piece = taken
        with self._changed:
            due = read_at + self._latency - monotonic()
            self._changed.wait_for(lambda: connection.is_closed, timeout=due)
            self._changed.wait_for(lambda: connection.is_closed or not self._is_stalled)
            if connection.is_closed or way in self._swallowed:
                return not connection.is_closed
            if way == "to_client" and connection.is_doomed:
                return False
            if way == "to_server" and self._fatal and self._fatal in piece:
                connection.is_doomed, self._fatal = True, b""
            piece, goes_on = self._cut_short(way, piece)
        goal.sendall(piece)
        if way == "to_client" and self._watch:
            self._watch(way, piece)
        return goes_on

    def _cut_short(self, way: Way, piece: bytes) -> tuple[bytes, bool]:
        left = self._reply_left
        if left is None or way == "to_server":
            return piece, True
        if len(piece) < left:
            self._reply_left = left - len(piece)
            return piece, True
        self._reply_left = None
        return piece[:left], False


class _Connection:
    """The two sockets of a client and of its server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._client, self._server = client, server
        self.is_closed = self.is_doomed = False
        self._ending = Lock()
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ends(self, way: Way) -> tuple[socket.socket, socket.socket]:
        """Where bytes of a way come from and go to."""
        pair = (self._client, self._server)
        return pair if way == "to_server" else (self._server, self._client)

    def close(self) -> None:
        """Say goodbye on both sides."""
        self._end(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Be gone on both sides, without a goodbye."""
        self._end(socket.SHUT_RD, RESET)

    def _end(self, how: int, linger: bytes = b"") -> None:
        with self._ending:
            if self.is_closed:
                return
            self.is_closed = True
            for each in (self._client, self._server):
                with suppress(OSError):
                    if linger:
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    each.shutdown(how)  # wakes the one who waits in recv and holds it open
                each.close()


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener
