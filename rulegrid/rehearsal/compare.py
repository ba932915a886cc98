"""Two rulebooks on the same recorded day: in which slots their fees differ, and its worth.

Recorded volumes do not react to another fee: what a change is worth is worked out on the energy
that went over each area's boundary that day.
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
name: Energy over every area's boundary
fee_unit: {unit}
slot_length: {minutes} min
areas: {{"*": "0 if import + export > 0 kWh else 0"}}
"""
_CT_PER_EUR = 100


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
    """NaN where fees are a percentage, or no energy is known."""


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
    energy = {} if new.fee_dimension.percent else _energy_kwh(new, play())
    return tuple(
        _impact(area, row, {slot: by_area.get(area, nan) for slot, by_area in energy.items()})
        for area, row in changed.items()
    )


ByArea = Mapping[str, float]
"""By the paths of areas."""


def _impact(area: str, row: Sequence[ChangedSlot], kwh: Mapping[MarketSlot, float]) -> Impact:
    known = [pair for pair in row if not isnan(pair.change)]
    worth = [pair.change * kwh[pair.slot] for pair in known if not isnan(kwh.get(pair.slot, nan))]
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


def _energy_kwh(program: Program, link: Link) -> Mapping[MarketSlot, ByArea]:
    """What went over each area's boundary in each slot, in either direction."""
    minutes = program.slot_length // timedelta(minutes=1)
    text = _METER.format(unit=program.fee_unit, minutes=minutes)
    meter = compile_bytes("meter.yaml", text.encode()).program
    if meter is None:
        raise ValueError("the meter is no rulebook")
    return {
        later(cycle.slot, program.slot_length, -1): _by_path(cycle, _boundary(cycle))
        for cycle in _cycles(meter, link)
    }


def _boundary(cycle: Cycle) -> Column:
    bought, sold = (np.asarray(cycle.columns[metric]) for metric in ("import", "export"))
    energy: Column = bought + sold
    return energy


def _cycles(program: Program, link: Link) -> Iterator[Cycle]:
    return (slot.cycle for slot in rehearse(program, link) if slot.cycle is not None)


def _by_path(cycle: Cycle, column: Column) -> ByArea:
    grid = cycle.binding.grid
    numbers = np.broadcast_to(column, len(grid)).tolist()
    return dict(zip(grid.paths, numbers, strict=True))
