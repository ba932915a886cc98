"""An exchange on a virtual clock that does what hurts, and the session that lives with it.

It has the semantics of the real one (batches wait for the next tick, fees apply from the next
slot, `ready` may carry the old fee), and a wire on which everything can be late, lost or doubled.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, Protocol

from rulegrid.engine.binding import Binding
from rulegrid.exchange.effects import Effect, Send
from rulegrid.exchange.session import Session, Settings
from rulegrid.grid import MarketSlot, later, write_slot
from rulegrid.program import Program
from tests.building import NOON, VILLAGE

SLOT = 900.0
TICK = SLOT / 10
WIRE = 0.01
"""Seconds a message takes when nothing is wrong."""

RULES = """
areas:
  Grid: 1 ct/kWh + volume * 2 ct/kWh / 1 kWh
  Street: median_price / 2
  "House *": average(volume, 3 slots) * 1 ct/kWh / 1 kWh
{more}
limits: {{min: 0.5, max: 9, max_change: 5, decimals: 2}}
"""
FROM_EVENTS = RULES.format(more="  Mill: default(median_price, 3)")
"""A rulebook that reads nothing but market events."""

FROM_STATISTICS = RULES.format(more='  Mill: "abs(import - export) * 1 ct/kWh / 1 kWh"')
"""One that has to ask for statistics first."""

LOST = None
"""In place of a delay."""


@dataclass(slots=True)
class Faults:
    """What goes wrong in a slot. Delays are in slots, `LOST` is for ever."""

    event: float | None = 0.0
    event_again: float | None = None
    """A second copy comes so late."""
    answer: float | None = 0.0
    answer_again: float | None = None
    command: float | None = 0.0
    """Commands are never reordered: they go through one connection."""
    refused: frozenset[str] = frozenset()
    """Areas whose fees are answered as `ready` with the old value."""
    silent: frozenset[str] = frozenset()
    """Areas that are dropped from batches."""
    forgotten: frozenset[str] = frozenset()
    """Areas that are missing in the event's tree."""
    garbage: bytes | None = None
    """Comes before the event."""
    deaf: bool = False
    cut: tuple[float, float] | None = None
    """The link is lost and restored after these parts of the slot."""
    withheld: bool = False
    """Our journal cannot be written, so no fees may be sent."""
    asleep: bool = False
    """Our process stands still until the slot is over: a suspend, a SIGSTOP."""


CLEAN = Faults()


@dataclass(eq=False, slots=True)
class Fee:
    """A fee that is set, and by whom."""

    value: float | None
    by: str = "start"


@dataclass(slots=True)
class Shown:
    """What an event of the exchange shows."""

    slot: MarketSlot
    fees: dict[str, Fee]


class Watch(Protocol):
    """Sees all that is said and done."""

    def event(self, shown: Shown, now: float) -> None:
        """An event is about to be received."""

    def answer(self, transaction: str, now: float) -> None:
        """An answer is about to be received."""

    def did(self, effects: tuple[Effect, ...], now: float) -> None:
        """The session has done something."""

    def opened(self, slot: MarketSlot, fees: dict[str, Fee]) -> None:
        """A slot has opened under these fees."""


@dataclass(order=True, slots=True)
class _Move:
    at: float
    order: int
    act: Callable[[], None] = field(compare=False)


class World:
    """A session and its exchange. Play it slot by slot with `play`."""

    def __init__(
        self,
        program: Program,
        watch: Watch,
        seed: int = 0,
        start: MarketSlot = NOON,
        **settings: Any,
    ) -> None:
        self.session = Session(program, Settings("our-uuid", "run-1", **settings))
        self.watch = watch
        self.time = 0.0
        self.faults = CLEAN
        self.is_linked = True
        self.skew = 0.0
        """How far our clock is from the time."""
        self.frozen: float | None = None
        """Where our clock stands still, if it does."""
        self.areas = dict(_areas("", VILLAGE))
        self.in_force = {area: Fee(None) for area in self.areas}
        self.pending = dict(self.in_force)
        self._start, self._slot_length = start, program.slot_length
        self._slots = -1
        self._dice = Random(seed)  # noqa: S311 - dice, no secret
        self._moves: list[_Move] = []
        self._order = count()
        self._buffered: dict[str, dict[str, Any]] = {}
        self._taken: dict[str, dict[str, Any]] = {}
        self._wakes = self._line_free = 0.0

    @property
    def slot(self) -> MarketSlot:
        """The open slot."""
        return later(self._start, self._slot_length, self._slots)

    @property
    def clock(self) -> float:
        """What our process believes the time to be."""
        return self.time + self.skew if self.frozen is None else self.frozen

    def play(self, faults: Faults = CLEAN, slots: int = 1) -> None:
        """Play whole slots under some faults."""
        for _ in range(slots):
            self.faults = faults
            start = self.time
            self._open(start)
            for tick in range(1, 11):
                self._until(start + tick * TICK)
                self._execute()
                if tick == 1:
                    self._announce()
                self._taken, self._buffered = self._buffered, {}

    # The exchange

    def _open(self, start: float) -> None:
        self._slots += 1
        self.in_force = dict(self.pending)
        if self.faults.asleep:
            self._wakes = start + SLOT
        if self.faults.cut is not None:
            lost, restored = self.faults.cut
            self._at(start + lost * SLOT, self.lose_link)
            self._at(start + restored * SLOT, self.restore_link)
        self.watch.opened(self.slot, self.in_force)

    def _announce(self) -> None:
        faults = self.faults
        if faults.garbage is not None:
            self._to_us(faults.garbage, 0.0, None)
        shown = {a: fee for a, fee in self.in_force.items() if a not in faults.forgotten}
        event = self._event(frozenset(faults.forgotten))
        for delay in (faults.event, faults.event_again):
            if delay is not None:
                slot = Shown(self.slot, shown)
                self._to_us(event, delay, lambda now, s=slot: self.watch.event(s, now))

    def _event(self, forgotten: frozenset[str]) -> bytes:
        def node(name: str, children: dict[str, Any]) -> dict[str, Any]:
            traded = self._dice.random() < 0.7
            price = round(self._dice.uniform(0, 30), 3) if traded else None
            return {
                "area_name": name,
                "last_market_stats": {
                    "median_trade_rate": price,
                    "total_traded_energy_kWh": self._dice.randrange(8) / 2 if traded else None,
                },
                "current_market_fee": self.in_force[name].value,
                "children": {n: node(n, c) for n, c in children.items() if n not in forgotten},
            }

        tree = {name: node(name, children) for name, children in VILLAGE.items()}
        told = {"event": "market", "market_slot": write_slot(self.slot), "grid_tree": tree}
        return json.dumps(told).encode()

    def _hear(self, payload: bytes) -> None:
        if self.is_linked and not self.faults.deaf:
            batch = json.loads(payload)
            self._buffered[batch["transaction_id"]] = batch

    def _execute(self) -> None:
        for transaction, batch in self._taken.items():
            listed = batch["batch_commands"].items()
            responses = {
                area: [self._obey(area, command) for command in commands]
                for area, commands in listed
                if area not in self.faults.silent
            }
            if not responses:
                continue
            answer = {
                "command": "batch_commands",
                "transaction_id": transaction,
                "responses": responses,
            }
            for delay in (self.faults.answer, self.faults.answer_again):
                if delay is not None:
                    self._to_us(
                        json.dumps(answer).encode(),
                        delay,
                        lambda now, t=transaction: self.watch.answer(t, now),
                    )
        self._taken = {}

    def _obey(self, area: str, command: dict[str, Any]) -> dict[str, Any]:
        if command["type"] == "dso_market_stats":
            through = {way: self._dice.randrange(20) / 4 for way in ("import", "export")}
            return {"command": command["type"], "market_stats": {"area_throughput": through}}
        if area not in self.faults.refused:
            self.pending[area] = Fee(command["data"]["fee_const"], "us")
        echo = str(self.pending[area].value)
        return {"command": "grid_fees", "status": "ready", "market_fee_const": echo}

    def overwrite(self, area: str, value: float) -> None:
        """Another operator sets a fee."""
        self.pending[area] = Fee(value, "other")

    # The wire

    def _to_us(self, payload: bytes, delay: float, tell: Callable[[float], None] | None) -> None:
        def arrive() -> None:
            if not self.is_linked or self.session.ended:
                return
            if self.time < self._wakes:
                self._at(self._wakes, arrive)
                return
            if tell is not None:
                tell(self.clock)
            self._move(self.session.receive(payload, self.clock))

        self._at(self.time + WIRE + delay * SLOT, arrive)

    def _move(self, step: tuple[Session, tuple[Effect, ...]]) -> None:
        self.session, effects = step
        if self.faults.withheld:
            kept = tuple(e for e in effects if not (isinstance(e, Send) and e.batch))
            self.watch.did(kept, self.clock)
            if kept != effects:
                self._move(self.session.withheld("the journal cannot be written"))
            effects = kept
        else:
            self.watch.did(effects, self.clock)
        for effect in effects:
            if isinstance(effect, Send) and self.faults.command is not None and self.is_linked:
                self._line_free = max(
                    self._line_free, self.time + WIRE + self.faults.command * SLOT
                )
                self._at(self._line_free, lambda p=effect.payload: self._hear(p))

    def lose_link(self) -> None:
        """From here on nothing arrives."""
        self.is_linked = False

    def restore_link(self) -> None:
        """Messages arrive again, and our side knows."""
        if not self.is_linked:
            self.is_linked = True
            if not self.session.ended:
                self._move(self.session.restored(self.clock))

    def heal(self) -> None:
        """All faults end; what was still under way is lost."""
        self._moves.clear()
        self._line_free = self._wakes = 0.0
        self.faults = CLEAN
        self.restore_link()
        if self.frozen is not None:
            self.start_clock()

    # Time

    def stop_clock(self) -> None:
        """Our clock stands still."""
        self.frozen = self.clock

    def start_clock(self, jump: float = 0.0) -> None:
        """Our clock goes on from where it stood, or `jump` seconds later."""
        self.skew = self.clock + jump - self.time
        self.frozen = None

    def _at(self, at: float, act: Callable[[], None]) -> None:
        heappush(self._moves, _Move(at, next(self._order), act))

    def _until(self, end: float) -> None:
        """Let everything happen that is due until then."""
        while True:
            tick = self._next_tick()
            at = self._moves[0].at if self._moves else end + 1
            if min(at, tick) > end:
                break
            self.time = max(self.time, min(at, tick))
            if at <= tick:
                heappop(self._moves).act()
            else:
                self._move(self.session.tick(max(self.clock, self.session.due or 0.0)))
        self.time = end

    def _next_tick(self) -> float:
        """When the loop would call `tick`; a stopped clock never comes so far."""
        due = self.session.due
        if due is None or self.session.ended:
            return float("inf")
        if self.frozen is not None:
            return self.time if due <= self.frozen else float("inf")
        return max(due - self.skew, self.time, self._wakes)


def _areas(above: str, tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, children in tree.items():
        yield name, above
        yield from _areas(name, children)


def decided(binding: Binding, column: Any) -> dict[str, float]:
    """The numbers of a column by area, without those that are no data."""
    pairs = zip(binding.grid.ids, column.tolist(), strict=True)
    return {area: number for area, number in pairs if number == number}  # noqa: PLR0124
