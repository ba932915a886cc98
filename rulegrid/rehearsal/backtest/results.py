"""What a backtest found, in the units of people: by area, and in all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

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
    grid = tally.grid
    places = [place for place in _downwards(grid) if tally.named[place]]
    at = np.array(places, dtype=np.intp)
    sums = {name: column[..., at] for name, column in tally.sums().items()}
    areas = tuple(_results([grid.paths[place] for place in places], sums, program))
    together = {name: _in_all(name, column) for name, column in sums.items()}
    (total,) = _results([""], together, program)
    return Result(program.name, program.digest, program.fee_unit, areas, total)


def _downwards(grid: Grid) -> list[int]:
    """The places of all areas, each with those below it right behind it."""
    ways: list[tuple[int, ...]] = []
    for place, parent in enumerate(grid.parents.tolist()):
        ways.append((*(ways[parent] if parent >= 0 else ()), place))
    return sorted(range(len(grid)), key=ways.__getitem__)


def _in_all(name: str, column: Column) -> Column:
    """The sums of all areas, as those of a single one."""
    of_all: Column
    if name == "lowest":
        of_all = column.min(axis=-1, keepdims=True, initial=np.inf)
    elif name == "highest":
        of_all = column.max(axis=-1, keepdims=True, initial=-np.inf)
    else:
        of_all = column.sum(axis=-1, keepdims=True)
    return of_all


def _results(
    paths: Sequence[str], sums: Mapping[str, Column], program: Program
) -> Iterator[AreaResult]:
    """What the sums of each area come to: there may be a hundred thousand."""
    steps = sums["steps"].T.tolist()
    names = [name for name in sums if name != "steps"]
    rows = zip(*(sums[name].tolist() for name in names), strict=True)
    for path, row, by_step in zip(paths, rows, steps, strict=True):
        yield _result(path, dict(zip(names, row, strict=True)), by_step, program)


def _result(
    path: str, sums: Mapping[str, float], steps: Sequence[float], program: Program
) -> AreaResult:
    by_step = dict(zip(Step, steps, strict=True))
    priced, changes = sums["priced"], sums["changes"]
    days = sums["named"] * (program.slot_length / _DAY)
    return AreaResult(
        path,
        slots=int(sums["named"]),
        mean_fee=sums["fee"] / priced if priced else None,
        min_fee=sums["lowest"] if priced else None,
        max_fee=sums["highest"] if priced else None,
        changes=int(changes),
        changes_per_day=changes / days if days else 0.0,
        slots_without_data=int(sums["no_data"]),
        slots_kept=int(by_step[Step.KEPT]),
        slots_at_limit={name: int(by_step[step]) for step, name in LIMIT_NAMES.items()},
        energy_kwh=sums["energy_kwh"],
        revenue_eur=sums["revenue_ct"] / _CT_PER_EUR,
        recorded_revenue_eur=sums["recorded_ct"] / _CT_PER_EUR,
        paid_eur=sums["paid_ct"] / _CT_PER_EUR if path else None,
    )
