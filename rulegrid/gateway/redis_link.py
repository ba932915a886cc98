"""A link to an exchange over Redis.

Two threads stand behind it. One reads: it hears messages, notices silence and makes broken lines
anew. The other joins: after each new line, and whenever events are overdue, it asks whether the
exchange still knows us. What one message would tell is never relied on, because Redis loses some.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

from rulegrid.exchange.claims import Selected
from rulegrid.exchange.messages import Wire, channels
from rulegrid.exchange.registrations import Said
from rulegrid.gateway.inbox import Inbox
from rulegrid.gateway.link import LinkChange, LinkError, every_name
from rulegrid.gateway.redis_joining import Joined, Membership
from rulegrid.gateway.redis_line import LineError, RedisLine, check_url, shown_url
from rulegrid.gateway.waiting import PATIENT, Backoff, Patience, Rhythm
from rulegrid.grid import AreaId

LONGEST_CLOSING = 1.0


class RedisLink:
    """An aggregator on an exchange's Redis.

    `aggregator` is the uuid under which an earlier run was known; with it the exchange gives us
    our areas back at once.
    """

    def __init__(
        self,
        url: str,
        wire: Wire,
        patience: Patience = PATIENT,
        *,
        aggregator: str | None = None,
        name: str = "rulegrid",
    ) -> None:
        """Raises `ValueError` with a message for the one who wrote the URL."""
        check_url(url)
        self.wire = wire
        self.aggregator = aggregator or str(uuid4())
        self._url = url
        self._patience = patience
        self._name = name
        self._is_wanted: Callable[[str], bool] = every_name
        self._start_over()

    def _start_over(self) -> None:
        """Be as if never opened."""
        self._inbox = Inbox()
        self._membership = Membership(self.aggregator, self._name, self.wire)
        self._rhythm = Rhythm()
        self._line: RedisLine | None = None
        self._closing = Event()
        self._errand = Event()
        self._threads: list[Thread] = []
        self._deafness = ""
        self._has_heart = False
        self._is_member = True
        self._heard = self._redis_heard = self._asked_redis = self._asked = monotonic()

    @property
    def trouble(self) -> str:
        """What is wrong with the connection at the moment, in words, or an empty text."""
        return self._inbox.trouble or self._deafness

    @property
    def _shown(self) -> str:
        return shown_url(self._url)

    def open(self, is_wanted: Callable[[str], bool] = every_name) -> Selected:
        """Connect, become an aggregator and select one wanted area, so that events come.

        Raises `LinkError`.
        """
        self._start_over()
        self._is_wanted = is_wanted
        try:
            self._line = line = self._new_line()
        except LineError as error:
            raise LinkError(f"{self._shown} cannot be reached: {error}") from None
        self._start(self._listen, line)
        try:
            joined = self._membership.join(line, self._patience.answer, is_wanted)
        except LineError as error:
            self.close()
            raise LinkError(f"the connection to {self._shown} broke: {error}") from None
        if not joined.is_answered:
            self.close()
            raise LinkError(self._why_no_answer(joined.listeners))
        self._start(self._stay_joined)
        return self._membership.selected()

    def select(self, areas: Collection[AreaId]) -> Selected:
        """Select these markets, all at once. What is lost by a broken line is selected later."""
        line = self._line
        self._membership.choose(areas)
        if line is not None:
            with suppress(LineError):  # whoever reads the line notices too
                self._membership.select(line, self._patience.call)
        selected = self._membership.selected(areas)
        if len(selected.areas) + len(selected.owners) < len(areas):
            self._must_join()
        return selected

    def send(self, payload: bytes) -> None:
        """Send a batch command. It takes no longer than one `call` of the patience."""
        line = self._line
        if line is None:
            return
        with suppress(LineError):  # whoever reads the line notices too
            listeners = line.publish([Said(channels.BATCHES, payload)])
            self._deafness = "" if listeners else self._why_no_answer(listeners)

    def receive(self, timeout: float | None = None) -> bytes | LinkChange | None:
        """The next message or change of the connection; None when nothing came in time."""
        return self._inbox.get(timeout)

    def release(self) -> None:
        """Give all our areas back and close."""
        line = self._line
        if line is not None:
            with suppress(LineError):
                self._membership.release(line)
        self.close()

    def close(self) -> None:
        """Let go of Redis. The exchange keeps our areas for when we come back."""
        self._closing.set()
        self._errand.set()
        line = self._line
        if line is not None:
            line.breaks()
        self._membership.give_up()
        for thread in self._threads:
            thread.join(LONGEST_CLOSING)
        self._inbox.close()

    def _start(self, work: Callable[..., None], *given: object) -> None:
        thread = Thread(target=work, args=given, name=f"rulegrid redis {work.__name__}")
        thread.daemon = True
        self._threads.append(thread)
        thread.start()

    def _new_line(self) -> RedisLine:
        """Raises `LineError`."""
        ours = (channels.events(self.aggregator), channels.batch_answers(self.aggregator))
        all_channels = (*ours, *self._membership.channels, channels.HEARTBEAT)
        line = RedisLine(self._url, all_channels, self._patience.call)
        self._redis_heard = monotonic()
        return line

    def _why_no_answer(self, listeners: int) -> str:
        if self._has_heart and monotonic() - self._heard < self._patience.silence:
            return (
                f"the exchange on {self._shown} is alive, but answers no command: unless it "
                "is only starting, its listener has died and it must be started anew"
            )
        if not listeners:
            return f"no exchange listens on {self._shown}: is it running?"
        return (
            f"no exchange answers on {self._shown}: is it running? (/area-map and "
            f"{channels.aggregator_commands(self.wire)} were tried)"
        )

    # The thread that reads

    def _listen(self, line: RedisLine) -> None:
        """Hear what comes over one line after the other, until the link is closed."""
        backoff = Backoff()
        while not self._closing.is_set():
            try:
                self._hear(line, backoff)
            except LineError as error:
                line.close()
                if self._closing.is_set():
                    return
                self._lose(error)
                line = self._found_again(backoff) or line
        line.close()

    def _hear(self, line: RedisLine, backoff: Backoff) -> None:
        """Hear until the line breaks. Raises `LineError`."""
        while not self._closing.is_set():
            said = line.read(self._until_silence())
            now = monotonic()
            if said is None:
                self._notice_silence(line, now)
                continue
            self._redis_heard = now
            if said.channel:
                backoff.reset()
                self._take(said, now)

    def _take(self, said: Said, now: float) -> None:
        """Take in a message: whatever it says, the exchange lives."""
        self._heard = now
        if self._inbox.up("exchange"):
            self._must_join()
        if self._membership.hear(said):
            return
        if said.channel == channels.HEARTBEAT:
            self._has_heart = True
        elif said.channel == channels.events(self.aggregator):
            self._rhythm.beat(now)
            self._asked = now
            self._errand.set()  # the next event may be due sooner than was known
        self._inbox.put(said.payload)

    def _until_silence(self) -> float:
        """Seconds until somebody has been silent for too long."""
        patience = self._patience
        if self._asked_redis > self._redis_heard:
            return self._asked_redis + patience.call - monotonic()
        oldest = min(self._heard, self._redis_heard) if self._minds_silence else self._redis_heard
        return oldest + patience.silence - monotonic()

    @property
    def _minds_silence(self) -> bool:
        """Whether the exchange is one that would be heard, and is not known to be silent."""
        return self._has_heart and not self._inbox.is_down("exchange")

    def _notice_silence(self, line: RedisLine, now: float) -> None:
        """Find out who is silent: Redis, or the exchange behind it. Raises `LineError`."""
        patience = self._patience
        if self._minds_silence and now - self._heard >= patience.silence:
            why = f"nothing was heard of the exchange for {patience.silence:g} s"
            self._inbox.down("exchange", why)
        if self._asked_redis > self._redis_heard:
            if now - self._asked_redis >= patience.call:
                line.breaks()
                raise LineError(f"it did not answer for {patience.call:g} s")
        elif now - self._redis_heard >= patience.silence:
            self._asked_redis = now
            line.ping()

    def _lose(self, error: LineError) -> None:
        self._line = None
        self._inbox.down("redis", f"the connection to {self._shown} is lost: {error}")
        self._inbox.down("exchange", "nothing was heard of the exchange since")
        self._membership.give_up()

    def _found_again(self, backoff: Backoff) -> RedisLine | None:
        """A new line, as soon as there can be one; None when the link is closed first."""
        while True:
            pause = backoff.pause(self._rhythm.ceiling(self._patience.ceiling))
            if self._closing.wait(pause):
                return None
            try:
                line = self._new_line()
            except LineError as error:
                self._inbox.down("redis", f"{self._shown} cannot be reached: {error}")
                continue
            self._line = line
            self._inbox.up("redis")
            self._must_join()
            return line

    # The thread that joins

    def _stay_joined(self) -> None:
        """Join anew after each new line, and ask when events are overdue."""
        backoff = Backoff(first=1.0)
        while not self._closing.is_set():
            certain = self._is_member
            wait = self._until_probe() if certain else backoff.pause(self._patience.ceiling)
            self._errand.wait(max(0.0, wait))
            self._errand.clear()
            line = self._line
            if line is None or self._closing.is_set() or (certain and self._is_quiet()):
                continue
            if self._is_joined(line):
                backoff.reset()
            else:
                self._is_member = False

    def _is_quiet(self) -> bool:
        """Whether there is nothing to ask: we are known, and no event is overdue."""
        return self._is_member and self._until_probe() > 0

    def _until_probe(self) -> float:
        return self._asked + self._rhythm.due(self._patience.probe) - monotonic()

    def _must_join(self) -> None:
        self._is_member = False
        self._errand.set()

    def _is_joined(self, line: RedisLine) -> bool:
        """Make the exchange know us; whether it answered.

        One that should know us already is only asked whether it does.
        """
        self._asked = monotonic()
        was_member, self._is_member = self._is_member, True
        with suppress(LineError):
            joined = self._probed(line) if was_member else None
            if joined is None:
                joined = self._membership.join(line, self._patience.answer, self._is_wanted)
            self._deafness = "" if joined.is_answered else self._why_no_answer(joined.listeners)
            return joined.is_answered
        return False

    def _probed(self, line: RedisLine) -> Joined | None:
        """What the exchange says to the aggregator that it should know; None if it does not."""
        joined = self._membership.probe(line, self._patience.call)
        if not joined.is_new:
            return joined
        self._inbox.down("exchange", "the exchange has been started anew")
        return None
