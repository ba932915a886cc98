"""The websockets of a sandbox: who listens, and what each is sent."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress

from aiohttp import web

from rulegrid.exchange.messages import channels, web_served
from rulegrid.exchange.registrations import Said

MOST_WAITING = 16 * 1024 * 1024
"""So many bytes wait for a client that does not read; then it is cut off, as by Redis."""


def cut(request: web.Request) -> None:
    """Cut the connection of a request without a word."""
    if request.transport is not None:
        request.transport.abort()


class Socket:
    """A client's websocket. Its messages wait in a queue, so that a slow one hinders nobody."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._socket = web.WebSocketResponse(max_msg_size=0)
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._bytes = 0
        self._gone = asyncio.Event()

    async def open(self) -> web.WebSocketResponse:
        """Answer the handshake."""
        await self._socket.prepare(self._request)
        return self._socket

    async def listen(self) -> None:
        """Stay until the client goes; what it says is of no interest."""
        sending = asyncio.create_task(self._send())
        try:
            async for _ in self._socket:
                pass
        finally:
            sending.cancel()
            self._gone.set()

    def send(self, payload: bytes) -> None:
        """Send a binary frame, in its turn."""
        self._bytes += len(payload)
        if self._bytes <= MOST_WAITING:
            self._waiting.put_nowait(payload)
        else:
            self.cut()

    async def end(self) -> None:
        """Close once everything has been sent, and wait until the client has gone."""
        self._waiting.put_nowait(None)
        await self._gone.wait()

    def cut(self) -> None:
        """Cut the connection without a word."""
        cut(self._request)

    async def _send(self) -> None:
        with suppress(ConnectionError):
            while (payload := await self._waiting.get()) is not None:
                await self._socket.send_bytes(payload)
                self._bytes -= len(payload)
            await self._socket.close()


class Sockets:
    """All websockets, by what they listen to: an aggregator, or a market."""

    def __init__(self, answers: str, configuration: str) -> None:
        self._answers = answers
        self._configuration = configuration
        self._open: dict[str, list[Socket]] = {}

    def add(self, listens_to: str, socket: Socket) -> None:
        """A client listens from now on."""
        self._open.setdefault(listens_to, []).append(socket)

    def remove(self, listens_to: str, socket: Socket) -> None:
        """A client has gone."""
        self._open[listens_to].remove(socket)

    def listens(self, listens_to: str) -> bool:
        """Whether anybody listens to an aggregator or a market."""
        return bool(self._open.get(listens_to))

    def __iter__(self) -> Iterator[Socket]:
        return iter([socket for sockets in self._open.values() for socket in sockets])

    def say(self, said: Sequence[Said]) -> None:
        """Send each message to those who listen for it."""
        for each in dict.fromkeys(said):  # the end of a selection is said twice, and shown once
            listens_to, payload = self._addressed(each)
            for socket in self._open.get(listens_to, ()):
                socket.send(payload)

    def cut(self) -> None:
        """Cut all connections."""
        for socket in self:
            socket.cut()

    def _addressed(self, said: Said) -> tuple[str, bytes]:
        """Who listens to a message, and the frame it becomes."""
        _, listens_to = channels.addressed(said.channel)
        if listens_to:
            return listens_to, web_served.frame(said.payload, self._configuration)
        if said.channel == self._answers:
            return web_served.selection_frame(said.payload) or ("", b"")
        return channels.answered_directly(said.channel), said.payload
