"""Two rulebooks on the same recorded day: in which slots their fees differ, and its worth.

What a change is worth is worked out on the energy that was traded in each area's market that day,
as a backtest does it: recorded volumes do not react to another fee.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isnan, nan

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.gateway.link import Link
from rulegrid.gateway.rulebooks import compile_bytes
from rulegrid.grid import Column, MarketSlot, later
from rulegrid.program import Program
from rulegrid.rehearsal.rehearse import rehearse

Play = Callable[[], Link]
"""Opens the recorded day once more."""

_METER = """\
rulegrid: 1
name: What every area trades
fee_unit: {unit}
slot_length: {minutes} min
variables:
  traded: volume * avg_price
  crossed: import + export
areas: {{"*": "0 if has(traded) or has(crossed) else 0"}}
"""
_TRADES = ("volume", "avg_price")
_CT_PER_EUR = 100
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class ChangedSlot:
    """A slot in which an area's fee differs; NaN for a fee that is not known."""

    slot: MarketSlot
    """The slot in which the fees are in force."""
    old: float
    new: float

    @property
    def change(self) -> float:
        """How much higher the new fee is; NaN where one is not known."""
        return self.new - self.old

    @property
    def differs(self) -> bool:
        """Whether the fees are not the same; two that are not known are."""
        return self.old != self.new and not (isnan(self.old) and isnan(self.new))


@dataclass(frozen=True, slots=True)
class Impact:
    """What it means for one area that a rulebook is another."""

    area: str
    """Its full path."""
    slots: int
    """Those in which both rulebooks decided."""
    changed: tuple[ChangedSlot, ...]
    mean_change: float
    """Over the slots in which both fees are known, in the fee unit; NaN where there is none."""
    revenue_change_eur: float
    """NaN where no energy is known."""


def impact(old: Program, new: Program, play: Play) -> tuple[Impact, ...]:
    """The impact on every area whose fee differs in any slot of a recorded day.

    Raises `RehearsalError` where a rulebook does not fit the recording.
    """
    before, after = _fees(old, play()), _fees(new, play())
    rows: dict[str, list[ChangedSlot]] = {}
    for slot in (slot for slot in before if slot in after):
        for area in (area for area in before[slot] if area in after[slot]):
            pair = ChangedSlot(slot, before[slot][area], after[slot][area])
            rows.setdefault(area, []).append(pair)
    changed = {area: row for area, row in rows.items() if any(pair.differs for pair in row)}
    if not changed:
        return ()
    worth = _worth_ct(new, play())
    return tuple(
        _impact(area, row, {slot: by_area.get(area, nan) for slot, by_area in worth.items()})
        for area, row in changed.items()
    )


ByArea = Mapping[str, float]
"""By the paths of areas."""


def _impact(area: str, row: Sequence[ChangedSlot], ct: Mapping[MarketSlot, float]) -> Impact:
    known = [pair for pair in row if not isnan(pair.change)]
    worth = [pair.change * ct[pair.slot] for pair in known if not isnan(ct.get(pair.slot, nan))]
    return Impact(
        area,
        len(row),
        tuple(pair for pair in row if pair.differs),
        sum(pair.change for pair in known) / len(known) if known else nan,
        sum(worth) / _CT_PER_EUR if worth else nan,
    )


def _fees(program: Program, link: Link) -> Mapping[MarketSlot, ByArea]:
    """The fees that stand in each slot."""
    return {cycle.applies_to: _by_path(cycle, cycle.standing) for cycle in _cycles(program, link)}


def _worth_ct(program: Program, link: Link) -> Mapping[MarketSlot, ByArea]:
    """What one more of the fee unit is worth in each slot."""
    minutes = program.slot_length // timedelta(minutes=1)
    text = _METER.format(unit=program.fee_unit, minutes=minutes)
    meter = compile_bytes("meter.yaml", text.encode()).program
    if meter is None:
        raise ValueError("the meter is no rulebook")
    return {
        later(cycle.slot, program.slot_length, -1): _by_path(cycle, _traded(cycle))
        for cycle in _cycles(meter, link)
    }


def _traded(cycle: Cycle) -> Column:
    """The energy traded, in kWh; where fees are a percentage, a hundredth of what it cost.

    Where no volume is known it is the energy over the area's boundary.
    """
    of = {name: np.asarray(cycle.columns[name]) for name in (*_TRADES, "import", "export")}
    volume, price = (of[name] for name in _TRADES)
    energy: Column = np.where(np.isnan(volume), of["import"] + of["export"], volume)
    if not cycle.binding.program.fee_dimension.percent:
        return energy
    return np.where(energy == 0, 0.0, energy * price / _PERCENT)


def _cycles(program: Program, link: Link) -> Iterator[Cycle]:
    return (slot.cycle for slot in rehearse(program, link) if slot.cycle is not None)


def _by_path(cycle: Cycle, column: Column) -> ByArea:
    grid = cycle.binding.grid
    numbers = np.broadcast_to(column, len(grid)).tolist()
    return dict(zip(grid.paths, numbers, strict=True))
