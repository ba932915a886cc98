"""One conversation with the exchange, as a value.

`session.receive(message, now) -> (session, effects)` never waits and never sends: the loop in the
gateway carries the effects out. The way of a market slot:

event -> (statistics asked for -> answered) -> decided -> one batch of fees -> receipt

A slot whose statistics or receipt never came ends when the next event arrives, and is told of as
such. Only the newest slot is ever decided.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Literal

import numpy as np

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.exchange.messages import (
    BatchAnswer,
    FeeBatch,
    Finish,
    MarketEvent,
    Rails,
    Unreadable,
    Wire,
    decode,
    statistics_command,
    with_statistics,
)
from rulegrid.exchange.receipt import Receipt, compare
from rulegrid.grid import MarketSlot, Snapshot, later, write_slot
from rulegrid.program import Program

MOST_MISSES_TOLD = 10_000
"""After a longer silence only so many of the missed slots are told of."""

Status = Literal["sent", "dry-run", "missed", "held"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a conversation is told at its start."""

    aggregator: str
    run: str
    """Names this run; part of every transaction id."""
    wire: Wire = Wire()
    dry_run: bool = False
    """Ask, decide, and send nothing: our own fees count as sent."""
    send: Literal["all", "changed"] = "all"


@dataclass(frozen=True, slots=True)
class Send:
    """Send this command."""

    payload: bytes
    transaction: str


@dataclass(frozen=True, slots=True)
class Bound:
    """The rulebook has met a grid: at the first event, and whenever the tree has changed."""

    binding: Binding
    findings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The rulebook does not fit the grid; the conversation ends."""

    findings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Concluded:
    """A slot is over for us: what was decided, what was sent, and what came back."""

    slot: MarketSlot
    status: Status
    cycle: Cycle | None
    """None where the slot was missed before anything could be decided."""
    transaction: str = ""
    batch: FeeBatch | None = None
    receipt: Receipt | None = None
    why: str = ""
    """Why a slot was missed or held."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that could not be read or used."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over; a reason other than the exchange's own finish is a fault."""

    fault: str = ""


Effect = Send | Bound | Refused | Concluded | Dropped | Ended


@dataclass(frozen=True, slots=True)
class _Asked:
    """Waiting for the statistics of an event."""

    event: MarketEvent
    transaction: str


@dataclass(frozen=True, slots=True)
class _Sent:
    """Waiting for the receipt of a batch."""

    cycle: Cycle
    batch: FeeBatch
    transaction: str


@dataclass(frozen=True, eq=False)
class Session:
    """A conversation between two messages."""

    program: Program
    settings: Settings
    binding: Binding | None = None
    memory: Memory | None = None
    waiting: _Asked | _Sent | None = None
    newest: MarketSlot | None = None
    """The newest slot an event has named."""
    stride: int | None = None
    """Slots between the newest two events; 1 for good once it has been 1."""
    ended: bool = False

    def receive(self, payload: bytes) -> "tuple[Session, tuple[Effect, ...]]":
        """Take in one message of the exchange."""
        known = self.binding.grid if self.binding else None
        message = decode(payload, self.settings.wire, known)
        if isinstance(message, MarketEvent):
            return self._event(message)
        if isinstance(message, BatchAnswer):
            return self._answer(message)
        if isinstance(message, Finish):
            concluded = tuple(self._give_up("the exchange finished"))
            return replace(self, waiting=None, ended=True), (*concluded, Ended())
        if isinstance(message, Unreadable):
            return self, (Dropped(message.reason),)
        return self, ()

    def _event(self, event: MarketEvent) -> "tuple[Session, tuple[Effect, ...]]":
        if self.newest is not None and event.slot <= self.newest:
            return self, (Dropped(f"an event for {write_slot(event.slot)}, which is not new"),)
        effects: list[Effect] = [*self._give_up("the next slot has begun")]
        stride, fault = self._stride(event.slot)
        if fault:
            return replace(self, waiting=None, ended=True), (*effects, Ended(fault))
        effects.extend(self._skipped(event.slot))
        session, found = self._bound_to(event)
        session = replace(session, waiting=None, newest=event.slot, stride=stride)
        session, more = session._ask_or_decide(event)
        return session, (*effects, *found, *more)

    def _ask_or_decide(self, event: MarketEvent) -> "tuple[Session, tuple[Effect, ...]]":
        """Ask for statistics where a metric is read that an event does not carry, else decide."""
        if self.binding is None:
            return replace(self, ended=True), (Ended("the rulebook does not fit the grid"),)
        if not self.binding.needs_statistics:
            return self._decide(with_statistics(event, None))
        settings = self.settings
        transaction = self._transaction(event.slot, "statistics")
        closed = later(event.slot, self.program.slot_length, -1)
        command = statistics_command(
            settings.aggregator, transaction, closed, self.binding.reported, settings.wire
        )
        return replace(self, waiting=_Asked(event, transaction)), (Send(command, transaction),)

    def _stride(self, slot: MarketSlot) -> tuple[int | None, str]:
        """The distance to the event before in slots; a fault where `slot_length` cannot be right.

        One event may be lost, so a distance of several slots is a fault only when it is the rule
        from the start.
        """
        if self.newest is None:
            return None, ""
        length = self.program.slot_length
        distance, rest = divmod(slot - self.newest, length)
        if rest or (distance > 1 and distance == self.stride):
            minutes = (slot - self.newest) // timedelta(minutes=1)
            ours = length // timedelta(minutes=1)
            return None, (
                f"market events come every {minutes} min, but the rulebook counts slots of "
                f"{ours} min: write `slot_length: {minutes} min`"
            )
        return (1 if self.stride == 1 else distance), ""

    def _skipped(self, slot: MarketSlot) -> Iterator[Effect]:
        """The slots between the newest event and this one, of which nothing was heard."""
        if self.newest is None:
            return
        missing = later(self.newest, self.program.slot_length)
        for _ in range(MOST_MISSES_TOLD):
            if missing >= slot:
                return
            yield Concluded(missing, "missed", None, why="no market event came")
            missing = later(missing, self.program.slot_length)

    def _bound_to(self, event: MarketEvent) -> "tuple[Session, tuple[Effect, ...]]":
        """The session on the event's grid; without a binding where the rulebook does not fit."""
        if self.binding is not None and self.binding.grid is event.grid:
            return self, ()
        bound = bind(self.program, event.grid)
        if bound.binding is None:
            return replace(self, binding=None), (Refused(bound.findings),)
        memory = Memory.fresh(event.grid) if self.memory is None else self.memory.on(event.grid)
        session = replace(self, binding=bound.binding, memory=memory)
        return session, (Bound(bound.binding, bound.findings),)

    def _answer(self, answer: BatchAnswer) -> "tuple[Session, tuple[Effect, ...]]":
        waiting = self.waiting
        if waiting is None or answer.transaction != waiting.transaction:
            return self, (Dropped("an answer to nothing that was asked"),)
        if isinstance(waiting, _Asked):
            return replace(self, waiting=None)._decide(with_statistics(waiting.event, answer))
        receipt = compare(waiting.batch, waiting.cycle.binding.grid, answer)
        concluded = Concluded(
            waiting.cycle.slot,
            "sent",
            waiting.cycle,
            waiting.transaction,
            waiting.batch,
            receipt,
        )
        session = replace(self, waiting=None)
        if receipt.wrong_kind:
            unit = "ct/kWh" if self.settings.wire.percent else "percent"
            fault = (
                f"the exchange refuses this kind of fee: write `fee_unit: {unit}` in the rulebook"
            )
            return replace(session, ended=True), (concluded, Ended(fault))
        return session, (concluded,)

    def _decide(self, snapshot: Snapshot) -> "tuple[Session, tuple[Effect, ...]]":
        """Decide the slot's fees, and send them as one batch."""
        if self.binding is None or self.memory is None:
            raise ValueError("nothing can be decided before the rulebook has met a grid")
        settings = self.settings
        if settings.dry_run:
            snapshot = as_if_sent(self.memory, snapshot)
        cycle, memory = step(self.binding, self.memory, snapshot)
        session = replace(self, memory=memory)
        batch = batch_of(cycle, only_changed=settings.send == "changed")
        transaction = self._transaction(cycle.slot, "fees")
        if settings.dry_run:
            return session, (Concluded(cycle.slot, "dry-run", cycle, transaction, batch),)
        if not batch.fees:
            return session, (Concluded(cycle.slot, "held", cycle, why="there is no fee to send"),)
        sent = Send(batch.encode(settings.aggregator, transaction), transaction)
        return replace(session, waiting=_Sent(cycle, batch, transaction)), (sent,)

    def _give_up(self, why: str) -> Iterator[Effect]:
        """What becomes of a slot that still waits for an answer when it is over."""
        if isinstance(self.waiting, _Asked):
            unanswered = f"statistics were not answered, and {why}"
            yield Concluded(self.waiting.event.slot, "missed", None, why=unanswered)
        elif isinstance(self.waiting, _Sent):
            sent = self.waiting
            unanswered = f"the batch was not answered, and {why}"
            yield Concluded(
                sent.cycle.slot, "sent", sent.cycle, sent.transaction, sent.batch, why=unanswered
            )

    def _transaction(self, slot: MarketSlot, purpose: str) -> str:
        """One id per run, aggregator, rulebook, slot and purpose, in the form of a uuid."""
        parts = (
            self.settings.run,
            self.settings.aggregator,
            self.program.digest,
            write_slot(slot),
            purpose,
        )
        digits = sha256("\0".join(parts).encode()).hexdigest()
        return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def batch_of(cycle: Cycle, *, only_changed: bool = False) -> FeeBatch:
    """A slot's one batch.

    Every fee that was decided, or only those that are not in force already.
    """
    wanted = ~np.isnan(cycle.fee)
    if only_changed:
        wanted &= cycle.fee != cycle.before
    places = np.flatnonzero(wanted)
    ids, (lowest, highest) = cycle.binding.grid.ids, cycle.binding.rails
    return FeeBatch(
        {ids[place]: float(cycle.fee[place]) for place in places},
        Rails(lowest[places], highest[places]),
        percent=cycle.binding.program.fee_dimension.percent,
    )
