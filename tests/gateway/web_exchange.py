"""A real web server, the exchange behind it a recorded day; it misbehaves on demand."""

import asyncio
import json
import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from threading import Thread
from typing import Any

from aiohttp import WSMsgType, web

from rulegrid.exchange.day import Day
from rulegrid.exchange.messages import Wire, channels, web_served
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said
from rulegrid.gateway.recording import embedded_day
from tests.gateway.exchanges import PATIENCE_OF_TESTS, free_port

SIMULATION = "5-simulation"
USERNAME, PASSWORD = "operator@grid", "corr3ct-horse"
TODAY = Wire()


def answered(path: str) -> int:
    """No call is refused."""
    del path
    return 0


@dataclass
class Behaviour:
    """How a server behaves; it may be changed while it runs."""

    refuses: Callable[[str], int] = answered
    """The status with which a call to a path is refused; 0 to answer it."""
    delay: float = 0.0
    """Seconds before a call is answered."""
    token_seconds: float = 3600.0
    says_when_issued: bool = True
    """Whether tokens tell when they were issued."""
    as_text: bool = False
    """Whether frames are of text."""
    is_mute: bool = False
    """Whether pings are not answered."""


class WebExchange:
    """REST and websockets as the exchange's web server has them."""

    def __init__(self, day: Day | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.day = day or embedded_day()
        self.behind = RecordedExchange(self.day, TODAY)
        self.port = free_port()
        self.does = Behaviour()
        self.logins = self.connections = 0
        self.tokens: dict[str, float] = {}
        """When each token expires."""
        self._sockets: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        return f"ws{'s' if self._tls else ''}://127.0.0.1:{self.port}/external-ws"

    # What a test does

    def start(self) -> None:
        self.soon(self._start())

    def stop(self) -> None:
        """Be gone, with everything that is open."""
        self.soon(self._stop())

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def soon(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_OF_TESTS)

    def open_slot(self) -> None:
        self.soon(self._say(self.behind.open_slot()))

    def say(self, payload: bytes) -> None:
        """Say something to everybody who listens."""
        self.soon(self._frame(payload))

    def say_raw(self, received: bytes) -> None:
        """Write bytes that are no frame of ours."""
        self.soon(self._raw(received))

    def cut(self) -> None:
        """Break every websocket without a word."""
        self.soon(self._cut())

    # The server

    async def _start(self) -> None:
        application = web.Application(middlewares=[self._guard], client_max_size=1 << 26)
        aggregators = f"/external-connection/aggregator-api/{SIMULATION}"
        application.add_routes(
            [
                web.post("/api-token-auth/", self._log_in),
                web.get(f"{aggregators}/list-aggregators/", self._list),
                web.post(f"{aggregators}/create-aggregator/", self._create),
                web.post(f"{aggregators}/select-aggregator/", self._select),
                web.post(f"{aggregators}/unselect-aggregator/", self._unselect),
                web.post(f"{aggregators}/batch-commands/", self._batch),
                web.get(f"/external-connection/configurations/{SIMULATION}/registry", self._tree),
                web.get(f"/external-ws/{SIMULATION}/aggregator/{{aggregator}}/", self._listen),
            ]
        )
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, ssl_context=self._tls, reuse_address=True
        )
        await site.start()

    async def _stop(self) -> None:
        await self._cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await asyncio.sleep(self.does.delay)
        if status := self.does.refuses(request.path):
            return web.json_response({"detail": "no"}, status=status)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        holds = kind == "JWT" and self.tokens.get(token, 0.0) > time.monotonic()
        if request.path != "/api-token-auth/" and not holds:
            return web.json_response({"detail": "token"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    async def _log_in(self, request: web.Request) -> web.Response:
        self.logins += 1
        if await request.json() != {"username": USERNAME, "password": PASSWORD}:
            return web.json_response({"detail": f"not {await request.text()}"}, status=401)
        claims = {"exp": time.time() + self.does.token_seconds, "jti": self.logins}
        if self.does.says_when_issued:
            claims["iat"] = time.time()
        parts = (urlsafe_b64encode(json.dumps(part).encode()) for part in ({}, claims))
        token = ".".join(part.decode().rstrip("=") for part in parts) + ".signature"
        self.tokens[token] = time.monotonic() + self.does.token_seconds
        return web.json_response({"access": token})

    async def _list(self, _: web.Request) -> web.Response:
        return _json(web_served.aggregators(self.behind.memory.book.aggregators))

    async def _create(self, request: web.Request) -> web.Response:
        return await self._command("CREATE", request)

    async def _select(self, request: web.Request) -> web.Response:
        return await self._command("SELECT", request)

    async def _unselect(self, request: web.Request) -> web.Response:
        return await self._command("UNSELECT", request)

    async def _command(self, kind: str, request: web.Request) -> web.Response:
        command = web_served.forwarded(kind, await request.read())
        (answer, *_) = self.behind.hear(channels.aggregator_commands(TODAY), command)
        is_done, told = web_served.answered(answer.payload)
        return _json(told, 200 if is_done else 400)

    async def _batch(self, request: web.Request) -> web.Response:
        command = web_served.forwarded("BATCHED", await request.read())
        self.behind.hear(channels.BATCHES, command)
        await self._say(self.behind.tick())
        return _json(web_served.accepted(command))

    async def _tree(self, _: web.Request) -> web.Response:
        book = self.behind.memory.book
        scenario = web_served.Scenario(self.day.slots[0].payload)
        return _json(scenario.registry(book.owners, book.aggregators))

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        listening = web.WebSocketResponse(autoping=False, heartbeat=None)
        await listening.prepare(request)
        self.connections += 1
        self._sockets.append(listening)
        async for message in listening:
            if message.type is WSMsgType.PING and not self.does.is_mute:
                await listening.pong(message.data)
        return listening

    async def _say(self, messages: tuple[Said, ...]) -> None:
        for said in messages:
            await self._frame(said.payload)

    async def _frame(self, payload: bytes) -> None:
        for listening in self._open():
            if self.does.as_text:
                await listening.send_str(payload.decode())
            else:
                await listening.send_bytes(payload)

    async def _raw(self, received: bytes) -> None:
        for listening in self._open():
            transport = listening._req.transport  # noqa: SLF001
            transport.write(received)

    async def _cut(self) -> None:
        for listening in self._open():
            transport = listening._req.transport  # noqa: SLF001
            if transport is not None:
                transport.abort()
        self._sockets.clear()

    def _open(self) -> list[web.WebSocketResponse]:
        return [each for each in self._sockets if not each.closed]


def _json(payload: bytes, status: int = 200) -> web.Response:
    return web.Response(body=payload, status=status, content_type="application/json")
