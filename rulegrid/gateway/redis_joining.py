"""Becoming an aggregator over Redis and selecting areas, whatever line leads there."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from threading import Condition, Lock
from time import monotonic
from uuid import uuid4

from rulegrid.exchange.claims import Claims, Selected
from rulegrid.exchange.messages import Wire, channels, joining
from rulegrid.exchange.registrations import Said
from rulegrid.gateway.redis_line import RedisLine
from rulegrid.grid import AreaId

UNHEARD = 2.0
"""Seconds to wait for an answer where nobody was subscribed to the question."""


class Answers:
    """Answers that a thread waits for, by what they answer."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._open: set[str] = set()
        self._told: dict[str, bytes] = {}

    def expect(self, keys: Iterable[str]) -> None:
        """Keep the answers to these questions, and no others."""
        with self._changed:
            self._open, self._told = set(keys), {}

    def tell(self, key: str, payload: bytes) -> None:
        """An answer has come."""
        with self._changed:
            if key in self._open:
                self._open.discard(key)
                self._told[key] = payload
                self._changed.notify_all()

    def give_up(self) -> None:
        """No more answers will come."""
        with self._changed:
            self._open.clear()
            self._changed.notify_all()

    def wait(self, seconds: float) -> Mapping[str, bytes]:
        """The answers that came in time; all of them end the wait."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, seconds)
            self._open.clear()
            return dict(self._told)


@dataclass(frozen=True, slots=True)
class Joined:
    """How an exchange took to us."""

    listeners: int
    """How many were subscribed to the channel of our commands."""
    is_answered: bool
    is_new: bool = False
    """Whether the exchange had not known our aggregator."""


class Membership:
    """An aggregator, and the areas it has selected.

    One thread asks at a time; another one hears the answers.
    """

    def __init__(self, aggregator: str, name: str, wire: Wire) -> None:
        self._aggregator = aggregator
        self._name = name
        self._wire = wire
        self._claims = Claims()
        self._answers = Answers()
        self._asking = Lock()
        self._chosen: tuple[AreaId, ...] = ()
        self._scout: AreaId | None = None

    @property
    def channels(self) -> tuple[str, str]:
        """Where the answers come."""
        return channels.aggregator_answers(self._wire), channels.AREA_MAP_ANSWER

    def hear(self, said: Said) -> bool:
        """Take in a message if it is on one of these channels; whether it was."""
        if said.channel == channels.AREA_MAP_ANSWER:
            self._answers.tell(channels.AREA_MAP, said.payload)
        elif said.channel == channels.aggregator_answers(self._wire):
            answer = joining.read_aggregator_answer(said.payload)
            if answer is not None:
                self._answers.tell(answer.transaction, said.payload)
        else:
            return False
        return True

    def give_up(self) -> None:
        """The line is broken: nobody need wait."""
        self._answers.give_up()

    def probe(self, line: RedisLine, seconds: float) -> Joined:
        """Ask to become the aggregator that we should be already. Raises `LineError`."""
        with self._asking:
            return self._joined(*self._ask(line, self._create(), seconds))

    def join(self, line: RedisLine, seconds: float, is_wanted: Callable[[str], bool]) -> Joined:
        """Become an aggregator, and select what was chosen, or one wanted area to hear of events.

        Raises `LineError`.
        """
        deadline = monotonic() + seconds
        ask = Said(channels.AREA_MAP, joining.ask_area_map(str(uuid4())))
        with self._asking:
            listeners, told = self._ask(line, {**self._create(), channels.AREA_MAP: ask}, seconds)
            joined = self._joined(listeners, told)
            names = joining.read_area_map(told.get(channels.AREA_MAP, b""))
            if not joined.is_answered or not names:
                return Joined(listeners, is_answered=False)
            self._claims.forget()
            self._claims.learn(names)
            self._select(line, [area for area in self._chosen if area in names], deadline)
            if not self._claims.selected().areas:
                self._send_scout(line, is_wanted, deadline)
        return joined

    def choose(self, areas: Collection[AreaId]) -> None:
        """From now on these areas are to be selected."""
        self._chosen = tuple(areas)

    def select(self, line: RedisLine, seconds: float) -> None:
        """Select what was chosen, and let go of an area that was only selected to hear of events.

        Raises `LineError`.
        """
        deadline = monotonic() + seconds
        if self._asking.acquire(timeout=seconds):
            try:
                self._select(line, self._chosen, deadline)
                self._recall_scout(line)
            finally:
                self._asking.release()

    def selected(self, areas: Collection[AreaId] | None = None) -> Selected:
        """What is known of these areas, or of all."""
        return self._claims.selected(None if areas is None else frozenset(areas))

    def _create(self) -> Mapping[str, Said]:
        command = joining.create_aggregator(self._aggregator, self._name)
        return {self._aggregator: Said(channels.aggregator_commands(self._wire), command)}

    def _joined(self, listeners: int, told: Mapping[str, bytes]) -> Joined:
        answer = joining.read_aggregator_answer(told.get(self._aggregator, b""))
        return Joined(listeners, answer is not None, answer is not None and answer.is_new)

    def _select(self, line: RedisLine, areas: Iterable[AreaId], deadline: float) -> None:
        """Select those areas that are not ours yet, all at once."""
        where = channels.aggregator_commands(self._wire)
        by_transaction = {str(uuid4()): area for area in self._claims.missing(areas)}
        asked = {
            transaction: Said(where, joining.select_area(self._aggregator, area, transaction))
            for transaction, area in by_transaction.items()
        }
        _, told = self._ask(line, asked, deadline - monotonic()) if asked else (0, {})
        for transaction, payload in told.items():
            answer = joining.read_aggregator_answer(payload)
            owner = answer.owner(self._aggregator) if answer else None
            if owner == self._aggregator:
                self._claims.granted(by_transaction[transaction])
            elif owner is not None:
                self._claims.owned(by_transaction[transaction], owner)

    def _send_scout(
        self, line: RedisLine, is_wanted: Callable[[str], bool], deadline: float
    ) -> None:
        """Select the first wanted area that is free: an aggregator without any hears no events.

        The exchange tells of areas before those below them, so the first one of a name is hardly
        an asset.
        """
        for area in [area for area, name in self._claims.known.items() if is_wanted(name)]:
            self._select(line, [area], deadline)
            if self._claims.is_ours(area):
                self._scout = area
                return

    def release(self, line: RedisLine) -> None:
        """Let go of all areas. Raises `LineError`."""
        self._let_go(line, self._claims.selected().areas)

    def _recall_scout(self, line: RedisLine) -> None:
        """Let go of the area that was selected to hear of events, once others do that."""
        scout, chosen = self._scout, self._chosen
        if scout is None or scout in chosen or not any(map(self._claims.is_ours, chosen)):
            return
        self._let_go(line, [scout])
        self._scout = None

    def _let_go(self, line: RedisLine, areas: Iterable[AreaId]) -> None:
        where = channels.aggregator_commands(self._wire)
        left = tuple(areas)
        line.publish(
            Said(where, joining.unselect_area(self._aggregator, area, str(uuid4())))
            for area in left
        )
        for area in left:
            self._claims.lost(area)

    def _ask(
        self, line: RedisLine, questions: Mapping[str, Said], seconds: float
    ) -> tuple[int, Mapping[str, bytes]]:
        """Ask questions at once; how many heard them, and the answers that came in time."""
        self._answers.expect(questions)
        listeners = line.publish(questions.values())
        wait = seconds if listeners else min(seconds, UNHEARD)
        return listeners, self._answers.wait(max(0.0, wait))
