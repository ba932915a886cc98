"""One cycle at 10,000 areas: ours, hand-written NumPy, and simpleeval area by area.

All three give the same fees; that is asserted before anything is timed.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
from simpleeval import SimpleEval

from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import step
from rulegrid.engine.history import Memory
from rulegrid.gateway.rulebooks import compile_bytes
from rulegrid.grid import Area, AreaId, Column, Grid, MarketSlot, Snapshot
from tests.benchmarks.timing import Row, best_of, told

AREAS = 10_000

RULEBOOK = b"""
rulegrid: 1
name: Six rules
variables:
  flow: {unit: kWh, value: abs(import - export)}
areas:
  "*":
    rules:
      - {when: flow > 40 kWh and self_sufficiency < 50 %, fee: 6}
      - {when: flow > 40 kWh, fee: 5}
      - {when: flow > 20 kWh and avg_price > 30 ct/kWh, fee: 4.5}
      - {when: flow > 20 kWh, fee: 3.9}
      - {when: flow > 10 kWh or self_sufficiency < 20 %, fee: 2.1}
      - {otherwise: 0.9 + 0.02 * self_sufficiency / 1 %}
limits: {max: 30, max_change: 2.5, dead_band: 0.1, decimals: 2}
"""

CONDITIONS = (
    "flow > 40 and self_sufficiency < 50",
    "flow > 40",
    "flow > 20 and avg_price > 30",
    "flow > 20",
    "flow > 10 or self_sufficiency < 20",
)
FEES = ("6", "5", "4.5", "3.9", "2.1", "0.9 + 0.02 * self_sufficiency")


def measure() -> list[Row]:
    """The rows of one cycle."""
    binding, snapshot = _case()
    memory = Memory.fresh(binding.grid)
    columns = dict(snapshot.columns)
    ours = step(binding, memory, snapshot)[0]
    np.testing.assert_array_equal(ours.fee, _by_numpy(columns))
    areas = [{name: float(c[i]) for name, c in columns.items()} for i in range(AREAS)]
    some = areas[:500]
    raw = np.array(_by_simpleeval(some))
    np.testing.assert_allclose(ours.raw[: len(some)], raw)
    mine = best_of(30, lambda: step(binding, memory, snapshot))
    numpy = best_of(30, lambda: _by_numpy(columns))
    simple = best_of(2, lambda: _by_simpleeval(areas))
    return [
        Row("a cycle of 6 rules, 10,000 areas", told(mine), "", ok=True),
        Row(
            "  against simpleeval, parsed once, area by area (rules alone)",
            f"{told(simple)}: {simple / mine:.0f} times faster",
            ">= 100 times",
            simple / mine >= 100,
        ),
        Row(
            "  against hand-written NumPy, limits too",
            f"{told(numpy)}: {mine / numpy:.2f} times its time",
            "<= 2 times",
            mine / numpy <= 2,
        ),
    ]


def _case() -> tuple[Binding, Snapshot]:
    random = np.random.default_rng(1)
    grid = Grid.from_areas(
        [Area(AreaId("root"), "Grid", -1)]
        + [Area(AreaId(str(i)), f"Area {i}", 0) for i in range(AREAS - 1)]
    )
    columns = {
        "import": random.uniform(0, 60, AREAS),
        "export": random.uniform(0, 30, AREAS),
        "self_sufficiency": random.uniform(0, 100, AREAS),
        "avg_price": random.uniform(10, 50, AREAS),
        "next_fee": random.choice([0.9, 2.1, 3.9, 6.0], AREAS),
    }
    compiled = compile_bytes("bench.yaml", RULEBOOK)
    assert compiled.program is not None, compiled.findings
    binding = bind(compiled.program, grid).binding
    assert binding is not None
    slot = MarketSlot(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15))
    return binding, Snapshot(slot, grid, columns)


def _by_numpy(columns: dict[str, Column]) -> Column:
    """What an experienced person would write for this policy, no data and limits included."""
    self_sufficiency, before = columns["self_sufficiency"], columns["next_fee"]
    flow = np.abs(columns["import"] - columns["export"])
    raw = np.select(
        [
            (flow > 40) & (self_sufficiency < 50),
            flow > 40,
            (flow > 20) & (columns["avg_price"] > 30),
            flow > 20,
            (flow > 10) | (self_sufficiency < 20),
        ],
        [6.0, 5.0, 4.5, 3.9, 2.1],
        0.9 + 0.02 * self_sufficiency,
    )
    missing = np.isnan(flow) | np.isnan(self_sufficiency) | np.isnan(columns["avg_price"])
    raw = np.where(missing, before, raw)
    base = np.rint(before * 1e6)
    fee = np.clip(raw, 0.0, 30.0)
    fee = np.fmin(np.fmax(fee, (base - 2.5e6) / 1e6), (base + 2.5e6) / 1e6)
    fee = np.where((fee > (base - 1e5) / 1e6) & (fee < (base + 1e5) / 1e6), before, fee)
    rounded = np.floor(np.abs(fee) * 100 + 0.5) / 100
    return np.clip(np.where(missing, before, rounded), 0.0, 30.0)


def _by_simpleeval(areas: list[dict[str, float]]) -> list[float]:
    """Simpleeval's best: every formula parsed once, one evaluator, only the names change."""
    evaluator = SimpleEval()
    flow = evaluator.parse("abs(inflow - export)")
    conditions = [evaluator.parse(text) for text in CONDITIONS]
    fees = [evaluator.parse(text) for text in FEES]
    evaluator.functions = {"abs": abs}
    decided = []
    for area in areas:
        evaluator.names = {**area, "inflow": area["import"]}
        evaluator.names["flow"] = evaluator.eval("", previously_parsed=flow)
        holds = (evaluator.eval("", previously_parsed=condition) for condition in conditions)
        line = next((number for number, each in enumerate(holds) if each), len(conditions))
        decided.append(float(evaluator.eval("", previously_parsed=fees[line])))
    return decided
