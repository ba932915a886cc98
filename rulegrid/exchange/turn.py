"""One move of a conversation: what a message, a tick or a restored link leads to."""

from dataclasses import replace
from typing import Any, Generic, TypeVar

from rulegrid.engine.binding import bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.exchange.effects import (
    Bound,
    Concluded,
    Deaf,
    Dropped,
    Effect,
    Ended,
    Foreign,
    Proved,
    Refused,
    Send,
)
from rulegrid.exchange.fees import as_column, batch_of, rest_of, slots_late, transaction
from rulegrid.exchange.messages import (
    BatchAnswer,
    Finish,
    MarketEvent,
    Unreadable,
    decode,
    statistics_command,
    with_statistics,
)
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.receipt import Receipt, compare
from rulegrid.exchange.state import Asked, Sent, State
from rulegrid.exchange.succession import between, stride_to
from rulegrid.grid import Snapshot, later, write_slot

DEAF_AFTER = 2
"""Slots without any answer after which the exchange counts as deaf."""

FOREIGN_ENOUGH = 3
"""Slots in a row with somebody else's fees after which a run may be told to stop."""

S = TypeVar("S", bound=State)


class Turn(Generic[S]):
    """A move while it is made: the state it leads to, and its effects."""

    def __init__(self, state: S) -> None:
        self.state = state
        self.effects: list[Effect] = []

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

    def tick(self, now: float) -> None:
        """Send again what is due, or let the slot go when its deadline has passed."""
        waiting = self.state.waiting
        if waiting is None or waiting.next_try is None or now < waiting.next_try:
            return
        if self.state.rhythm.is_late(now):
            self._give_up("the slot's deadline has passed")
        else:
            self._send_again(now)

    def restored(self, now: float) -> None:
        """Go on after the link was lost."""
        self._change(sends_all=True)
        if self.state.rhythm.is_open(now):
            self._send_again(now)

    def withhold(self, why: str) -> None:
        """Conclude the newest slot without the batch that was just given having been sent."""
        waiting = self.state.waiting
        if not isinstance(waiting, Sent):
            return
        if waiting.undone is None:
            self._give_up(why)
            return
        self._change(waiting=None, ours=waiting.undone, sends_all=True)
        held = Concluded(waiting.cycle.slot, "held", waiting.cycle, waiting.transaction)
        self.effects.append(replace(held, why=why, ours=waiting.undone))

    def _change(self, **fields: Any) -> None:
        self.state = replace(self.state, **fields)

    def _end(self, fault: str = "") -> None:
        self._change(ended=True, waiting=None)
        self.effects.append(Ended(fault))

    # Events

    def _event(self, event: MarketEvent, now: float) -> None:
        newest = self.state.newest
        if newest is not None and event.slot <= newest:
            told = f"an event for {write_slot(event.slot)}, which is not new"
            self.effects.append(Dropped(told))
            return
        if self.state.rhythm.is_open(now):  # the slot was cut short: it may have been answered yet
            self._change(is_heard=True)
        self._give_up("the next slot has begun")
        length = self.state.program.slot_length
        strides, fault = stride_to(event.slot, newest, length, self.state.strides)
        if fault:
            self._end(fault)
            return
        slots = 0 if newest is None else (event.slot - newest) // length
        rhythm = self.state.rhythm.beat(now, slots)
        self._change(newest=event.slot, strides=strides, rhythm=rhythm, is_heard=False)
        self._bind(event)  # first of all, so that all that is told of slots can lean on the grid
        for missing in between(newest, event.slot, length):
            self.effects.append(Concluded(missing, "missed", None, why="no market event came"))
        if not self.state.ended:
            self._read_back(event)
        if not self.state.ended:
            self._ask_or_decide(event, now)

    def _bind(self, event: MarketEvent) -> None:
        """Bring the rulebook, the memory and our fees onto the event's grid."""
        state = self.state
        if state.binding is not None and state.binding.grid is event.grid:
            return
        bound = bind(state.program, event.grid)
        if bound.binding is None:
            self.effects.append(Refused(event.grid, bound.findings))
            self._end("the rulebook does not fit the grid")
            return
        if not (bound.binding.winner >= 0).any():
            self.effects.append(Refused(event.grid, bound.findings))
            self._end("no selector of the rulebook matches any area of the grid")
            return
        memory = Memory.fresh(event.grid) if state.memory is None else state.memory.on(event.grid)
        ours = Ours.nothing(event.grid) if state.ours is None else state.ours.on(event.grid)
        self._change(binding=bound.binding, memory=memory, ours=ours)
        self.effects.append(Bound(bound.binding, bound.findings))

    def _read_back(self, event: MarketEvent) -> None:
        """Compare the fees in force with those we set."""
        ours = self.state.ours
        current = event.columns.get("current_fee")
        if ours is None or current is None or self.state.settings.dry_run:
            return
        if ours.applies_to == event.slot:
            self.effects.append(Proved(event.slot, event.grid, current, ours.newest))
        strange = ours.foreign(current)
        in_a_row = self.state.foreign_in_a_row + 1 if strange.any() else 0
        self._change(foreign_in_a_row=in_a_row, ours=ours.seen(current))
        if in_a_row:
            told = Foreign(event.slot, event.grid, current, ours.newest, strange, in_a_row)
            self.effects.append(told)
            if in_a_row >= FOREIGN_ENOUGH and self.state.settings.on_foreign_fee == "stop":
                fault = f"somebody else has set our fees for {in_a_row} slots in a row"
                self.effects.append(Concluded(event.slot, "missed", None, why=fault))
                self._end(fault)

    def _ask_or_decide(self, event: MarketEvent, now: float) -> None:
        """Ask for statistics where a metric is read that an event does not carry, else decide."""
        state = self.state
        if state.binding is None or not state.binding.needs_statistics:
            self._decide(with_statistics(event, None), now)
            return
        asked = transaction(state, event.slot, "statistics")
        self._change(waiting=Asked(event, asked, state.rhythm.next_try(now)))
        self._send_statistics_command()

    def _send_statistics_command(self, *, again: bool = False) -> None:
        state = self.state
        if isinstance(state.waiting, Asked) and state.binding is not None:
            closed = later(state.waiting.event.slot, state.program.slot_length, -1)
            command = statistics_command(
                state.settings.aggregator,
                state.waiting.transaction,
                closed,
                state.binding.reported,
                state.settings.wire,
            )
            self.effects.append(Send(command, state.waiting.transaction, again=again))

    # Answers

    def _answer(self, answer: BatchAnswer, now: float) -> None:
        waiting = self.state.waiting
        if waiting is None or answer.transaction != waiting.transaction:
            self._stray(answer)
            return
        self._change(is_heard=True, unanswered=0)
        if isinstance(waiting, Asked):
            self._change(waiting=None)
            self._decide(with_statistics(waiting.event, answer), now)
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

    # Decisions

    def _decide(self, snapshot: Snapshot, now: float) -> None:
        """Decide the slot's fees, and send them as one batch."""
        state = self.state
        if state.binding is None or state.memory is None or state.ours is None:
            raise ValueError("nothing can be decided before the rulebook has met a grid")
        settings = state.settings
        if settings.dry_run:
            snapshot = as_if_sent(state.memory, snapshot)
        elif state.ours.ahead is not None:
            columns = {**snapshot.columns, "next_fee": state.ours.ahead}
            snapshot = Snapshot(snapshot.slot, snapshot.grid, columns)
        cycle, memory = step(state.binding, state.memory, snapshot)
        self._change(memory=memory)
        self._dispatch(cycle, now)

    def _dispatch(self, cycle: Cycle, now: float) -> None:
        """Send the fees of a slot, if there are any and it is not too late."""
        state, settings = self.state, self.state.settings
        only_changed = settings.send == "changed" and not state.sends_all
        batch = batch_of(cycle, state.ours if only_changed else None)
        number = transaction(state, cycle.slot, "fees")
        ours = state.ours and state.ours.sent(as_column(batch, cycle), cycle.applies_to)
        told: Effect
        if settings.dry_run:
            self._change(ours=ours)
            told = Concluded(cycle.slot, "dry-run", cycle, number, batch, ours=ours)
        elif not batch.fees:
            told = Concluded(cycle.slot, "held", cycle, batch=batch, ours=state.ours)
        elif state.rhythm.is_late(now):
            why = "the statistics came after the slot's deadline"
            told = Concluded(cycle.slot, "held", cycle, number, why=why, ours=state.ours)
        else:
            waiting = Sent(cycle, batch, number, state.rhythm.next_try(now), undone=state.ours)
            self._change(waiting=waiting, ours=ours, sends_all=False)
            told = Send(batch.encode(settings.aggregator, number), number, cycle, batch, ours=ours)
        self.effects.append(told)

    def _send_again(self, now: float) -> None:
        """Send again what the newest slot still waits for, under the same transaction."""
        waiting = self.state.waiting
        if waiting is None:
            return
        next_try = self.state.rhythm.next_try(now)
        if isinstance(waiting, Asked):
            self._change(waiting=replace(waiting, next_try=next_try))
            self._send_statistics_command(again=True)
            return
        self._change(waiting=replace(waiting, next_try=next_try, undone=None))
        rest = rest_of(waiting.batch, waiting.cycle, waiting.receipt)
        payload = rest.encode(self.state.settings.aggregator, waiting.transaction)
        self.effects.append(Send(payload, waiting.transaction, waiting.cycle, rest, again=True))

    def _give_up(self, why: str) -> None:
        """Conclude the slot that still waits, with what is known of it."""
        waiting = self.state.waiting
        if waiting is None:
            return
        self._change(waiting=None)
        if isinstance(waiting, Asked):
            told = f"statistics were not answered, and {why}"
            missed = Concluded(waiting.event.slot, "missed", None, why=told, ours=self.state.ours)
            self.effects.append(missed)
            self._count_unanswered()
            return
        told = ""
        if waiting.receipt is None:
            told = f"the batch was not answered, and {why}"
            self._count_unanswered()
        self.effects.append(
            Concluded(
                waiting.cycle.slot,
                "sent",
                waiting.cycle,
                waiting.transaction,
                waiting.batch,
                waiting.receipt,
                told,
                self.state.ours,
            )
        )

    def _count_unanswered(self) -> None:
        if self.state.is_heard:
            return
        unanswered = self.state.unanswered + 1
        self._change(unanswered=unanswered)
        if unanswered >= DEAF_AFTER:
            self.effects.append(Deaf(unanswered))
