"""One move of a conversation, its sending side: what goes out, again or not at all."""

from dataclasses import replace
from typing import Any, Generic, TypeVar

from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import as_if_sent
from rulegrid.exchange.effects import (
    Concluded,
    Deaf,
    Effect,
    Ended,
    Send,
)
from rulegrid.exchange.fees import as_column, batch_of, rest_of, transaction
from rulegrid.exchange.messages import (
    MarketEvent,
    statistics_command,
    with_statistics,
)
from rulegrid.exchange.state import Asked, Sent, State
from rulegrid.grid import Snapshot, later

DEAF_AFTER = 2
"""Slots without any answer after which the exchange counts as deaf."""

S = TypeVar("S", bound=State)


class Sending(Generic[S]):
    """A move while it is made: the state it leads to, and its effects."""

    def __init__(self, state: S) -> None:
        self.state = state
        self.effects: list[Effect] = []

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
