"""A link to a recorded day: the whole conversation, without an exchange."""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Literal
from urllib.parse import parse_qsl

from rulegrid.diagnostics import Diagnostic, did_you_mean
from rulegrid.exchange.claims import Claims, Selected
from rulegrid.exchange.day import Day
from rulegrid.exchange.messages import Wire, channels, joining
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said
from rulegrid.gateway.link import every_name
from rulegrid.gateway.recording import embedded_day, read_recording
from rulegrid.grid import AreaId

SCHEME = "replay:"
AGGREGATOR = "7265706c-6179-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a day is played."""

    slots_per_second: float = inf
    sleep: Callable[[float], None] = time.sleep

    @property
    def seconds(self) -> float:
        """The time from one market event to the next."""
        return 1 / self.slots_per_second


AT_ONCE = Pace()


class Replay:
    """A recorded day that answers like an exchange.

    Nothing happens but in `receive`: what was sent is answered there, before the next slot opens.
    A fee sent in one slot applies to the next and is shown as in force; trades stay as recorded.
    """

    def __init__(self, day: Day, wire: Wire, pace: Pace = AT_ONCE) -> None:
        self.wire = wire
        self.aggregator = AGGREGATOR
        self.trouble = ""
        self._exchange = RecordedExchange(day, wire)
        self._names = day.names
        self._claims = Claims()
        self.slots = len(day.slots)
        """Market events that the day has."""
        self.recorded_unit = "percent" if day.percent else "ct/kWh"
        """The `fee_unit` of the exchange that was recorded."""
        self._inbox: deque[bytes] = deque()
        self._pace = pace
        self._left = 0.0

    @property
    def mishaps(self) -> Sequence[str]:
        """What a real exchange would have died of, or fallen deaf from, in order."""
        return self._exchange.mishaps

    def open(self, is_wanted: Callable[[str], bool] = every_name) -> Selected:
        """Become an aggregator and select the markets whose names are wanted."""
        say = joining.create_aggregator(self.aggregator, "rulegrid")
        self._exchange.hear(channels.aggregator_commands(self.wire), say)
        self._claims.learn(self._names)
        wanted = [area for area, name in self._names.items() if is_wanted(name)]
        return self.select(wanted)

    def select(self, areas: Collection[AreaId]) -> Selected:
        """Select these markets too."""
        for area in self._claims.missing(areas):
            say = joining.select_area(self.aggregator, area, f"select-{area}")
            self._exchange.hear(channels.aggregator_commands(self.wire), say)
            self._claims.granted(area)  # there is nobody else who might have it
        return self._claims.selected(frozenset(areas))

    def send(self, payload: bytes) -> None:
        """Send a batch command."""
        self._exchange.hear(channels.BATCHES, payload)

    def receive(self, timeout: float | None = None) -> bytes | None:
        """The next answer, else the next market event, else `finish`, else None for ever."""
        if not self._inbox:
            self._take(self._exchange.tick())
        if not self._inbox and not self._exchange.is_over and self._has_waited(timeout):
            self._take(self._exchange.open_slot())
            self._left = self._pace.seconds
        return self._inbox.popleft() if self._inbox else None

    def release(self) -> None:
        """The end of the day: there is nobody who might want the areas."""
        self.close()

    def close(self) -> None:
        """Say nothing more."""
        self._inbox.clear()

    def _take(self, said: Iterable[Said]) -> None:
        ours = (channels.batch_answers(self.aggregator), channels.events(self.aggregator))
        self._inbox.extend(payload for channel, payload in said if channel in ours)

    def _has_waited(self, timeout: float | None) -> bool:
        """Wait for the next slot, but no longer than `timeout` seconds; whether it is due."""
        wait = self._left if timeout is None else min(self._left, timeout)
        if wait > 0:
            self._pace.sleep(wait)
        self._left -= wait
        return self._left <= 0


@dataclass(frozen=True, slots=True)
class ReplayUrl:
    """What a `replay:` URL names."""

    file: str
    """Empty for the day that ships with rulegrid."""
    dialect: Literal["today", "2020"] = "today"


def parse_replay(url: str) -> ReplayUrl:
    """Read `replay:`, `replay:FILE` or `replay:FILE?dialect=2020`.

    Raises `ValueError` with a message for the one who wrote it.
    """
    if not url.startswith(SCHEME):
        raise ValueError(f"`{url}` does not begin with `{SCHEME}`")
    file, _, options = url.removeprefix(SCHEME).partition("?")
    dialect: Literal["today", "2020"] = "today"
    for key, value in parse_qsl(options, keep_blank_values=True):
        if key != "dialect":
            hint = did_you_mean(key, ["dialect"])
            raise ValueError(f"a replay has no option `{key}`" + (f": {hint}" if hint else ""))
        if value not in {"today", "2020"}:
            raise ValueError(f"a replay speaks the dialect `today` or `2020`, not `{value}`")
        dialect = "2020" if value == "2020" else "today"
    return ReplayUrl(file, dialect)


def open_replay(
    url: str, wire: Wire, pace: Pace = AT_ONCE
) -> tuple[Replay | None, tuple[Diagnostic, ...]]:
    """The link that a `replay:` URL names, and what is wrong with its recording.

    The URL's dialect goes before that of `wire`. Raises `ValueError` for the URL and
    `FileNotFoundError` for its file.
    """
    named = parse_replay(url)
    day, findings = read_recording(named.file) if named.file else (embedded_day(), ())
    if day is None:
        return None, findings
    return Replay(day, replace(wire, dialect=named.dialect), pace), findings
