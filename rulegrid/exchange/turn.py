"""One move of a conversation, its receiving side: what a message leads to."""

from dataclasses import replace

import numpy as np

from rulegrid.engine.binding import bind
from rulegrid.engine.history import Memory
from rulegrid.exchange.effects import (
    BegunAnew,
    Bound,
    Concluded,
    Dropped,
    Foreign,
    Proved,
    Refused,
    Unreported,
)
from rulegrid.exchange.fees import slots_late
from rulegrid.exchange.messages import (
    BatchAnswer,
    Finish,
    MarketEvent,
    Unreadable,
    decode,
    with_statistics,
)
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.receipt import Receipt, compare
from rulegrid.exchange.sending import S, Sending
from rulegrid.exchange.state import Asked
from rulegrid.exchange.succession import between, is_long_past, seen_late, stride_to
from rulegrid.exchange.timing import Rhythm
from rulegrid.grid import MarketSlot, Snapshot, write_slot
from rulegrid.metrics import METRICS, Reported

FOREIGN_ENOUGH = 3
"""Slots in a row with somebody else's fees after which a run may be told to stop."""


class Turn(Sending[S]):
    """A move that a message, a tick or a restored link makes."""

    def message(self, payload: bytes, now: float) -> None:
        """Take in a message of the exchange."""
        known = self.state.binding.grid if self.state.binding else None
        message = decode(payload, self.state.settings.wire, known)
        match message:
            case MarketEvent():
                self._event(message, now)
            case BatchAnswer():
                self._answer(message, now)
            case Finish():
                self._give_up("the exchange finished")
                self._end()
            case Unreadable():
                self.effects.append(Dropped(message.reason))
        self.tick(now)

    # Events

    def _event(self, event: MarketEvent, now: float) -> None:
        newest = self.state.newest
        if newest is not None and event.slot <= newest and not self._begins_anew(event, newest):
            self._look_back(event, newest)
            return
        newest = self.state.newest
        if self.state.rhythm.is_open(now):  # the slot was cut short: it may have been answered yet
            self._change(is_heard=True)
        self._give_up("the next slot has begun")
        fault = self._follow(event, now)
        fault = fault or self._bind(event)  # first, so that all that is told can lean on the grid
        for missing in between(newest, event.slot, self.state.program.slot_length):
            self.effects.append(Concluded(missing, "missed", None, why="no market event came"))
        fault = fault or self._read_back(event)
        if fault:
            self.effects.append(Concluded(event.slot, "missed", None, why=fault))
            self._end(fault)
        else:
            self._ask_or_decide(event, now)

    def _look_back(self, event: MarketEvent, newest: MarketSlot) -> None:
        """Drop an event that is not new: all it may show is that events come slot by slot."""
        length = self.state.program.slot_length
        if not is_long_past(event.slot, newest, length):
            self._change(strides=seen_late(event.slot, newest, length, self.state.strides))
        told = f"an event for {write_slot(event.slot)}, which is not new"
        self.effects.append(Dropped(told))

    def _follow(self, event: MarketEvent, now: float) -> str:
        """Go on to the event's slot, unless it is not one of ours: then the fault."""
        state, length = self.state, self.state.program.slot_length
        strides, fault = stride_to(event.slot, state.newest, length, state.strides)
        if not fault:
            slots = 0 if state.newest is None else (event.slot - state.newest) // length
            rhythm = state.rhythm.beat(now, slots)
            self._change(newest=event.slot, strides=strides, rhythm=rhythm)
            self._change(is_heard=False, long_past=None)
        return fault

    def _begins_anew(self, event: MarketEvent, newest: MarketSlot) -> bool:
        """Whether the exchange has begun another run; then what was remembered is forgotten."""
        length = self.state.program.slot_length
        if not is_long_past(event.slot, newest, length):
            return False
        if self.state.long_past is None or event.slot <= self.state.long_past:
            self._change(long_past=event.slot)
            return False
        self._give_up("the exchange has begun anew")
        self._change(
            binding=None,
            memory=None,
            ours=None,
            newest=None,
            strides=(),
            long_past=None,
            rhythm=Rhythm(),
        )
        self.effects.append(BegunAnew(event.slot, newest))
        return True

    def _bind(self, event: MarketEvent) -> str:
        """Bring the rulebook, the memory and our fees onto the event's grid, or the fault."""
        state = self.state
        if state.binding is not None and state.binding.grid is event.grid:
            return ""
        bound = bind(state.program, event.grid)
        if bound.binding is None:
            self.effects.append(Refused(event.grid, bound.findings))
            return "the rulebook does not fit the grid"
        if not (bound.binding.winner >= 0).any():
            self.effects.append(Refused(event.grid, bound.findings))
            return "no selector of the rulebook matches any area of the grid"
        memory = Memory.fresh(event.grid) if state.memory is None else state.memory.on(event.grid)
        ours = Ours.nothing(event.grid) if state.ours is None else state.ours.on(event.grid)
        self._change(binding=bound.binding, memory=memory, ours=ours)
        self.effects.append(Bound(bound.binding, bound.findings))
        return ""

    def _read_back(self, event: MarketEvent) -> str:
        """Compare the fees in force with ours; the fault, if the run is to end for them."""
        ours = self.state.ours
        current = event.columns.get("current_fee")
        if ours is None or current is None or self.state.settings.dry_run:
            return ""
        if ours.applies_to == event.slot:
            self.effects.append(Proved(event.slot, event.grid, current, ours.newest))
        strange = ours.foreign(current)
        in_a_row = self.state.foreign_in_a_row + 1 if strange.any() else 0
        self._change(foreign_in_a_row=in_a_row, ours=ours.seen(current))
        if in_a_row:
            told = Foreign(event.slot, event.grid, current, ours.newest, strange, in_a_row)
            self.effects.append(told)
        if in_a_row >= FOREIGN_ENOUGH and self.state.settings.on_foreign_fee == "stop":
            return f"somebody else has set our fees for {in_a_row} slots in a row"
        return ""

    # Answers

    def _answer(self, answer: BatchAnswer, now: float) -> None:
        waiting = self.state.waiting
        if waiting is None or answer.transaction != waiting.transaction:
            self._stray(answer)
            return
        self._change(is_heard=True, unanswered=0)
        if isinstance(waiting, Asked):
            self._change(waiting=None)
            snapshot = with_statistics(waiting.event, answer)
            self._look_what_is_reported(snapshot)
            self._decide(snapshot, now)
            return
        receipt = compare(waiting.batch, waiting.cycle.binding.grid, answer)
        if waiting.receipt is not None:
            receipt = waiting.receipt.merged(receipt)
        self._change(waiting=replace(waiting, receipt=receipt), ours=self._echoed(receipt))
        if receipt.wrong_kind:
            self._give_up("")
            unit = "ct/kWh" if self.state.settings.wire.percent else "percent"
            self._end(f"the exchange refuses this kind of fee: write `fee_unit: {unit}`")
        elif waiting.next_try is None or receipt.confirms(
            waiting.batch, waiting.cycle.binding.grid
        ):
            self._give_up("")

    def _look_what_is_reported(self, snapshot: Snapshot) -> None:
        """Tell once, at the start, what the rulebook reads and this exchange does not report."""
        if self.state.has_looked or self.state.binding is None:
            return
        self._change(has_looked=True)
        lacking = tuple(
            name
            for name in sorted(self.state.binding.metrics)
            if METRICS[name].reported is Reported.STATISTICS
            and np.isnan(snapshot.columns[name]).all()
        )
        if lacking:
            self.effects.append(Unreported(lacking))

    def _stray(self, answer: BatchAnswer) -> None:
        """An answer nobody waits for: the second one to what was sent twice, or a late one."""
        late = slots_late(self.state, answer.transaction)
        if late is None:
            self.effects.append(Dropped("an answer to nothing that was asked"))
            return
        self._change(is_heard=True, unanswered=0)
        if late:
            self.effects.append(Dropped(f"an answer that came {late} slots late"))

    def _echoed(self, receipt: Receipt) -> Ours | None:
        return None if self.state.ours is None else self.state.ours.echoed(receipt.echo)
