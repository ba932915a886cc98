"""What must hold of a session whatever the exchange does, checked move by move."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from math import gcd, isfinite
from statistics import median
from typing import Any, TypeVar

import numpy as np

from rulegrid.exchange.effects import (
    Concluded,
    Deaf,
    Effect,
    Ended,
    Foreign,
    Proved,
    Send,
)
from rulegrid.grid import MarketSlot, later
from rulegrid.program import Program
from tests.exchange.adversary import Fee, Shown, decided

E = TypeVar("E")

DEAF_AFTER = 2
FOREIGN_ENOUGH = 3


@dataclass(slots=True)
class Conversation:
    """What was sent in one slot, and what came back."""

    fees: dict[str, float] | None = None
    """The first batch, which has everything."""
    ids: dict[str, str] = field(default_factory=dict)
    """Of statistics and fees."""
    answered: set[str] = field(default_factory=set)
    sends: int = 0
    batches: list[dict[str, float]] = field(default_factory=list)


@dataclass(slots=True)
class Rhythm:
    """Events that queued up tell nothing of the rhythm: they wait for one that does."""

    length: timedelta
    newest: float = 0.0
    intervals: list[float] = field(default_factory=list)
    beat: tuple[MarketSlot, float] | None = None
    was_cut_short: bool = False
    """Whether the newest event came before the deadline of the slot before."""

    def take(self, slot: MarketSlot, now: float) -> None:
        usual = median(self.intervals) if self.intervals else 0.0
        self.was_cut_short = now - self.newest < 0.75 * usual
        self.newest = now
        if self.beat is None:
            self.beat = slot, now
            return
        slots, elapsed = (slot - self.beat[0]) // self.length, now - self.beat[1]
        if elapsed > 0 and (not self.intervals or elapsed >= median(self.intervals) / 4):
            self.intervals = [*self.intervals, elapsed / slots][-5:]
            self.beat = slot, now


class Laws:
    """Watches a world and fails at the first move that breaks a law."""

    _newest: MarketSlot | None = None
    _event: Shown | None = None
    _proof_due: MarketSlot | None = None

    def __init__(self, program: Program, *, stops: bool = False) -> None:
        limits = [policy.limits for policy in program.policies]
        self._rails = min(x.minimum for x in limits), max(x.maximum for x in limits)
        self._length, self._stops = program.slot_length, stops
        self._came: list[MarketSlot] = []  # the slots of all events, late ones and copies too
        self._rhythm = Rhythm(self._length)
        self._talks: dict[MarketSlot, Conversation] = {}
        self._ids: dict[str, tuple[MarketSlot, str]] = {}
        self._sent: dict[str, float] = {}
        self._accepted: dict[str, float | None] = {}
        """The fees in force when they were last not somebody else's."""
        self._heard, self._silent, self._foreign = False, 0, 0
        self._effects: list[Effect] = []
        self.decided: dict[MarketSlot, dict[str, float]] = {}
        """The fees that each slot's cycle wanted."""
        self.concluded: dict[MarketSlot, Concluded] = {}
        self.shown: dict[MarketSlot, dict[str, float | None]] = {}
        """The fees that each new event has shown."""
        self.wrong: dict[MarketSlot, dict[str, tuple[float, float | None]]] = {}
        """Fees in force that are not those decided in the slot before."""

    def told(self, kind: type[E]) -> list[E]:
        """All effects of a kind, in order; sends are not kept."""
        return [effect for effect in self._effects if isinstance(effect, kind)]

    # What comes in

    def event(self, shown: Shown, now: float) -> None:
        self._came.append(shown.slot)
        if self._newest is not None and shown.slot <= self._newest:
            return
        self._newest, self._event = shown.slot, shown
        self._rhythm.take(shown.slot, now)
        self.shown[shown.slot] = {area: fee.value for area, fee in shown.fees.items()}
        for area in [a for a in self._sent if a not in shown.fees]:
            del self._sent[area]
        for area, fee in shown.fees.items():
            if area not in self._sent and fee.by != "us":
                fee.by = "start"

    def answer(self, transaction: str, now: float) -> None:
        del now
        if transaction in self._ids:
            slot, _ = self._ids[transaction]
            self._talks[slot].answered.add(transaction)
            self._heard, self._silent = True, 0

    def opened(self, slot: MarketSlot, fees: dict[str, Fee]) -> None:
        wanted = self.decided.get(later(slot, self._length, -1), {})
        wrong = {a: (w, fees[a].value) for a, w in wanted.items() if fees[a].value != w}
        if wrong:
            self.wrong[slot] = wrong

    # What is done

    def did(self, effects: tuple[Effect, ...], now: float) -> None:
        event, self._event = self._event, None
        if event is not None:
            self._proof(event, effects)
            if not self._is_of_other_length(effects):
                self._foreigners(event, effects)
        for effect in effects:
            self._look_at(effect, effects, now)
        self._effects += [effect for effect in effects if not isinstance(effect, Send)]
        if event is not None:
            self._heard = self._rhythm.was_cut_short = False

    def _look_at(self, effect: Effect, effects: tuple[Effect, ...], now: float) -> None:
        match effect:
            case Send():
                self._send(effect, now)
            case Concluded():
                self._conclude(effect, effects)
            case Ended():
                self._end(effect, effects)

    def _is_of_other_length(self, effects: tuple[Effect, ...]) -> bool:
        """Whether the run ends for its length of slots: then its last event is not looked into.

        Longer slots than ours would explain all events that came, late ones too.
        """
        faults = [e.fault for e in effects if isinstance(e, Ended) and "slot_length" in e.fault]
        if faults:
            assert gcd(*((slot - self._came[0]) // self._length for slot in self._came)) > 1
        return bool(faults)

    def _end(self, ended: Ended, effects: tuple[Effect, ...]) -> None:
        """Nothing is done after the end, and there is a reason for it."""
        assert ended is effects[-1]
        assert "slot_length" in ended.fault or "somebody else" in ended.fault

    def _send(self, send: Send, now: float) -> None:
        slot = self._newest
        assert slot is not None, "nothing is sent before the first event"
        message = json.loads(send.payload)
        purpose = "statistics" if send.batch is None else "fees"
        talk = self._talks.setdefault(slot, Conversation())
        known = self._ids.setdefault(send.transaction, (slot, purpose))
        assert (slot, purpose) == known, "a transaction id is for one slot and one purpose"
        assert send.transaction == talk.ids.setdefault(purpose, send.transaction)
        assert send.transaction == message["transaction_id"]
        assert send.again == (purpose in talk.ids and self._sent_before(talk, purpose))
        self._in_time(send, now)
        if purpose == "fees":
            assert send.cycle is not None
            assert slot == send.cycle.slot, "only the newest slot is sent"
            self._fees(talk, send, message["batch_commands"])
        talk.sends += 1

    def _sent_before(self, talk: Conversation, purpose: str) -> bool:
        before = f"sent-{purpose}" in talk.ids
        talk.ids[f"sent-{purpose}"] = ""
        return before

    def _in_time(self, send: Send, now: float) -> None:
        if self.window is None:
            assert not send.again, "with no interval known only the first send is made"
        else:
            assert now < self._rhythm.newest + self.window, "nothing is sent after the deadline"

    def _fees(self, talk: Conversation, send: Send, commands: dict[str, Any]) -> None:
        fees: dict[str, float] = {}
        for area, listed in commands.items():
            (command,) = listed
            assert "grid_fees" == command["type"]
            fee = command["data"]["fee_const"]
            assert type(fee) in (int, float)
            assert isfinite(fee)
            assert self._rails[0] <= fee <= self._rails[1]
            fees[area] = fee
        assert fees, "an empty batch is not sent"
        talk.batches.append(fees)
        if talk.fees is None:
            talk.fees = fees
            assert send.cycle is not None
            self._sent.update(fees)
            self._proof_due = send.cycle.applies_to
        elif send.transaction in talk.answered:
            assert fees.items() <= talk.fees.items(), "after an answer only the rest is sent"
        else:
            assert fees == talk.fees, "before an answer a re-send is the same"

    def _conclude(self, concluded: Concluded, effects: tuple[Effect, ...]) -> None:
        assert concluded.slot not in self.concluded, "a slot is concluded once"
        self.concluded[concluded.slot] = concluded
        talk = self._talks.get(concluded.slot, Conversation())
        if concluded.cycle is not None:
            cycle = concluded.cycle
            self.decided[concluded.slot] = decided(cycle.binding, cycle.fee)
        if concluded.status == "missed":
            assert concluded.why
            assert concluded.cycle is None
        if concluded.status == "held":
            assert concluded.why or not (concluded.batch and concluded.batch.fees)
        if concluded.status == "sent":
            assert talk.fees == dict(concluded.batch.fees if concluded.batch else {})
            assert concluded.why or concluded.receipt
        else:
            assert talk.fees is None
        self._deafness(talk, effects)

    def _deafness(self, talk: Conversation, effects: tuple[Effect, ...]) -> None:
        """Deaf is said when nothing at all was answered for two slots in a row.

        A slot that was cut short by the next event does not count.
        """
        if not talk.sends:
            return
        if self._rhythm.was_cut_short:
            assert not [effect for effect in effects if isinstance(effect, Deaf)]
            return
        heard = self._heard or talk.answered
        self._silent = 0 if heard else self._silent + 1
        said = [effect.slots for effect in effects if isinstance(effect, Deaf)]
        assert ([self._silent] if self._silent >= DEAF_AFTER else []) == said

    # What the event proves

    def _proof(self, event: Shown, effects: tuple[Effect, ...]) -> None:
        proofs = [effect for effect in effects if isinstance(effect, Proved)]
        if self._proof_due != event.slot:
            assert [] == proofs
            return
        (proof,) = proofs
        assert event.slot == proof.slot
        differs = {a for a, fee in self._sent.items() if event.fees[a].value != fee}
        assert differs == named(proof.grid.ids, proof.differs)

    def _foreigners(self, event: Shown, effects: tuple[Effect, ...]) -> None:
        """Who sets the fee that was in force before ours was is not told from nobody."""
        fees, accepted = event.fees, self._accepted
        others = {a for a in self._sent if fees[a].by == "other"}
        theirs = {a for a in others if fees[a].value != accepted.get(a)}
        accepted.update((a, fee.value) for a, fee in fees.items() if a not in theirs)
        told = [effect for effect in effects if isinstance(effect, Foreign)]
        self._foreign = self._foreign + 1 if theirs else 0
        if theirs:
            (alarm,) = told
            assert theirs == named(alarm.grid.ids, alarm.areas)
            assert self._foreign == alarm.in_a_row
        else:
            assert [] == told
        ended = [e for e in effects if isinstance(e, Ended) and "somebody else" in e.fault]
        assert bool(ended) == (self._stops and self._foreign >= FOREIGN_ENOUGH)

    # At the end

    def batches_of(self, slot: MarketSlot) -> list[dict[str, float]]:
        """The batches of fees that were sent in a slot, in order."""
        return self._talks[slot].batches

    def sends_in(self, slot: MarketSlot) -> int:
        """How often something was sent in a slot."""
        return self._talks[slot].sends

    @property
    def window(self) -> float | None:
        """Seconds after an event in which something may be sent."""
        return 0.75 * median(self._rhythm.intervals) if self._rhythm.intervals else None

    def all_is_explained(self, *, over: bool = False) -> None:
        """Every slot between the first event and the newest is concluded; that too once over."""
        if self._newest is None:
            return
        first = self._came[0]
        assert first <= min(self.concluded, default=first)
        assert self._newest >= max(self.concluded, default=self._newest)
        is_newest_over = self._newest in self.concluded
        assert is_newest_over or not over
        slots = (self._newest - first) // self._length + is_newest_over
        assert slots == len(self.concluded)


def named(ids: tuple[str, ...], marked: np.ndarray) -> set[str]:
    """The areas that are marked."""
    return {ids[place] for place in np.flatnonzero(marked)}
