"""A link to an exchange behind a web server: REST for what we say, a websocket for what we hear.

Two threads stand behind it. One hears: it reads the websocket, notices silence and makes a broken
connection anew. The other calls: it posts batches, renews the token at its half life, and selects
again after each new connection.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from math import inf
from threading import Condition, Event, Thread
from time import monotonic

from rulegrid.exchange.claims import Selected
from rulegrid.exchange.messages import Wire, web
from rulegrid.gateway.inbox import Inbox
from rulegrid.gateway.link import LinkChange, LinkError, every_name
from rulegrid.gateway.waiting import PATIENT, Backoff, Patience, Pulse, Rhythm
from rulegrid.gateway.web_calls import Calls, Credentials
from rulegrid.gateway.web_errors import UNAUTHORIZED, LoginRefusedError, WebError
from rulegrid.gateway.web_frames import Kind
from rulegrid.gateway.web_joining import WebMembership
from rulegrid.gateway.web_socket import WebSocket
from rulegrid.grid import AreaId

LONGEST_CLOSING = 1.0
MOST_WAITING = 8
"""Batches that wait to be posted; then the oldest are dropped."""

Errand = Callable[[float], object]
"""Something to call, within so many seconds. Raises `WebError`."""


@dataclass(frozen=True, slots=True)
class WebAccess:
    """Where an exchange is on the web, which of its simulations is meant, and who we are."""

    domain: str
    """Such as `https://host`."""
    websocket: str
    """Such as `wss://host/external-ws`."""
    simulation: str
    credentials: Credentials


class WebLink:
    """An aggregator on a web server.

    `aggregator` is the uuid under which an earlier run was known. `name` is what the aggregator is
    called on the server; without a uuid, one of that name is used again.
    """

    def __init__(
        self,
        access: WebAccess,
        wire: Wire,
        patience: Patience = PATIENT,
        *,
        aggregator: str | None = None,
        name: str = "rulegrid",
    ) -> None:
        self.wire = wire
        self.aggregator = aggregator or ""
        self._access = access
        self._patience = patience
        self._name = name
        self._paths = web.Paths(access.simulation)
        self._start_over()

    def _start_over(self) -> None:
        """Be as if never opened."""
        access = self._access
        self._inbox = Inbox()
        self._calls = Calls(access.domain, access.credentials, self._patience)
        self._membership = WebMembership(self._calls, self._paths, self._name)
        self._rhythm = Rhythm()
        self._pulse = Pulse(self._patience, self._rhythm)
        self._closing = Event()
        self._changed = Condition()
        self._outbox: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._join_at = inf
        self._join_backoff = Backoff(first=1.0)
        self._refusal = ""
        self._line: WebSocket | None = None
        self._threads: list[Thread] = []

    @property
    def trouble(self) -> str:
        """What is wrong with the connection at the moment, in words, or an empty text."""
        return self._inbox.trouble or self._refusal

    def open(self, is_wanted: Callable[[str], bool] = every_name) -> Selected:
        """Log in, become an aggregator, connect, and select the markets whose names are wanted.

        Raises `LinkError`.
        """
        self._start_over()
        deadline = monotonic() + self._patience.answer
        try:
            known = self.aggregator or None
            self.aggregator = self._membership.become(known, deadline - monotonic())
            line = self._line = self._connected()
            self._membership.learn(deadline - monotonic())
            self._membership.choose_by_name(is_wanted)
            if not self._membership.select(deadline - monotonic()):
                self._join_later()
        except WebError as error:
            self.close()
            is_lasting = isinstance(error, LoginRefusedError)
            raise LinkError(str(error), is_lasting=is_lasting) from None
        self._start(partial(self._listen, line), "hears")
        self._start(self._work, "calls")
        return self._membership.selected()

    def select(self, areas: Collection[AreaId]) -> Selected:
        """Select these markets, several at a time. What cannot be done now is done later."""
        self._membership.choose(areas)
        if not self._membership.select(self._patience.call):
            self._join_later()
        return self._membership.selected(areas)

    def send(self, payload: bytes) -> None:
        """Send a batch command; another thread posts it."""
        with self._changed:
            if not self._inbox.is_down("calls"):
                self._outbox.append(payload)
                self._changed.notify()

    def receive(self, timeout: float | None = None) -> bytes | LinkChange | None:
        """The next message or change of the connection; None when nothing came in time."""
        return self._inbox.get(timeout)

    def release(self) -> None:
        """Give all our areas back and close."""
        self._membership.release(self._patience.answer)
        self.close()

    def close(self) -> None:
        """Let go of the server. It keeps our areas for when we come back."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._line is not None:
            self._line.breaks()
        for thread in self._threads:
            thread.join(LONGEST_CLOSING)
        if self._line is not None:
            self._line.close()
        self._calls.close()
        self._inbox.close()

    def _start(self, work: Callable[[], None], what: str) -> None:
        thread = Thread(target=work, name=f"rulegrid web {what}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _connected(self) -> WebSocket:
        """A new websocket, with a token that is new too. Raises `WebError`."""
        url = self._access.websocket.rstrip("/") + self._paths.websocket(self.aggregator)
        token = self._calls.token(fresh=True)
        try:
            return WebSocket(url, token, self._patience.call)
        except WebError as error:
            if error.status == UNAUTHORIZED:
                self._calls.forget_token(token)
            raise

    def _join_later(self) -> None:
        with self._changed:
            self._join_at = monotonic()
            self._changed.notify()

    # The thread that hears

    def _listen(self, line: WebSocket) -> None:
        """Hear what comes over one websocket after the other, until the link is closed."""
        backoff = Backoff()
        while not self._closing.is_set():
            try:
                self._hear(line, backoff)
            except WebError as error:
                line.close()
                if self._closing.is_set():
                    return
                self._inbox.down("socket", str(error))
                line = self._found_again(backoff) or line
        line.close()

    def _hear(self, line: WebSocket, backoff: Backoff) -> None:
        """Hear until the connection breaks or shows no life. Raises `WebError`."""
        pulse = self._pulse
        pulse.connected(monotonic())
        while not self._closing.is_set():
            arrived = line.read(pulse.next - monotonic())
            pulse.heard(line.heard)
            if arrived is not None and arrived.kind is not Kind.PONG:
                backoff.reset()
                self._take(arrived.payload)
            now = monotonic()
            if pulse.must_ask(now):
                line.ping()
                pulse.asked(now)
            if fault := pulse.fault(now):
                raise WebError(f"{self._access.websocket}: {fault}")

    def _take(self, payload: bytes) -> None:
        selection = web.read_selection(payload)
        if selection is not None:
            self._membership.told(selection)
        elif web.is_market_event(payload):
            self._pulse.event(monotonic())
        self._inbox.put(payload)

    def _found_again(self, backoff: Backoff) -> WebSocket | None:
        """A new connection, as soon as there can be one; None when the link is closed first."""
        while True:
            pause = backoff.pause(self._rhythm.ceiling(self._patience.ceiling))
            if self._closing.wait(pause):
                return None
            try:
                line = self._connected()
            except WebError as error:
                self._inbox.down("socket", str(error))
                continue
            self._line = line
            self._inbox.up("socket")
            self._join_later()
            return line

    # The thread that calls

    def _work(self) -> None:
        """Run one errand after the other, until the link is closed."""
        backoff = Backoff()
        while (errand := self._next_errand()) is not None:
            try:
                errand(self._rhythm.step(self._patience.answer))
            except WebError as error:
                if not error.is_lasting:
                    self._inbox.down("calls", str(error))
                    self._closing.wait(backoff.pause(self._rhythm.ceiling(self._patience.ceiling)))
                    continue
                self._refusal = str(error)
            else:
                self._refusal = ""
            backoff.reset()
            self._inbox.up("calls")

    def _next_errand(self) -> Errand | None:
        """What is to be called next, as soon as there is something; None when the link closes."""
        with self._changed:
            wait = min(self._calls.until_renewal(), self._join_at - monotonic())
            self._changed.wait_for(self._has_errand, max(0.0, wait))
            return None if self._closing.is_set() else self._errand()

    def _has_errand(self) -> bool:
        is_late = monotonic() >= self._join_at
        is_down = self._inbox.is_down("calls")
        return bool(self._closing.is_set() or self._outbox or is_late or is_down)

    def _errand(self) -> Errand:
        """What is most urgent: without anything else, the token is looked after."""
        if self._inbox.is_down("calls"):
            self._outbox.clear()
            return self._membership.probe
        if self._outbox:
            return partial(self._post, self._outbox.popleft())
        if monotonic() >= self._join_at:
            return self._join
        return lambda _: self._calls.token()

    def _post(self, payload: bytes, seconds: float) -> None:
        self._calls.post(self._paths.batch_commands, web.batch(payload), seconds)

    def _join(self, seconds: float) -> None:
        """Make sure of our areas; what fails or takes too long is tried again later."""
        self._join_at = monotonic() + self._join_backoff.pause(self._patience.ceiling)
        self._membership.learn(seconds)
        if self._membership.select(seconds):
            self._join_at = inf
            self._join_backoff.reset()
