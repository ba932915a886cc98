"""What a backtest found, in the units of people: by area, and in all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from rulegrid.engine.limits import LIMIT_NAMES, Step
from rulegrid.grid import Column, Grid
from rulegrid.program import Program
from rulegrid.rehearsal.backtest.tally import Tally

_CT_PER_EUR = 100.0
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AreaResult:
    """One area under one rulebook, or all of its areas together.

    Fees are in the rulebook's `fee_unit`, energy in kWh, money in EUR.
    """

    area: str
    """The path from the root; empty for all together."""
    slots: int
    """The slots decided; for all together those of each area."""
    mean_fee: float | None
    """Over the slots with a fee; None where there is none."""
    min_fee: float | None
    max_fee: float | None
    changes: int
    """How often the fee became another one."""
    changes_per_day: float
    """For all together, per day and area."""
    slots_without_data: int
    """Slots in which no fee could be worked out: `when_no_data` said what to do."""
    slots_kept: int
    """Of these, those in which the fee in force was kept."""
    slots_at_limit: Mapping[str, int]
    """By limit, the slots in which it changed the fee."""
    energy_kwh: float
    """The energy that was traded in the area's market."""
    revenue_eur: float
    """What these fees earn on that energy."""
    recorded_revenue_eur: float
    """What the recorded fees earned on it."""
    paid_eur: float | None
    """What the area pays of the revenue of the market above; None for all together."""


@dataclass(frozen=True, slots=True)
class Result:
    """One rulebook over a whole history."""

    name: str
    digest: str
    """Of everything that the rulebook says, in its file and in those that it names."""
    fee_unit: str
    """`ct/kWh` or `percent`."""
    areas: tuple[AreaResult, ...]
    """Those that a selector names, in the order of the tree: each before those below it."""
    total: AreaResult
    """All of them together."""


def result_of(program: Program, tally: Tally) -> Result:
    """The sums of a rulebook as a person wants them."""
    places = [place for place in _downwards(tally.grid) if tally.named[place]]
    areas = tuple(
        _result(tally.grid.paths[place], tally, slice(place, place + 1), program)
        for place in places
    )
    total = _result("", tally, np.array(places, dtype=np.intp), program)
    return Result(program.name, program.digest, program.fee_unit, areas, total)


def _downwards(grid: Grid) -> list[int]:
    """The places of all areas, each with those below it right behind it."""
    ways: list[tuple[int, ...]] = []
    for place, parent in enumerate(grid.parents.tolist()):
        ways.append((*(ways[parent] if parent >= 0 else ()), place))
    return sorted(range(len(grid)), key=ways.__getitem__)


def _result(path: str, tally: Tally, at: slice | NDArray[np.intp], program: Program) -> AreaResult:
    slots, priced = _sum(tally.named[at]), _sum(tally.priced[at])
    days = slots * (program.slot_length / _DAY)
    steps = tally.steps[:, at].sum(axis=1)
    by_step = dict(zip(Step, steps.tolist(), strict=True))
    changes = _sum(tally.changes[at])
    return AreaResult(
        path,
        slots=int(slots),
        mean_fee=_sum(tally.fee[at]) / priced if priced else None,
        min_fee=float(tally.lowest[at].min()) if priced else None,
        max_fee=float(tally.highest[at].max()) if priced else None,
        changes=int(changes),
        changes_per_day=changes / days if days else 0.0,
        slots_without_data=int(_sum(tally.no_data[at])),
        slots_kept=int(by_step[Step.KEPT]),
        slots_at_limit={name: int(by_step[step]) for step, name in LIMIT_NAMES.items()},
        energy_kwh=_sum(tally.energy_kwh[at]),
        revenue_eur=_sum(tally.revenue_ct[at]) / _CT_PER_EUR,
        recorded_revenue_eur=_sum(tally.recorded_ct[at]) / _CT_PER_EUR,
        paid_eur=_sum(tally.paid_ct[at]) / _CT_PER_EUR if path else None,
    )


def _sum(numbers: Column) -> float:
    return float(numbers.sum())
