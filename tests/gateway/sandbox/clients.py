"""A sandbox as users start it, and clients that speak to it as the exchange's own do."""

import json
import multiprocessing
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from uuid import uuid4

import redis
import urllib3
import websocket

from rulegrid.exchange.messages.joining import select_area
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.sandbox.simulation import CONFIGURATION
from rulegrid.grid import AreaId
from tests.gateway.exchanges import PATIENCE_OF_TESTS
from tests.gateway.sandbox import forked

CITY = embedded_day()
GRID, NORTH, SOUTH, *_ = CITY.names
READY = "Ctrl-C ends it."
EVENT = "market"
FEE = "grid_fees"


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.gateway.sandbox.forked"])


class Sandbox:
    """A process of `rulegrid sandbox` that serves already."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.folder = TemporaryDirectory()
        pipes = [str(Path(self.folder.name) / name) for name in ("out", "err")]
        for pipe in pipes:
            os.mkfifo(pipe)
        arguments = (("sandbox", *options), environment, *pipes)
        self.process = _FORKS.Process(target=forked.run, args=arguments, daemon=True)
        self.process.start()
        self._out, self._err = (open(pipe, encoding="utf-8") for pipe in pipes)  # noqa: PTH123, SIM115
        self._errors: list[str] = []
        self._reader = Thread(target=lambda: self._errors.extend(self._err), daemon=True)
        self._reader.start()
        self.clients: list[WebClient | BusClient] = []
        self.told: list[str] = []
        for line in self._out:
            self.told.append(line.rstrip("\n"))
            if self.told[-1] == READY:
                break
        found = re.search(r"API_CLIENT_DOMAIN_NAME=(\S+)", "\n".join(self.told))
        self.url = found[1] if found else ""

    @property
    def errors(self) -> str:
        """What it has written to standard error until now."""
        return "".join(self._errors)

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self.process.exitcode

    def signal(self, number: int = signal.SIGINT) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def rest(self) -> str:
        """What it writes until its end, which must come soon."""
        out = self._out.read()
        self.process.join(PATIENCE_OF_TESTS)
        self._reader.join(PATIENCE_OF_TESTS)
        return out

    def end(self) -> str:
        self.signal()
        return self.rest()

    def kill(self) -> None:
        """End it at once; what has ended stays so."""
        if self._out.closed:
            return
        self.process.kill()
        self.rest()
        print(self.errors)  # noqa: T201 - pytest shows it where a test has failed
        for client in self.clients:
            client.close()
        self._out.close()
        self._err.close()
        self.folder.cleanup()

    def web(self, *login: str) -> "WebClient":
        """A client of the web wire, closed with the sandbox."""
        assert READY in self.told, self.errors
        self.clients.append(made := WebClient(self.url, *(login or ("user", "password"))))
        return made

    def bus(self, url: str, aggregator: str = "A-on-redis") -> "BusClient":
        """A client of the Redis wire, closed with the sandbox."""
        assert READY in self.told, self.errors
        self.clients.append(made := BusClient(url, aggregator))
        return made


@contextmanager
def sandbox(*options: str, **environment: str) -> Iterator[Sandbox]:
    """A sandbox that is gone in the end."""
    served = Sandbox(*options, **environment)
    try:
        yield served
    finally:
        served.kill()


def fees(fee: float, *areas: str) -> dict[str, list[dict]]:
    """A `batch_commands` object that sets the fee of areas."""
    command = {"type": FEE, "data": {"fee_const": fee}}
    return {area: [command] for area in areas or (GRID,)}


def statistics(*areas: str) -> dict[str, list[dict]]:
    """A `batch_commands` object that asks for the statistics of areas."""
    return {area: [{"type": "dso_market_stats", "data": {}}] for area in areas or (GRID,)}


def fee_of(event: dict, area: str = GRID) -> object:
    """The fee in force that an event shows for the root."""
    return event["grid_tree"][area]["current_market_fee"]


@dataclass(frozen=True)
class Answer:
    """The answer to a call."""

    status: int
    body: object


class WebClient:
    """Speaks REST and WebSocket as the exchange's SDK does."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self.sockets: list[Socket] = []
        self.pool = urllib3.PoolManager(retries=False, timeout=PATIENCE_OF_TESTS)
        self.token = ""
        self.aggregator = ""
        self._login = {"username": user, "password": password}

    def call(self, method: str, path: str, **said: object) -> Answer:
        """A call with a JSON body, GET too."""
        response = self.pool.request(
            method,
            f"{self.url}{path}",
            body=json.dumps({"transaction_id": str(uuid4()), **said}),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"JWT {self.token}"} if self.token else {}),
            },
        )
        return Answer(response.status, json.loads(response.data))

    def log_in(self) -> Answer:
        answer = self.call("POST", "/api-token-auth/", **self._login)
        self.token = answer.body.get("access", "")
        return answer

    def aggregators(self, what: str, **said: object) -> Answer:
        path = f"/external-connection/aggregator-api/{CONFIGURATION}/{what}/"
        return self.call("GET" if what == "list-aggregators" else "POST", path, **said)

    def become(self, name: str = "dso") -> "WebClient":
        """Log in and become an aggregator."""
        self.log_in()
        self.aggregator = self.aggregators("create-aggregator", name=name).body["uuid"]
        return self

    def select(self, *areas: str) -> None:
        for area in areas:
            answer = self.aggregators(
                "select-aggregator", aggregator_uuid=self.aggregator, device_uuid=area
            )
            assert 200 == answer.status, answer

    def send(self, commands: dict) -> str:
        """Send a batch; returns its transaction."""
        answer = self.aggregators(
            "batch-commands", aggregator_uuid=self.aggregator, batch_commands=commands
        )
        assert 200 == answer.status, answer
        return answer.body["transaction_id"]

    def registry(self) -> dict:
        path = f"/external-connection/configurations/{CONFIGURATION}/registry"
        return self.call("GET", path).body

    def socket(self, path: str = "", *, small: bool = False) -> "Socket":
        """A websocket, of the aggregator unless told otherwise; a small one takes in little."""
        made = Socket(self.url, path or f"aggregator/{self.aggregator}", self.token, small)
        self.sockets.append(made)
        return made

    def close(self) -> None:
        self.pool.clear()
        for each in self.sockets:
            each.socket.shutdown()


class CutError(Exception):
    """The connection is gone."""


class Socket:
    """A websocket of the web wire."""

    def __init__(self, url: str, path: str, token: str, small: bool) -> None:  # noqa: FBT001
        self.socket = websocket.create_connection(
            f"ws{url.removeprefix('http')}/external-ws/{CONFIGURATION}/{path}/",
            timeout=PATIENCE_OF_TESTS,
            header=[f"Authorization: JWT {token}"],
            sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)] if small else [],
        )

    def next(self) -> dict:
        """The next frame, which must be binary."""
        return json.loads(self.raw())

    def raw(self) -> bytes:
        try:
            kind, payload = self.socket.recv_data()
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            raise CutError from None
        if kind == websocket.ABNF.OPCODE_CLOSE:
            raise CutError
        assert websocket.ABNF.OPCODE_BINARY == kind
        return payload

    def next_of(self, **wanted: object) -> dict:
        """The next message that says this; all before it is passed over."""
        deadline = time.monotonic() + PATIENCE_OF_TESTS
        while time.monotonic() < deadline:
            said = self.next()
            if wanted.items() <= said.items():
                return said
        raise AssertionError(f"{wanted} never came")


class BusClient:
    """Speaks on the channels of Redis as the exchange's SDK does."""

    def __init__(self, url: str, aggregator: str = "A-on-redis") -> None:
        self.aggregator = aggregator
        self.mine: list[str] = []
        self.redis = redis.Redis.from_url(url, protocol=2)
        self.ears = self.redis.pubsub(ignore_subscribe_messages=True)
        self.listen("aggregator-response", *self.channels)

    @property
    def channels(self) -> tuple[str, str]:
        beginning = f"external-aggregator//{self.aggregator}"
        return f"{beginning}/events/all", f"{beginning}/response/batch_commands"

    def listen(self, *channels: str) -> None:
        self.ears.subscribe(*channels)
        for _ in channels:
            self.ears.get_message(timeout=PATIENCE_OF_TESTS)  # the subscription is in place

    def publish(self, channel: str, **said: object) -> None:
        self.redis.publish(channel, json.dumps(said))

    def raw(self) -> tuple[str, bytes]:
        """The next message: its channel, and its bytes."""
        deadline = time.monotonic() + PATIENCE_OF_TESTS
        while time.monotonic() < deadline:
            message = self.ears.get_message(timeout=0.1)
            if message is not None:
                return message["channel"].decode(), message["data"]
        raise AssertionError("nothing came")

    def next_on(self, channel: str, **wanted: object) -> dict:
        """The next message on a channel that says this; all before it is passed over."""
        deadline = time.monotonic() + PATIENCE_OF_TESTS
        while time.monotonic() < deadline:
            where, payload = self.raw()
            if where == channel and wanted.items() <= (said := json.loads(payload)).items():
                return said
        raise AssertionError(f"{wanted} never came on {channel}")

    def ask(self, channel: str, answered_on: str, **said: object) -> dict:
        """Say something, and wait for the answer of the same transaction."""
        transaction = str(said.setdefault("transaction_id", str(uuid4())))
        self.publish(channel, **said)
        return self.next_on(answered_on, transaction_id=transaction)

    def command(self, kind: str, **said: object) -> dict:
        """A command about an aggregator, and its answer."""
        return self.ask("aggregator-commands", "aggregator-response", type=kind, **said)

    def become(self, *areas: str) -> "BusClient":
        """Become an aggregator and select markets."""
        self.command("CREATE", name="dso", transaction_id=self.aggregator)
        for area in areas:
            told = self.command("SELECT", aggregator_uuid=self.aggregator, device_uuid=area)
            assert "SELECTED" == told["status"], told
            self.mine.append(area)
        return self

    def selection(self, area: str) -> bytes:
        """A command to select a market, which is let go of in the end."""
        self.mine.append(area)
        return select_area(self.aggregator, AreaId(area), area)

    def send(self, commands: dict) -> str:
        transaction = str(uuid4())
        self.publish(
            "external-aggregator//batch_commands",
            type="BATCHED",
            transaction_id=transaction,
            aggregator_uuid=self.aggregator,
            batch_commands=commands,
        )
        return transaction

    def event(self, **wanted: object) -> dict:
        return self.next_on(self.channels[0], **{"event": EVENT, **wanted})

    def close(self) -> None:
        self.ears.close()
        self.redis.close()

    def answer(self, transaction: str) -> dict:
        return self.next_on(self.channels[1], transaction_id=transaction)
