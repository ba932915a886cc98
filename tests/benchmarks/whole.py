"""What a user waits for: the embedded day, a check, and a large market event."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import jsonschema
import yaml

from rulegrid.engine.binding import bind
from rulegrid.engine.cycle import step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.exchange.messages import MarketEvent, Wire, decode
from rulegrid.gateway.files import schema
from rulegrid.gateway.replay import open_replay
from rulegrid.gateway.rulebooks import compile_file
from rulegrid.grid import Snapshot
from rulegrid.rehearsal.rehearse import rehearse
from tests.benchmarks.large import large_rulebook
from tests.benchmarks.timing import Row, best_of, told

RULES = Path(__file__).parents[2] / "rules"
AS_INSTALLED = {
    key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
}
"""An environment in which Python need not compile again what it has compiled before."""


def measure() -> list[Row]:
    """The rows of whole jobs."""
    return [*_day(), *_check(), *_large_check(), *_event()]


def _day() -> list[Row]:
    """The 95 slots of the embedded day, decided by the bands rulebook."""
    program = compile_file(str(RULES / "import_bands.yaml")).program
    link, _ = open_replay("replay:", Wire())
    assert program is not None
    assert link is not None
    cycles = [slot.cycle for slot in rehearse(program, link) if slot.cycle is not None]
    assert len(cycles) == 95
    grid = cycles[0].binding.grid
    snapshots = [
        Snapshot(
            c.slot, grid, {n: c.columns[n] for n in c.binding.metrics} | {"next_fee": c.before}
        )
        for c in cycles
    ]
    binding = bind(program, grid).binding
    assert binding is not None

    def decide() -> None:
        memory = Memory.fresh(grid)
        for snapshot in snapshots:
            _, memory = step(binding, memory, as_if_sent(memory, snapshot))

    seconds = best_of(3, decide)
    return [Row("the day of 22 areas, 95 slots decided", told(seconds), "< 0.5 s", seconds < 0.5)]


def _check() -> list[Row]:
    command = [sys.executable, "-m", "rulegrid", "check", str(RULES / "import_bands.yaml")]
    seconds = best_of(5, lambda: _run(command))
    return [
        Row(
            "`rulegrid check` of a small rulebook, whole process",
            told(seconds),
            "< 0.5 s",
            seconds < 0.5,
        )
    ]


def _large_check() -> list[Row]:
    """The whole process over 1 MB, beside what YAML and JSON Schema alone take, loaded already."""
    text = large_rulebook()
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        command = [sys.executable, "-m", "rulegrid", "check", "--strict", file.name]
        ours = best_of(5, lambda: _run(command))
    shape = schema("rulebook")
    plain = best_of(2, lambda: jsonschema.validate(yaml.safe_load(text), shape))
    size = f"{len(text) / 1e6:.1f} MB"
    return [
        Row(
            f"`rulegrid check` of 5,000 areas and 200 rules ({size}), whole process",
            told(ours),
            "<= 1.5 s",
            ours <= 1.5,
        ),
        Row(
            "  against yaml.safe_load and jsonschema.validate alone",
            f"{told(plain)}: {plain / ours:.1f} times faster",
            ">= 2 times",
            plain / ours >= 2,
        ),
    ]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, env=AS_INSTALLED)


def _event() -> list[Row]:
    """A market event of 10,000 markets into columns, beside `json.loads` and a walk."""
    payload = json.dumps(_large_event(10_000)).encode()
    event = decode(payload, Wire(), None)
    assert isinstance(event, MarketEvent)
    assert len(event.grid) == 10_000
    ours = best_of(5, lambda: decode(payload, Wire(), event.grid))
    plain = best_of(3, lambda: _walk(json.loads(payload)["grid_tree"]))
    return [
        Row(
            f"a market event of 10,000 markets ({len(payload) / 1e6:.1f} MB) into columns",
            f"{told(ours)}: {plain / ours:.1f} times faster than json.loads and a walk",
            ">= 3 times",
            plain / ours >= 3,
        )
    ]


def _large_event(markets: int) -> dict[str, Any]:
    def market(number: int) -> dict[str, Any]:
        return {
            "last_market_bill": {
                "accumulated_trades": {"earned": 0.1, "spent": 0.1, "bought": 0.3, "sold": 0.3},
                "external_trades": {"earned": 0.0, "spent": 0.0, "bought": 0.0, "sold": 0.0},
            },
            "last_market_stats": {
                "min_trade_rate": 34.0 + number % 7,
                "max_trade_rate": 57.0,
                "avg_trade_rate": 42.47619048,
                "median_trade_rate": 36.42857143,
                "total_traded_energy_kWh": 0.375,
            },
            "last_market_fee": 1.0,
            "current_market_fee": 1,
            "area_name": f"Market {number}",
            "children": {},
        }

    root = market(0) | {"area_name": "Grid"}
    root["children"] = {
        f"{n:08d}-0000-4000-8000-000000000000": market(n) for n in range(1, markets)
    }
    return {
        "slot_completion": "0%",
        "market_slot": "2021-07-01T00:15",
        "grid_tree": {"ffffffff-0000-4000-8000-000000000000": root},
        "feed_in_tariff_rate": 7,
        "market_maker_rate": 30,
        "event": "market",
        "simulation_id": None,
        "num_ticks": 10.0,
    }


def _walk(tree: dict[str, Any]) -> list[tuple[str, str, float, float]]:
    """What a client does with the tree at the least: id, name, mean price and fee."""
    found = []
    waiting = list(tree.items())
    while waiting:
        area, node = waiting.pop()
        if "children" in node:
            stats = node["last_market_stats"]
            found.append(
                (area, node["area_name"], stats["avg_trade_rate"], node["current_market_fee"])
            )
            waiting.extend(node["children"].items())
    return found
