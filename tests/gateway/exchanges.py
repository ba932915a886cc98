"""Real servers for links to speak to, with an exchange behind that plays a recorded day."""

import gc
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Event, Lock, Thread
from typing import Protocol

import redis

from rulegrid.exchange.day import Day
from rulegrid.exchange.messages import FeeBatch, MarketEvent, Rails, Wire, channels, decode
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said
from rulegrid.gateway.link import Link, LinkChange
from rulegrid.gateway.recording import embedded_day, read_recording
from tests.exchange.played import RECORDINGS

NAMES = embedded_day().names
ROOT, *OTHERS = NAMES

PATIENCE_OF_TESTS = 10.0
"""Seconds after which what a test waits for is missing."""


def until(condition: Callable[[], object], what: str = "it") -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_OF_TESTS
    while not condition():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.005)


def next_change(link: Link) -> LinkChange:
    """The next change of a link; messages before it are passed over."""
    deadline = time.monotonic() + PATIENCE_OF_TESTS
    while True:
        said = link.receive(max(0.0, deadline - time.monotonic()))
        assert said is not None, "no change came"
        if isinstance(said, LinkChange):
            return said


def next_message(link: Link, part: bytes) -> bytes:
    """The next message that holds these bytes; all else before it is passed over."""
    deadline = time.monotonic() + PATIENCE_OF_TESTS
    while True:
        said = link.receive(max(0.0, deadline - time.monotonic()))
        assert said is not None, f"no message with {part!r} came"
        if isinstance(said, bytes) and part in said:
            return said


class Exchange(Protocol):
    """An exchange of which the test says when a slot opens."""

    def open_slot(self) -> None: ...


def fees(link: Link, fee: float, transaction: str) -> bytes:
    """A batch that sets the fee of the root of the day that ships with rulegrid."""
    return FeeBatch({ROOT: fee}, Rails()).encode(link.aggregator, transaction)


def event(link: Link) -> MarketEvent:
    """The next market event."""
    read = decode(next_message(link, b'"market"'), Wire())
    assert isinstance(read, MarketEvent)
    return read


def works(link: Link, exchange: Exchange, fee: float) -> None:
    """Events come, batches are answered, and the fee is in force in the next slot."""
    exchange.open_slot()
    event(link)
    until(lambda: _answered(link, fees(link, fee, f"T{fee}"), f'"T{fee}"'.encode()), "an answer")
    exchange.open_slot()
    assert fee == event(link).columns["current_fee"][0]


def _answered(link: Link, command: bytes, part: bytes) -> bool:
    """Whether a command is answered within a second.

    An exchange that has just lost its own connection does not hear it, and no link can know.
    """
    link.send(command)
    deadline = time.monotonic() + 1.0
    while (left := deadline - time.monotonic()) > 0:
        said = link.receive(left)
        if isinstance(said, bytes) and part in said:
            return True
    return False


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@cache
def big_day() -> Day:
    """The recorded day of 341 markets."""
    day, _ = read_recording(str(RECORDINGS / "big341.jsonl.gz"))
    assert day is not None
    return day


class RedisServer:
    """A real redis-server, which can be killed, started again and stopped for a while."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "these tests need a redis-server: apt-get install redis-server"
        settings = ["--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [program, *settings, "--dir", "/tmp", *self._options],  # noqa: S108 - nothing is saved
            stdout=subprocess.DEVNULL,
        )
        until(self._is_up, "redis-server")

    def _is_up(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
            line.sendall(b"PING\r\n")
            return bool(line.recv(16))
        return False

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Redis stands still: it answers nothing and closes nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def client(self) -> "redis.Redis":
        return redis.Redis.from_url(self.url, protocol=2)


class RedisExchange:
    """An exchange on a Redis; slots open when the test says so, batches are answered at once."""

    def __init__(self, url: str, day: Day | None = None, wire: Wire = Wire()) -> None:  # noqa: B008
        self.behind = RecordedExchange(day or embedded_day(), wire)
        self.heard: list[Said] = []
        self._url = url
        self._wire = wire
        self._turn = Lock()
        self._closing = Event()
        self._is_listening = Event()
        self._say = redis.Redis.from_url(url, protocol=2)
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._is_listening.wait(PATIENCE_OF_TESTS)

    def open_slot(self) -> None:
        with self._turn:
            self._publish(*self.behind.open_slot())

    def beat(self) -> None:
        self._publish(Said(channels.HEARTBEAT, b'{"time": 1795402439}'))

    def say(self, channel: str, payload: bytes) -> None:
        self._publish(Said(channel, payload))

    def batches(self) -> list[bytes]:
        return [said.payload for said in self.heard if said.channel == channels.BATCHES]

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._say.close()

    def _publish(self, *messages: Said) -> None:
        with suppress(redis.RedisError):
            for said in messages:
                self._say.publish(said.channel, said.payload)

    def _run(self) -> None:
        while not self._closing.is_set():
            with suppress(redis.RedisError):
                self._listen()
            self._is_listening.clear()
            self._closing.wait(0.02)

    def _listen(self) -> None:
        client = redis.Redis.from_url(self._url, protocol=2)
        with client, client.pubsub(ignore_subscribe_messages=False) as hearing:
            heard = (channels.aggregator_commands(self._wire), channels.AREA_MAP, channels.BATCHES)
            hearing.subscribe(*heard)
            while not self._closing.is_set():
                message = hearing.get_message(timeout=0.02)
                if message and message["type"] == "message":
                    self._hear(Said(message["channel"].decode(), message["data"]))
                elif message:
                    self._is_listening.set()

    def _hear(self, said: Said) -> None:
        with self._turn:
            self.heard.append(said)
            self._publish(*self.behind.hear(*said), *self.behind.tick())


@contextmanager
def cpu_seconds() -> Iterator[Callable[[], float]]:
    """The time that this process has computed since."""
    gc.collect()
    start = time.process_time()
    yield lambda: time.process_time() - start
