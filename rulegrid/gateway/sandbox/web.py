"""The web server of a sandbox: REST and WebSocket as the exchange's own clients expect them."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from rulegrid.exchange.messages import channels, web_served
from rulegrid.exchange.messages.served import DeafeningError
from rulegrid.gateway.sandbox.host import Host
from rulegrid.gateway.sandbox.simulation import CONFIGURATION
from rulegrid.gateway.sandbox.sockets import Socket, Sockets, cut
from rulegrid.gateway.sandbox.state import SandboxError
from rulegrid.gateway.sandbox.tokens import Tokens
from rulegrid.grid import AreaId

MOST_BYTES = 64 * 1024 * 1024
"""The largest body of a call."""

CLOSING_SECONDS = 0.5

Login = tuple[str, str] | None
"""The name and password that are asked for; without them any will do."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LOGIN = "/api-token-auth/"
_COMMANDS = {
    "create-aggregator": "CREATE",
    "delete-aggregator": "DELETE",
    "select-aggregator": "SELECT",
    "unselect-aggregator": "UNSELECT",
}


class WebServer:
    """Passes calls on to the exchange, and what it says to the websockets.

    A command about an aggregator is answered in the call; batches and direct calls are accepted in
    the call and answered on the websocket. It is an outlet of the host.
    """

    def __init__(self, host: Host, event: bytes, tokens: Tokens, login: Login) -> None:
        exchange = host.exchange
        self._host = host
        self._tokens = tokens
        self._login = login
        self._scenario = web_served.Scenario(event)
        self._commands = channels.aggregator_commands(exchange.wire)
        self._sockets = Sockets(channels.aggregator_answers(exchange.wire), CONFIGURATION)
        self._runner = web.AppRunner(self._application(), shutdown_timeout=CLOSING_SECONDS)
        self.say = self._sockets.say
        self.cut = self._sockets.cut

    async def start(self, name: str, port: int) -> tuple[str, int]:
        """Listen, on any free port if `port` is 0; returns the address.

        Raises `SandboxError`.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, name, port).start()
        except OSError as error:
            reason = error.strerror or error
            raise SandboxError(f"{name}:{port} cannot be listened on: {reason}") from None
        return name, self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Send what still waits, close all connections and listen no more."""
        going = [asyncio.create_task(socket.end()) for socket in self._sockets]
        if going:
            await asyncio.wait(going, timeout=CLOSING_SECONDS)
        self._sockets.cut()
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guarded], client_max_size=MOST_BYTES)
        aggregators = "/external-connection/aggregator-api/{configuration}"
        market = "/external-connection/api/{configuration}/{area}"
        websockets = "/external-ws/{configuration}"
        commands = "|".join(_COMMANDS)
        application.add_routes(
            [
                web.post(_LOGIN, self._log_in),
                web.post("/graphql/", self._graphql),
                web.get(f"{aggregators}/list-aggregators/", self._list),
                web.post(f"{aggregators}/{{command:{commands}}}/", self._command),
                web.post(f"{aggregators}/batch-commands/", self._batch),
                web.get(
                    "/external-connection/configurations/{configuration}/registry", self._tree
                ),
                web.post(f"{market}/grid-fee/", self._grid_fee),
                web.get(f"{market}/dso-market-stats", self._statistics),
                web.get(f"{websockets}/aggregator/{{aggregator}}/", self._aggregator_socket),
                web.get(f"{websockets}/{{area}}/", self._market_socket),
            ]
        )
        return application

    @web.middleware
    async def _guarded(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Let nobody in without a token, and cut an answer now and then if told to."""
        try:
            response = self._refused(request) or await handler(request)
        except DeafeningError as error:
            response = _refusal(400, str(error))
        if not response.prepared and self._host.faults.strikes("cut"):
            cut(request)
        return response

    def _refused(self, request: web.Request) -> web.StreamResponse | None:
        """The answer to a call that is none of ours, or comes from nobody we know."""
        if request.path == _LOGIN:
            return None
        if not self._tokens.holds(request.headers.get("Authorization", "")):
            return _refusal(401, "Given token not valid for any token type")
        area = AreaId(request.match_info.get("area", ""))
        is_area = not area or self._host.exchange.registrations.is_area(area)
        configuration = request.match_info.get("configuration", CONFIGURATION)
        is_ours = is_area and configuration == CONFIGURATION
        return None if is_ours else _refusal(404, "Not found.")

    async def _log_in(self, request: web.Request) -> web.Response:
        login = web_served.read_login(await request.read())
        if self._login is not None and login != self._login:
            return _refusal(401, "No active account found with the given credentials")
        return _json(web_served.token(self._tokens.give(login[0])))

    async def _graphql(self, request: web.Request) -> web.Response:
        return _json(self._scenario.answer(await request.read(), CONFIGURATION))

    async def _list(self, _: web.Request) -> web.Response:
        return _json(web_served.aggregators(self._host.exchange.memory.book.aggregators))

    async def _tree(self, _: web.Request) -> web.Response:
        book = self._host.exchange.memory.book
        return _json(self._scenario.registry(book.owners, book.aggregators))

    async def _command(self, request: web.Request) -> web.Response:
        """A command about an aggregator: the exchange answers at once, or never."""
        kind = _COMMANDS[request.match_info["command"]]
        command = web_served.forwarded(kind, await request.read())
        aggregator = web_served.aggregator_of(command)
        if kind == "SELECT" and not self._sockets.listens(aggregator):
            self._host.deaf_ears.add(aggregator)
        answers = self._host.hear([(self._commands, command)])
        if not answers:
            return _refusal(504, "the exchange does not answer")
        is_done, told = web_served.answered(answers[0].payload)
        return _json(told, 200 if is_done else 400)

    async def _batch(self, request: web.Request) -> web.Response:
        command = web_served.forwarded("BATCHED", await request.read())
        self._host.hear([(channels.BATCHES, command)])
        return _json(web_served.accepted(command))

    async def _grid_fee(self, request: web.Request) -> web.Response:
        return await self._direct(request, channels.GRID_FEES)

    async def _statistics(self, request: web.Request) -> web.Response:
        return await self._direct(request, channels.STATISTICS)

    async def _direct(self, request: web.Request, what: str) -> web.Response:
        command = web_served.forwarded_direct(await request.read())
        address = channels.web_address(AreaId(request.match_info["area"]))
        self._host.hear([(f"{address}{what}", command)])
        return _json(web_served.accepted(command))

    async def _aggregator_socket(self, request: web.Request) -> web.StreamResponse:
        """The websocket of an aggregator: it is told again what it controls already."""
        aggregator = request.match_info["aggregator"]
        registrations = self._host.exchange.registrations
        if not registrations.knows(aggregator):
            return _refusal(404, "Not found.")
        socket = Socket(request)
        for area in registrations.selected.get(aggregator, ()):
            socket.send(web_served.selected_by(aggregator, area))
        return await self._hold(aggregator, socket)

    async def _market_socket(self, request: web.Request) -> web.StreamResponse:
        return await self._hold(request.match_info["area"], Socket(request))

    async def _hold(self, listens_to: str, socket: Socket) -> web.StreamResponse:
        """Let a client listen until it goes; it misses nothing from before its handshake on."""
        self._sockets.add(listens_to, socket)
        try:
            response = await socket.open()
            self._host.deaf_ears.discard(listens_to)
            self._host.look_whether_time_goes_by()
            await socket.listen()
        finally:
            self._sockets.remove(listens_to, socket)
        return response


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")


def _refusal(status: int, text: str) -> web.Response:
    return _json(web_served.detail(text), status)
