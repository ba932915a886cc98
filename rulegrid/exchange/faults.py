"""What can go wrong between an exchange and its clients, done on purpose and by the same dice."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from rulegrid.diagnostics import did_you_mean
from rulegrid.exchange.messages import channels
from rulegrid.exchange.messages.spoiled import GARBAGE, with_untaken_fees, without_kpis
from rulegrid.exchange.registrations import Said


class Fault(NamedTuple):
    """How often a fault happens unless told otherwise, and what it is."""

    rate: float
    meaning: str


FAULTS: Mapping[str, Fault] = {
    "late": Fault(0.2, "a market event comes late, by up to 0.85 of a slot"),
    "duplicate": Fault(0.2, "an event or answer comes twice"),
    "drop": Fault(0.1, "an event or answer is lost"),
    "reorder": Fault(0.1, "an event or answer comes after the next one"),
    "old-value": Fault(0.1, "a fee is not taken, and answered as ready with the old one"),
    "cut": Fault(0.05, "in a slot, all connections are cut; for HTTP, an answer"),
    "expire": Fault(0.1, "in a slot, all tokens given out until then expire"),
    "garbage": Fault(0.1, "something unreadable comes before an event or answer"),
    "deaf": Fault(4, "from the RATE-th slot on no command is heard, while events go on"),
    "null-kpis": Fault(1, "self-sufficiency and self-consumption are null, as on the web"),
}
"""Every fault; a rate is the share of messages, fees, slots or requests that it strikes."""

LATEST = 0.85
"""The most an event is late, in slots: it still comes before the next one."""

SECOND_COPY = 0.1
"""After so many slots the second copy of a message follows."""


class Delivery(NamedTuple):
    """A message, and after how many slots it goes out."""

    said: Said
    after: float = 0.0


def read_fault(text: str) -> tuple[str, float]:
    """Read `NAME` or `NAME=RATE`. Raises `ValueError` in words for who wrote it."""
    name, equals, written = text.partition("=")
    if name not in FAULTS:
        hint = did_you_mean(name, FAULTS)
        raise ValueError(f"there is no fault `{name}`" + (f": {hint}" if hint else ""))
    if not equals:
        return name, FAULTS[name].rate
    try:
        rate = float(written)
    except ValueError:
        rate = -1.0
    if name == "deaf" and rate >= 0:
        return name, rate
    if not 0 <= rate <= 1:
        raise ValueError(f"`{text}`: a rate lies between 0 and 1")
    return name, rate


class Faults:
    """The faults of an exchange, and how often each has happened."""

    def __init__(self, rates: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self._rates = rates or {}
        self._seed = seed
        self._slot = -1
        self._throws: Counter[str] = Counter()
        self._held: dict[str, tuple[Delivery, ...]] = {}
        self.done: Counter[str] = Counter()
        """How often each fault has happened."""

    def begin_slot(self, number: int) -> None:
        """A slot opens: its faults do not depend on what was before."""
        self._slot = number
        self._throws.clear()

    def strikes(self, fault: str) -> bool:
        """Whether a fault happens now; it is counted."""
        rate = self._rates.get(fault, 0.0)
        happens = rate > 0 and self._draw(fault) < rate
        self.done[fault] += happens
        return happens

    def _draw(self, fault: str) -> float:
        """From 0 up to, but not including, 1: the same at each run of one seed."""
        self._throws[fault] += 1
        throw = f"{self._seed}/{fault}/{self._slot}/{self._throws[fault]}"
        return int.from_bytes(sha256(throw.encode()).digest()[:6]) / 2**48

    def moment(self, fault: str) -> float | None:
        """The part of the slot that has opened after which a fault happens, if it does at all."""
        return self._draw(fault) if self.strikes(fault) else None

    def hears(self, channel: str, slot: int) -> bool:
        """Whether an exchange still listens on a channel. Its controls are heard to the last."""
        from_slot = self._rates.get("deaf")
        if from_slot is None or slot < from_slot or channels.is_always_heard(channel):
            return True
        self.done["deaf"] += 1
        return False

    def on_the_way_in(self, channel: str, payload: bytes) -> bytes:
        """A message as the exchange gets it."""
        if channel != channels.BATCHES or "old-value" not in self._rates:
            return payload
        return with_untaken_fees(payload, lambda: self.strikes("old-value"))

    def on_the_way_out(self, said: Said) -> tuple[Delivery, ...]:
        """What becomes of a message; of events and answers only."""
        kind, aggregator = channels.addressed(said.channel)
        if not kind:
            return (Delivery(said),)
        if self.strikes("null-kpis"):
            said = Said(said.channel, without_kpis(said.payload))
        if self.strikes("drop"):
            return ()
        return self._in_order(aggregator, self._copies(kind, said))

    def _copies(self, kind: str, said: Said) -> tuple[Delivery, ...]:
        copies: list[Delivery] = []
        if self.strikes("garbage"):
            way = GARBAGE[int(self._draw("garbage") * len(GARBAGE))]
            copies.append(Delivery(Said(said.channel, way(said.payload))))
        after = self._lateness() if kind == "event" else 0.0
        copies.append(Delivery(said, after))
        if self.strikes("duplicate"):
            copies.append(Delivery(said, after + SECOND_COPY))
        return tuple(copies)

    def _lateness(self) -> float:
        return LATEST * self._draw("late") if self.strikes("late") else 0.0

    def _in_order(self, aggregator: str, copies: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
        """Those of one held back earlier come behind; or these are held back now."""
        if aggregator in self._held:
            return (*copies, *self._held.pop(aggregator))
        if self.strikes("reorder"):
            self._held[aggregator] = copies
            return ()
        return copies

    def held_back(self) -> tuple[Delivery, ...]:
        """What still waits for a next message when there will be none."""
        waiting = tuple(each for copies in self._held.values() for each in copies)
        self._held.clear()
        return waiting
