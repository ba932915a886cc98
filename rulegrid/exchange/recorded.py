"""The exchange's side of the conversation, played from a recorded day, without a byte of I/O.

It answers as a real exchange does, its odd ways included. Where a real one would die or fall deaf,
this one goes on and remembers what it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rulegrid.exchange.day import Day
from rulegrid.exchange.messages import channels, served
from rulegrid.exchange.messages.kinds import Wire
from rulegrid.exchange.messages.shown_slots import ShownSlot
from rulegrid.exchange.registrations import Registrations, Said
from rulegrid.grid import AreaId


class RecordedExchange:
    """An exchange whose markets have traded already: the fees are ours but do not move them.

    Drive it with `hear` for each message it gets, `tick` when it is time to execute batches, and
    `open_slot` when the next slot opens. Each gives what the exchange says.
    """

    def __init__(self, day: Day, wire: Wire) -> None:
        self.wire = replace(wire, percent=day.percent)
        """How it speaks.

        The kind of its fees is that of the day, whatever the other side believes.
        """
        self._day = day
        self._registrations = Registrations(day.names, day.assets, self.wire)
        self._open = -1
        self._shown: ShownSlot | None = None
        self._heard: dict[str, served.Batch] = {}
        self._set: dict[AreaId, Any] = {}
        self._in_force: dict[AreaId, Any] = {}
        self._said_finish = False
        self._mishaps: list[str] = []

    @property
    def is_over(self) -> bool:
        """Whether the run has finished."""
        return self._said_finish

    @property
    def mishaps(self) -> Sequence[str]:
        """What a real exchange would have died of, or fallen deaf from, in order."""
        return tuple(self._mishaps)

    def hear(self, channel: str, payload: bytes) -> tuple[Said, ...]:
        """Take in a message; what is said at once. Batches wait for the next tick."""
        try:
            if channel == channels.BATCHES:
                batch = served.read_batch(payload)
                self._heard[batch.transaction] = batch  # one of the same transaction is lost
                return ()
            answers = self._registrations.hear(channel, payload)
            return self._hear_direct_fee(channel, payload) if answers is None else answers
        except served.DeafeningError as error:
            self._mishaps.append(f"falls deaf from a message on {channel}: {error}")
        except served.DeadlyError as error:
            self._mishaps.append(f"dies of a message on {channel}: {error}")
        return ()

    def _hear_direct_fee(self, channel: str, payload: bytes) -> tuple[Said, ...]:
        """A fee on a market's own channel.

        If the market is selected the fee is taken and never answered.
        """
        slug, slash, ending = channel.rpartition("/")
        area = self._registrations.by_slug(slug)
        if slash + ending == channels.GRID_FEES and area and self._registrations.is_selected(area):
            data = served.read_object(payload, "transaction_id")
            self._grid_fees(area, served.as_grid_fees(data))
        return ()

    def tick(self) -> tuple[Said, ...]:
        """Execute the batches heard since the last tick, in order."""
        batches, self._heard = list(self._heard.values()), {}
        return tuple(said for batch in batches for said in self._execute(batch))

    def _execute(self, batch: served.Batch) -> Iterator[Said]:
        try:
            served.check_batch(batch.commands, self.wire)
        except served.DeadlyError as error:
            self._mishaps.append(f"dies of the batch {batch.transaction}: {error}")
            return
        asked = [area for area in self._in_order() if area in batch.commands]
        if asked:  # a batch of nothing but unknown areas is never answered
            responses = {
                area: [self._answer(area, command) for command in batch.commands[area]]
                for area in asked
            }
            channel = channels.batch_answers(batch.aggregator)
            yield Said(channel, served.answer(batch, responses, self.wire))

    def _in_order(self) -> Iterator[AreaId]:
        """The markets whose commands are executed, parents first."""
        markets = self._shown.markets if self._shown else self._day.names
        return (area for area in markets if self._registrations.is_selected(area))

    def _answer(self, area: AreaId, command: served.Command) -> Mapping[str, Any]:
        kind = command.get("type")
        if kind == "grid_fees":
            return self._grid_fees(area, command)
        if kind == "dso_market_stats" or (kind == "market_stats" and self.wire.dialect == "2020"):
            statistics = self._statistics(area, command)
            return served.statistics_answer(
                area, self._day.names[area], command, statistics, self.wire
            )
        return served.not_supported(area, command)

    def _grid_fees(self, area: AreaId, command: served.Command) -> Mapping[str, Any]:
        verdict, fee = served.sent_fee(command, self.wire)
        if verdict is served.Verdict.CONFLICT:
            return served.fee_conflict(area)
        if verdict is served.Verdict.SET:
            self._set[area] = fee
        return served.fee_answer(area, self._fee(area), self.wire)

    def _fee(self, area: AreaId) -> Any:
        """The fee an area will have in the next slot."""
        if area in self._set:
            return self._set[area]
        return self._slot_ahead().fee(area)

    def _slot_ahead(self) -> ShownSlot:
        """The open slot, or the first one before any has opened."""
        return self._shown or ShownSlot(self._day.slots[0].payload, self._day.slot_length)

    def _statistics(self, area: AreaId, command: served.Command) -> Any:
        if self._shown is None:
            return {}
        recorded = self._day.slots[self._open].statistics.get(area)
        return self._shown.statistics(area, recorded, command, self.wire)

    def open_slot(self) -> tuple[Said, ...]:
        """Open the next slot under the fees set until now; after the last one, finish."""
        selected = self._registrations.selected
        if self._open + 1 == len(self._day.slots):
            self._said_finish = True
            payload = served.finish(self.wire)
            return tuple(Said(channels.events(aggregator), payload) for aggregator in selected)
        self._open += 1
        recorded = self._day.slots[self._open]
        shown = self._shown = ShownSlot(recorded.payload, self._day.slot_length)
        closed = {area: served.charged(fee, self.wire) for area, fee in self._in_force.items()}
        self._in_force = dict(self._set)
        shown.set_fees(closed, self._in_force)
        return tuple(
            Said(channels.events(aggregator), shown.event(areas, recorded.statistics, self.wire))
            for aggregator, areas in selected.items()
        )
