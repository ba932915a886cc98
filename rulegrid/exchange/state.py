"""Where a conversation stands between two messages."""

from dataclasses import dataclass, field
from typing import Literal

from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.history import Memory
from rulegrid.exchange.messages import FeeBatch, MarketEvent, Wire
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.receipt import Receipt
from rulegrid.exchange.timing import Rhythm
from rulegrid.grid import Column, MarketSlot
from rulegrid.program import Program


@dataclass(frozen=True, slots=True)
class Settings:
    """What a conversation is told at its start."""

    aggregator: str
    run: str
    """Names this run; part of every transaction id."""
    wire: Wire = field(default_factory=Wire)
    dry_run: bool = False
    """Ask, decide, and send nothing: our own fees count as sent."""
    send: Literal["all", "changed"] = "all"
    on_foreign_fee: Literal["alarm", "stop"] = "alarm"


@dataclass(frozen=True, slots=True)
class Asked:
    """Waiting for the statistics of an event."""

    event: MarketEvent
    transaction: str
    next_try: float | None


@dataclass(frozen=True, slots=True)
class Sent:
    """Waiting for the receipt of a batch, or for the rest of it."""

    cycle: Cycle
    batch: FeeBatch
    transaction: str
    next_try: float | None
    receipt: Receipt | None = None
    undone: Ours | None = None
    """Our fees as they were before it; None once it was sent a second time."""


@dataclass(frozen=True, eq=False)
class State:
    """All that a conversation knows."""

    program: Program
    settings: Settings
    binding: Binding | None = None
    memory: Memory | None = None
    ours: Ours | None = None
    waiting: Asked | Sent | None = None
    newest: MarketSlot | None = None
    """The newest slot an event has named."""
    has_looked: bool = False
    """Whether it has been looked which metrics the exchange reports."""
    long_past: MarketSlot | None = None
    """The slot of an event far older than the newest, if that was the last one to come."""
    strides: tuple[int, ...] = ()
    """Slots between the newest events; 1 for good once they have no common divisor."""
    rhythm: Rhythm = field(default_factory=Rhythm)
    is_heard: bool = False
    """Whether anything we have sent was answered since the newest event."""
    unanswered: int = 0
    """Slots in a row in which a batch was sent and nothing at all was answered."""
    foreign_in_a_row: int = 0
    sends_all: bool = True
    """Whether the next batch names every area, also with `send: changed`: the first, and after
    the link was lost."""
    ended: bool = False

    @property
    def staying(self) -> Column | None:
        """The fees that stay in force if nothing more is sent, over the areas of the binding.

        NaN where that is not known: for areas whose last fee was sent and is not answered too.
        """
        if self.ours is None:
            return None
        fees = self.ours.staying
        if isinstance(self.waiting, Sent):
            sent = [self.ours.grid.index[area] for area in self.waiting.batch.fees]
            fees[sent] = self.ours.echo[sent]
        return fees
