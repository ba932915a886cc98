"""What a conversation does, as values: the loop carries them out and shows them around."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.messages import FeeBatch
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.receipt import Receipt
from rulegrid.grid import AreaId, Column, Grid, MarketSlot

Status = Literal["sent", "dry-run", "missed", "held"]


@dataclass(frozen=True, slots=True)
class Send:
    """Send this command. A command of fees carries the cycle that decided them."""

    payload: bytes
    transaction: str
    cycle: Cycle | None = None
    batch: FeeBatch | None = None
    again: bool = False
    """Whether it has been sent before."""
    ours: Ours | None = None
    """Our own fees once it is sent, for the journal."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The rulebook has met a grid: at the first event, and whenever the tree has changed."""

    binding: Binding
    findings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The rulebook does not fit the grid; the conversation ends."""

    grid: Grid
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
    """Why a slot was missed or held, or why its batch is not confirmed."""
    ours: Ours | None = None
    """Our own fees as they are known now, for the journal. In a dry run they count as sent."""


@dataclass(frozen=True, eq=False, slots=True)
class Proved:
    """The event of a slot shows the fees in force: the last word on what was sent for it."""

    slot: MarketSlot
    grid: Grid
    shown: Column
    sent: Column
    """NaN for areas to which nothing was sent."""

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Where another fee is in force than was sent for this slot."""
        differs: NDArray[np.bool_] = ~np.isnan(self.sent) & (self.sent != self.shown)
        return differs


@dataclass(frozen=True, eq=False, slots=True)
class Foreign:
    """Fees in force that are none of our last few: somebody else has set them."""

    slot: MarketSlot
    grid: Grid
    shown: Column
    ours: Column
    areas: NDArray[np.bool_]
    in_a_row: int
    """Slots in a row in which this was so."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """Events arrive but batches are not answered: the exchange no longer hears its clients."""

    slots: int


@dataclass(frozen=True, slots=True)
class Unreported:
    """Metrics that the rulebook reads and that the exchange's first answer had for no area."""

    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BegunAnew:
    """The exchange has begun another run, at an older slot; what was remembered is forgotten."""

    slot: MarketSlot
    newest: MarketSlot
    """The newest slot of the run before."""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The connection itself broke, or came back."""

    up: bool
    trouble: str = ""
    """What is wrong with it, in words."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The markets of the rulebook have been asked for; some may be another's."""

    grid: Grid
    owners: Mapping[AreaId, str]
    """The aggregators of areas that are not ours."""
    lacking: tuple[AreaId, ...]
    """Areas that are neither ours nor, as far as is known, another's."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that could not be read or used."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over; a reason other than the exchange's own finish is a fault."""

    fault: str = ""


Effect = (
    Send
    | Bound
    | Refused
    | Concluded
    | Proved
    | Foreign
    | Deaf
    | Unreported
    | BegunAnew
    | LinkChanged
    | Claimed
    | Dropped
    | Ended
)
