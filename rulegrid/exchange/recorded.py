"""The exchange's side of the conversation, played from a recorded day, without a byte of I/O.

It answers as a real exchange does, its odd ways included. Where a real one would die or fall deaf,
this one goes on and remembers what it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rulegrid.exchange.controls import Controls
from rulegrid.exchange.day import Day, RecordedSlot
from rulegrid.exchange.messages import channels, served
from rulegrid.exchange.messages.kinds import Wire
from rulegrid.exchange.messages.shown_slots import ShownSlot
from rulegrid.exchange.playlist import Playlist
from rulegrid.exchange.registrations import Book, Registrations, Said
from rulegrid.grid import AreaId


@dataclass(slots=True)
class Memory:
    """All that an exchange must know to go on where it was: the rest is recorded."""

    slot: int = -1
    """The number of the open slot; the first, which has no event, is -1."""
    is_announced: bool = False
    """Whether the events of the open slot have been said."""
    fees: dict[AreaId, Any] = field(default_factory=dict)
    """As they were set, for the next slot."""
    in_force: dict[AreaId, Any] = field(default_factory=dict)
    """In the open slot."""
    charged: dict[AreaId, float] = field(default_factory=dict)
    """In the closed slot."""
    book: Book = field(default_factory=Book)


class RecordedExchange:
    """An exchange whose markets have traded already: the fees are ours but do not move them.

    Drive it with `hear` for each message it gets, `tick` when it is time to execute batches, and
    `open_slot` when the next slot opens. Each gives what the exchange says. Who plays in real time
    takes the steps of both one by one.
    """

    def __init__(
        self,
        day: Day,
        wire: Wire,
        playlist: Playlist | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.wire = replace(wire, percent=day.percent)
        """How it speaks.

        The kind of its fees is that of the day, whatever the other side believes.
        """
        self.memory = memory or Memory()
        """Changes as the exchange goes on."""
        self.registrations = Registrations(day.names, day.assets, self.wire, self.memory.book)
        self.controls = Controls()
        self._day = day
        self._playlist = playlist or Playlist(day)
        self._recorded, self._shown = self._show(self.memory.slot)
        self._heard: dict[str, served.Batch] = {}
        self._taken: dict[str, served.Batch] = {}
        self._is_over = False
        self._mishaps: list[str] = []

    @property
    def is_over(self) -> bool:
        """Whether the run has finished."""
        return self._is_over

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
            answers = self.controls.hear(channel, payload)
            if answers is None:
                answers = self.registrations.hear(channel, payload)
            return self._hear_direct(channel, payload) if answers is None else answers
        except served.DeafeningError as error:
            self._mishaps.append(f"falls deaf from a message on {channel}: {error}")
        except served.DeadlyError as error:
            self._mishaps.append(f"dies of a message on {channel}: {error}")
        return ()

    def _hear_direct(self, channel: str, payload: bytes) -> tuple[Said, ...]:
        """A command on a market's own channel, obeyed at once."""
        address, slash, ending = channel.rpartition("/")
        area = self.registrations.at_address(address)
        if area is None or slash + ending not in {channels.GRID_FEES, channels.STATISTICS}:
            return ()
        data = served.read_object(payload, "transaction_id")
        answers = self.registrations.answers(area, address)
        if not answers and not self.registrations.is_selected(area):
            return ()
        answer = self._answer(area, served.direct_command(ending, data))
        payload = served.direct_answer(answer, data)
        return (Said(f"{address}/response/{ending}", payload),) if answers else ()

    def tick(self) -> tuple[Said, ...]:
        """Execute the batches heard since the last tick, in order."""
        self.take_over()
        return self.execute()

    def take_over(self) -> None:
        """A tick begins: the batches heard until now are those that `execute` executes."""
        self._taken, self._heard = self._heard, {}

    def execute(self) -> tuple[Said, ...]:
        """A tick ends: execute the batches taken over when it began, in order."""
        batches, self._taken = list(self._taken.values()), {}
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
        return (area for area in markets if self.registrations.is_selected(area))

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
            self.memory.fees[area] = fee
        return served.fee_answer(area, self._fee(area), self.wire)

    def _fee(self, area: AreaId) -> Any:
        """The fee an area will have in the next slot."""
        if area in self.memory.fees:
            return self.memory.fees[area]
        return self._slot_ahead().fee(area)

    def _slot_ahead(self) -> ShownSlot:
        """The open slot, or the first one before any has opened."""
        first = self._day.slots[0]
        return self._shown or ShownSlot(first.payload, first.slot, self._day.slot_length)

    def _statistics(self, area: AreaId, command: served.Command) -> Any:
        if self._shown is None or self._recorded is None:
            return {}
        recorded = self._recorded.statistics.get(area)
        return self._shown.statistics(area, recorded, command, self.wire)

    def open_slot(self) -> tuple[Said, ...]:
        """Open the next slot under the fees set until now; after the last one, finish."""
        self.begin_slot()
        return self.announce()

    def begin_slot(self) -> None:
        """The next slot opens under the fees set until now; after the last one all is over."""
        memory = self.memory
        if self.controls.is_stopped or self._playlist.slot(memory.slot + 1) is None:
            self._is_over = True
            return
        memory.slot += 1
        memory.is_announced = False
        memory.charged = {
            area: served.charged(fee, self.wire) for area, fee in memory.in_force.items()
        }
        memory.in_force = dict(memory.fees)
        self._recorded, self._shown = self._show(memory.slot)

    def _show(self, number: int) -> tuple[RecordedSlot | None, ShownSlot | None]:
        """A slot under the fees that are in force; nothing before the first."""
        recorded = self._playlist.slot(number)
        if recorded is None:
            return None, None
        shown = ShownSlot(recorded.payload, recorded.slot, self._day.slot_length)
        shown.set_fees(self.memory.charged, self.memory.in_force)
        return recorded, shown

    def announce(self) -> tuple[Said, ...]:
        """The events of the open slot, one for each aggregator, or `finish` after the last."""
        selected = self.registrations.selected
        if self._is_over:
            payload = served.finish(self.wire)
            return tuple(Said(channels.events(aggregator), payload) for aggregator in selected)
        self.memory.is_announced = True
        if self._shown is None or self._recorded is None:
            return ()
        shown, statistics = self._shown, self._recorded.statistics
        return tuple(
            Said(channels.events(aggregator), shown.event(areas, statistics, self.wire))
            for aggregator, areas in selected.items()
        )
