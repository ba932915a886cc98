"""A recorded day: the market events of one run, each with the statistics that belong to it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from math import isclose

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.exchange.messages.kinds import Unreadable
from rulegrid.exchange.messages.transcript import (
    RecordedEvent,
    RecordedFinish,
    RecordedLine,
    RecordedMarket,
    RecordedStatistics,
    read_line,
)
from rulegrid.grid import AreaId, MarketSlot

USUAL_SLOT = timedelta(minutes=15)
MAX_BAD_LINES = 1_000
MAX_LINES_BEFORE_AN_EVENT = 200_000
"""Lines that are read in search of a first market event.

A grid of 10,000 markets is selected in 40,000.
"""

_WHAT_A_RECORDING_IS = "a recording holds the exchange's messages as JSON, one a line"


@dataclass(frozen=True, slots=True)
class RecordedSlot:
    """One market event as recorded, and the text of each market's statistics that came in time."""

    slot: MarketSlot
    payload: bytes
    statistics: Mapping[AreaId, bytes]


@dataclass(frozen=True, slots=True)
class Day:
    """A run that can be played again."""

    slots: tuple[RecordedSlot, ...]
    names: Mapping[AreaId, str]
    """Every market that any of the events shows, parents first."""
    assets: Mapping[AreaId, str]
    slot_length: timedelta
    percent: bool
    """Whether the run's fees were a percentage of the price."""
    left_out: tuple[str, ...] = ()
    """The other runs and aggregators of the recording, in words."""


@dataclass(slots=True)
class _Run:
    """The events of one aggregator in one run, while a recording is read."""

    aggregator: str
    events: list[RecordedEvent] = field(default_factory=list)
    statistics: list[dict[AreaId, bytes]] = field(default_factory=list)
    finished: bool = False

    def takes(self, event: RecordedEvent) -> bool:
        """Whether an event goes on with this run; time that goes back is another run."""
        return not self.finished and event.slot >= self.events[-1].slot

    def add(self, event: RecordedEvent) -> None:
        if not self.events or event.slot != self.events[-1].slot:
            self.events.append(event)
            self.statistics.append({})

    def claim(self, said: RecordedStatistics) -> None:
        """Keep statistics that repeat the trades of the newest event: others came too late."""
        if self.finished or not said.by_area:
            return
        markets = self.events[-1].markets
        told = said.by_area.items()
        if all(area in markets and markets[area].trades == trades for area, (trades, _) in told):
            self.statistics[-1].update({area: text for area, (_, text) in told})

    def __str__(self) -> str:
        named = f"aggregator {self.aggregator}" if self.aggregator else "a run"
        return (
            f"{named} from {self.events[0].slot:%Y-%m-%d %H:%M} ({len(self.events)} market events)"
        )


class _Reading:
    """The runs found so far in a recording."""

    def __init__(self) -> None:
        self.runs: list[_Run] = []
        self.newest: dict[str, _Run] = {}
        self.lines = 0
        self.bad_lines = 0
        self.first_bad = ""

    def read(self, line: bytes) -> None:
        self.lines += 1
        if not line.isspace():
            self._sort(read_line(line.strip()))

    def _sort(self, line: RecordedLine) -> None:
        match line:
            case RecordedEvent() as event:
                self._run_for(event).add(event)
            case RecordedStatistics() as said:
                for run in self.newest.values():
                    run.claim(said)
            case RecordedFinish(aggregator) if aggregator in self.newest:
                self.newest[aggregator].finished = True
            case Unreadable(reason):
                self.bad_lines += 1
                self.first_bad = self.first_bad or f"line {self.lines}: {reason}"

    def _run_for(self, event: RecordedEvent) -> _Run:
        run = self.newest.get(event.aggregator)
        if run is None or (run.events and not run.takes(event)):
            run = self.newest[event.aggregator] = _Run(event.aggregator)
            self.runs.append(run)
        return run

    @property
    def is_hopeless(self) -> bool:
        """Whether to give up: nothing that a recording should hold, for so long."""
        return not self.runs and (
            self.bad_lines >= MAX_BAD_LINES or self.lines >= MAX_LINES_BEFORE_AN_EVENT
        )

    def findings(self) -> tuple[Diagnostic, ...]:
        if not self.runs and self.bad_lines:
            told = f"this is no recording of an exchange: {self.first_bad}"
            return (Diagnostic("RG701", told, hint=_WHAT_A_RECORDING_IS),)
        if not self.runs:
            told = "this recording holds no market event"
            return (Diagnostic("RG702", told, hint=_WHAT_A_RECORDING_IS),)
        if not self.bad_lines:
            return ()
        lines = "a line was" if self.bad_lines == 1 else f"{self.bad_lines} lines were"
        told = f"{lines} left out of the recording: {self.first_bad}"
        return (Diagnostic("RG701", told, severity=Severity.WARNING),)


def read_day(lines: Iterable[bytes]) -> tuple[Day | None, tuple[Diagnostic, ...]]:
    """The day that the lines of a recording tell of, and what is wrong with them.

    Of several runs or aggregators the one with most market events is taken, the first of equals.
    Without a day there is an error among the findings.
    """
    reading = _Reading()
    for line in lines:
        reading.read(line)
        if reading.is_hopeless:
            break
    if not reading.runs:
        return None, reading.findings()
    longest = max(reading.runs, key=lambda run: len(run.events))
    others = tuple(str(run) for run in reading.runs if run is not longest)
    return _day(longest, others), reading.findings()


def _day(run: _Run, left_out: tuple[str, ...]) -> Day:
    slots = tuple(
        RecordedSlot(event.slot, event.payload, statistics)
        for event, statistics in zip(run.events, run.statistics, strict=True)
    )
    names = {area: market.name for event in run.events for area, market in event.markets.items()}
    assets = {area: name for event in run.events for area, name in event.assets.items()}
    return Day(slots, names, assets, _slot_length(run.events), _is_percent(run.events), left_out)


def _slot_length(events: Sequence[RecordedEvent]) -> timedelta:
    """The most common distance of two events."""
    distances = Counter(later.slot - earlier.slot for earlier, later in pairwise(events))
    return distances.most_common(1)[0][0] if distances else USUAL_SLOT


def _is_percent(events: Sequence[RecordedEvent]) -> bool:
    """Whether a fee in force comes back a hundredth of its size once its slot has closed."""
    votes = Counter(
        isclose(after.last_fee * 100, before.current_fee)
        for earlier, later in pairwise(events)
        for before, after in _same_markets(earlier, later)
        if before.current_fee and after.last_fee
    )
    return votes[True] > votes[False]


def _same_markets(
    earlier: RecordedEvent, later: RecordedEvent
) -> Iterator[tuple[RecordedMarket, RecordedMarket]]:
    for area, market in later.markets.items():
        if area in earlier.markets:
            yield earlier.markets[area], market
