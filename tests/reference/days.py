"""A recorded day as plain numbers: what each slot showed of each market, from the JSON itself."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.reference.evaluator import METRICS

CITY_DAY = Path(__file__).parents[2] / "rulegrid" / "recordings" / "city_day.jsonl.gz"
TRADES = {
    "min_price": "min_trade_rate",
    "median_price": "median_trade_rate",
    "avg_price": "avg_trade_rate",
    "max_price": "max_trade_rate",
}


@dataclass
class Tree:
    """The markets of a grid, in any order in which a parent comes before its children."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """-1 at a root."""
    ids: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        paths: list[str] = []
        for name, parent in zip(self.names, self.parents, strict=True):
            paths.append(name if parent < 0 else f"{paths[parent]}/{name}")
        return paths


@dataclass
class Slot:
    """One market event: for each metric the numbers of all areas, None for no data."""

    when: datetime
    metrics: dict[str, list[float | None]]


def read_day(recording: Path = CITY_DAY) -> tuple[Tree, list[Slot]]:
    """The tree and the slots of a recording of one run, in which the tree never changes."""
    tree, slots = Tree(), []
    with gzip.open(recording, "rb") as lines:
        for message in map(json.loads, lines):
            if message.get("event") == "market":
                nodes = dict(markets(message["grid_tree"]))
                tree = tree_of(message["grid_tree"]) if not slots else tree
                assert tree.ids == list(nodes)
                slots.append(slot_of(message, nodes))
            elif message.get("command") == "batch_commands":
                add_statistics(slots[-1], tree, message["responses"])
    return tree, slots


def markets(level: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for area, node in level.items():
        if "children" in node:
            yield area, node
            yield from markets(node["children"])


def tree_of(level: Mapping[str, Any]) -> Tree:
    tree = Tree()

    def add(level: Mapping[str, Any], parent: int) -> None:
        for area, node in level.items():
            if "children" in node:
                tree.ids.append(area)
                tree.names.append(node["area_name"])
                tree.parents.append(parent)
                add(node["children"], len(tree.ids) - 1)

    add(level, -1)
    return tree


def slot_of(event: Mapping[str, Any], nodes: Mapping[str, Any]) -> Slot:
    metrics: dict[str, list[float | None]] = {metric: [None] * len(nodes) for metric in METRICS}
    for metric, key in TRADES.items():
        metrics[metric] = [node["last_market_stats"][key] for node in nodes.values()]
    traded = [node["last_market_stats"]["total_traded_energy_kWh"] for node in nodes.values()]
    metrics["volume"] = [0.0 if energy is None else energy for energy in traded]
    metrics["last_fee"] = [node["last_market_fee"] for node in nodes.values()]
    current = [node["current_market_fee"] for node in nodes.values()]
    metrics["current_fee"], metrics["next_fee"] = current, current
    metrics["feed_in_tariff"] = [event["feed_in_tariff_rate"]] * len(nodes)
    metrics["market_maker_rate"] = [event["market_maker_rate"]] * len(nodes)
    return Slot(datetime.fromisoformat(event["market_slot"]).replace(tzinfo=UTC), metrics)


def add_statistics(slot: Slot, tree: Tree, responses: Mapping[str, Any]) -> None:
    for area, answers in responses.items():
        place = tree.ids.index(area)
        told = answers[0]["market_stats"]
        through = told.get("area_throughput", {})
        for metric, value in {
            "import": through.get("import"),
            "export": through.get("export"),
            "self_sufficiency": told.get("self_sufficiency"),
            "self_consumption": told.get("self_consumption"),
            "fee_revenue": told.get("market_fee_revenue"),
        }.items():
            slot.metrics[metric][place] = value
