"""Drawn trees, rulebooks and histories: small, and full of what is rare in life."""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st

from rulegrid.rulebook.compile import Compiled
from tests.building import compiled
from tests.reference.days import Slot, Tree
from tests.reference.evaluator import METRICS
from tests.reference.grammar import Grammar
from tests.reference.rulebooks import strength
from tests.reference.worlds import NAMES, VARIABLES, WIDE

START = datetime(2026, 3, 28, 22, 15, tzinfo=UTC)
"""A Saturday night before the clocks of Europe go forward."""

FEES = [None, None, 0, 0.5, 1, 1.25, 2.675, 3, 3.5, 12, 0.123456, 999.5, 100]
AMOUNTS = [None, 0, 0.5, 1, 2.5, 7.25, 10, 33.3, 60, 100, -4.75, 123456.789]
DISTANCES = [1, 1, 1, 1, 2, 5]
MINUTES = {"15 min": 15, "30 min": 30, "1 h": 60}
WILDCARDS = ["*", "House *", "H*", "*1", "Grid/*", "Grid/*/House 1", "T*n", "G*d", "*/*/*"]
LONE_NUMBER = re.compile(r"-?[0-9.]+([eE][-+]?[0-9]+)?")

FORMULAS = [
    "load_steps",
    "busy_hours",
    "dated_fee",
    "max(load_steps, busy_hours, 2 * dated_fee)",
    "by_table",
    "max(default(by_table, 0.5 {unit}), busy_hours)",
    "average(by_table, 3 slots)",
    "0",
    "2.5",
    "2.675",
    "0.1234565",
    "12",
    "last_fee + 0.5 {unit}",
    "previous(current_fee, 2 slots)",
    "default(average(current_fee, 3 slots), 1.5)",
    "import / 1 kWh * 0.37 {unit}",
    "highest(default(volume, 2 kWh), 3 slots) / 1 kWh * 0.05 {unit}",
    "basis",
    "next_fee * 1.1",
    "max(basis, 1) if is_full else 3.3",
]
PLAIN_FORMULAS = [
    "average(balance, 4 slots) / 10 kWh",
    "average(hour, 3 slots)",
    "total(1.5, 3 slots)",
    "hour / 10",
    "2 * scarcity",
]
CONDITIONS = [
    "is_full",
    "import > export",
    "average(import, 2 slots) > 5 kWh",
    "has(previous(import, 1 slot))",
    "is_workday",
    "22 <= hour or hour < 3",
    "parent.current_fee > 1 {unit}",
    "Grid.volume > 10 kWh",
    "current_fee != last_fee",
]
OVER_AREAS = [
    "total(children.import) / 1 kWh * 0.37 {unit}",
    "average(all.last_fee)",
    "default(highest(houses.current_fee), 1.5)",
    "2 + count(children.is_full)",
    "total(average(houses.import, 3 slots)) / 10 kWh",
    "average(total(children.volume), 2 slots) / 5 kWh",
    "count(all.import > average(houses.import) or houses_are_full)",
    "previous(crowd, 1 slot)",
    "lowest(all.crowd) * 2",
]
FEE_READS = [
    "parent.fee",
    "parent.fee * 50 % + 1 {unit}",
    "default(parent.fee, 2.5)",
    "max({formula}, default(parent.fee, 0) + 0.5 {unit})",
    "default({area}.fee, 1)",
    "{formula} if {area}.fee > 2 {unit} else parent.fee",
    "{area}.fee + 0.75 {unit}",
    "late_share",
    "late_steps",
]
MONTHS = ["Mar", "Apr", "Mar-Apr", "Nov-Mar", ["Jan", "Mar"], ["Feb-Mar", "Dec"], "Jun-Aug"]
DAYS = [
    "workdays",
    "weekends",
    "holidays",
    "Sat",
    "Sun",
    "Mon-Wed",
    "Fri-Sun",
    ["Mon", "holidays"],
]
TIMES = ["00:00", "00:45", "02:00", "02:30", "03:00", "07:15", "18:30", "22:00", "23:59"]
HOLIDAYS = ["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"]
DATES = ["2021-01-01", "2026-03-28", "2026-03-29", "2026-03-30", "2026-04-01", "2027-01-01"]


SEVERAL_VARIABLES = {
    "houses_are_full": "total(houses.import) > 40 kWh",
    "crowd": "count(children.balance > 0) if hour < 23 else count(all.has_import)",
    "has_import": "has(import)",
}


@dataclass(frozen=True)
class Drawn:
    """A rulebook and what it meets."""

    rulebook: dict[str, Any]
    tree: Tree
    slots: list[Slot]
    files: dict[str, str] = field(default_factory=dict)
    """The tables that the rulebook names, as text."""

    @property
    def compiled(self) -> Compiled:
        """What becomes of the rulebook with its tables."""
        text = yaml.safe_dump(self.rulebook, sort_keys=False, allow_unicode=True)
        return compiled(text, {name: table.encode() for name, table in self.files.items()})


@st.composite
def drawn(draw: st.DrawFn, *, over_areas: bool = True) -> Drawn:
    """A rulebook, a tree, and one to ten slots of which some are missing between.

    `over_areas`: whether formulas may go over several areas.
    """
    tree = draw(trees())
    author = Author(draw, tree, over_areas=over_areas)
    rulebook = author.rulebook()
    minutes = MINUTES[rulebook.get("slot_length", "15 min")]
    random = draw(st.randoms(use_true_random=True))
    missing = draw(st.sampled_from([0.0, 0.1, 0.5]))
    slots, when = [], START
    for distance in draw(st.lists(st.sampled_from(DISTANCES), min_size=1, max_size=10)):
        slots.append(slot_of(random, tree, when, missing))
        when += distance * timedelta(minutes=minutes)
    return Drawn(rulebook, tree, slots, {"fees/tou.csv": author.table(minutes)})


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """One to seven areas, of which two may share a name."""
    others = draw(st.permutations(NAMES[1:]))[: draw(st.integers(0, 4))]
    twins = ["Twin", "Twin"] if draw(st.integers(0, 3)) == 0 else []
    names = [NAMES[0], *others, *twins]
    parents = [-1, *(draw(st.integers(0, place - 1)) for place in range(1, len(names)))]
    tree = Tree(names, parents, [f"id {place}" for place in range(len(names))])
    if len(set(tree.paths)) < len(names):  # the twins stand under one parent
        return Tree(names[:-1], parents[:-1], tree.ids[:-1])
    return tree


class Author:
    """Somebody who writes a rulebook for the areas of a tree, and uses all of the language."""

    def __init__(self, draw: st.DrawFn, tree: Tree, *, over_areas: bool) -> None:
        self.draw = draw
        self.tree = tree
        self.over_areas = over_areas
        self.fee_unit = self.one_of(["ct/kWh", "ct/kWh", "percent"])
        self.unit = "%" if self.fee_unit == "percent" else self.fee_unit

    def one_of(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def now_and_then(self) -> bool:
        return self.one_of([True, False, False])

    def rulebook(self) -> dict[str, Any]:
        book: dict[str, Any] = {
            "rulegrid": 1,
            "name": "drawn",
            "fee_unit": self.fee_unit,
            "timezone": self.one_of(["Europe/Vienna", "UTC", "America/St_Johns"]),
            "slot_length": self.one_of(MINUTES),
            "holidays": self.draw(st.lists(st.sampled_from(HOLIDAYS), unique=True)),
            "groups": self.groups(),
            "variables": self.variables(),
            "bands": self.bands(),
            "calendars": self.calendars(),
            "areas": {key: self.policy() for key in self.selectors()},
        }
        if self.now_and_then():
            del book["slot_length"]
        if self.now_and_then():
            book["when_no_data"] = self.one_of(["keep", "skip", 3.3])
        if self.now_and_then():
            book["limits"] = self.limits()
        for area in book["areas"].values():
            if isinstance(area, dict) and "limits" in area:
                both = {**book.get("limits", {}), **area["limits"]}
                if both.get("max_change", 1) < 10 ** -both.get("decimals", 0):
                    area["limits"]["max_change"] = 1  # a smaller one would freeze these fees
        return book

    def groups(self) -> dict[str, Any]:
        return {"houses": self.selectors(), "nobody": ["Nowhere *"]} if self.over_areas else {}

    def variables(self) -> dict[str, Any]:
        other = "avg_price * 10 %" if self.unit == "ct/kWh" else "self_sufficiency / 10"
        basis = f"2.5 if import > 3 kWh else {other}"
        late = "parent.fee * 60 %" if self.unit == "ct/kWh" else "parent.fee * 0.6"
        return {
            **VARIABLES,
            "basis": {"unit": self.unit, "value": basis},
            "late_share": late,
            "dated_fee": {"unit": self.unit, "from": self.dated()},
            **(SEVERAL_VARIABLES if self.over_areas else {}),
        }

    def dated(self) -> dict[str, Any]:
        days = self.draw(st.lists(st.sampled_from(DATES), min_size=1, max_size=3, unique=True))
        return {day: self.worth(dated=False) for day in days}

    def worth(self, *, dated: bool = True) -> Any:
        """What a step or a window may be worth."""
        if dated and self.one_of(range(6)) == 0:
            return {"from": self.dated()}
        return self.one_of([0.5, 1, 2.25, f"basis * {self.one_of([2, 3])}", "4 if is_full else 7"])

    def bands(self) -> dict[str, Any]:
        return {
            "load_steps": self.band(self.one_of(["import", "abs(balance)", "Grid.volume"]), "kWh"),
            "late_steps": self.band("parent.fee", self.unit),
        }

    def band(self, size: str, unit: str) -> dict[str, Any]:
        ends = sorted(self.draw(st.sets(st.sampled_from([-5, 0, 1, 2.5, 10, 33.3]), min_size=1)))
        steps = [{"up_to": f"{end} {unit}", "fee": self.worth()} for end in ends]
        last = {"above": f"{ends[-1]} {unit}", "fee": self.worth()}
        return {"input": size, "steps": [*steps, last]}

    def calendars(self) -> dict[str, Any]:
        windows = [self.window() for _ in range(self.one_of([1, 2, 3]))]
        overlap = self.one_of(["add", "last"])
        sheet: dict[str, Any] = {"file": "fees/tou.csv"}
        if self.one_of([True, False]):
            sheet["unit"] = self.one_of(["%"] if self.unit == "%" else ["EUR/kWh", "EUR/MWh"])
        return {
            "busy_hours": {"otherwise": self.worth(), "overlap": overlap, "windows": windows},
            "by_table": sheet,
        }

    def table(self, minutes: int) -> str:
        """A table with columns for some areas, by name or path, in any order."""
        names = [*self.tree.names, *self.tree.paths]
        clear = sorted({name for name in names if names.count(name) <= 2 and name != "Twin"})
        columns = self.draw(st.lists(st.sampled_from([*clear, "nobody"]), min_size=1, unique=True))
        mark, point = self.one_of([(";", ","), (";", "."), (",", ".")])
        amounts = st.sampled_from(["0", "1", "0.25", "2.675", "30", "0.07"])
        cells = self.draw(st.lists(amounts, min_size=1, max_size=7))
        lines = [mark.join(["Time", *(f'"{name}"' for name in columns)])]
        for at in range(0, 24 * 60, minutes):
            own = [
                cells[(at * 7 + n) % len(cells)].replace(".", point) for n in range(len(columns))
            ]
            lines.append(
                mark.join([f"{at // 60:02}:{at % 60:02}:00"[: self.one_of([5, 8])], *own])
            )
        return "\n".join(lines)

    def window(self) -> dict[str, Any]:
        start, end = self.draw(st.permutations(TIMES))[:2]
        of = {"months": MONTHS, "days": DAYS, "hours": [f"{start}-{end}"]}
        written = {key: self.one_of(values) for key, values in of.items() if self.one_of([1, 0])}
        return deepcopy({**written, "value": self.worth()})  # YAML has no alias for us

    def selectors(self) -> list[str]:
        """Keys that match areas, of which no two tie."""
        tree, places = self.tree, range(len(self.tree.names))
        unique = [name for name in tree.names if tree.names.count(name) == 1]
        pool = sorted({*unique, *tree.paths, *WILDCARDS})
        keys: list[str] = []
        for key in self.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=5, unique=True)):
            forces = [(strength(key, tree, at), at) for at in places]
            if not any(
                force and force == strength(other, tree, at)
                for force, at in forces
                for other in keys
            ):
                keys.append(key)
        return keys

    def policy(self) -> Any:
        if self.one_of(range(5)) == 0:
            return self.fee()
        area: dict[str, Any] = {}
        if self.one_of([True, False]):
            conditions = [self.one_of(CONDITIONS) for _ in range(self.one_of([1, 2, 3]))]
            area["rules"] = [
                *({"when": when.format(unit=self.unit), "fee": self.fee()} for when in conditions),
                {"otherwise": self.fee()},
            ]
        else:
            area["fee"] = self.fee()
        if self.now_and_then():
            area["limits"] = self.limits()
        if self.now_and_then():
            area["when_no_data"] = self.one_of(["keep", "skip", 0.75, 6])
        if self.now_and_then():
            area["variables"] = {"balance": self.one_of(["export", "volume * 2"])}
        return area

    def limits(self) -> dict[str, Any]:
        """Limits that leave a fee."""
        decimals = self.one_of(range(5))
        step = round(10**-decimals, 4)
        changes = [1, 1.5, 2, 7.75, step, round(3 * step, 4)]
        values = {
            "decimals": [decimals],
            "min": [0, 0.5, 1, 2.25],
            "max": [4, 5.5, 12, 80.004],
            "max_change": [change for change in changes if change >= step],
            "dead_band": [0, 0.1, 0.25, 1, 3],
            "hold": ["0 slots", "1 slot", "2 slots", "1 h"],
        }
        written = {key: self.one_of(of) for key, of in values.items() if self.one_of([1, 0])}
        if decimals and "max_change" in written:
            written["decimals"] = decimals
        if "max" in written and self.unit == "ct/kWh" and self.now_and_then():
            written["max"] = f"{written['max'] / 100:g} EUR/kWh"
        return written

    def fee(self) -> str:
        kind = self.one_of(["own", "own", "any", "plain", "read", "read", "several"])
        if kind == "any":
            several = ["children", "all", "houses", "nobody"] if self.over_areas else []
            grammar = Grammar(self.one_of, self.fee_unit, 6, with_fees=False, several=several)
            text = grammar.formula()
            return "2" if LONE_NUMBER.fullmatch(text) else text  # `-2` and `7E+1` are refused
        if kind == "plain":
            return self.one_of(PLAIN_FORMULAS)
        formulas = OVER_AREAS if kind == "several" and self.over_areas else FORMULAS
        formula = self.one_of(formulas).format(unit=self.unit)
        if kind in ("own", "several"):
            return formula
        area = self.one_of([f'"{name}"' for name in self.tree.names if name != "Twin"])
        return self.one_of(FEE_READS).format(unit=self.unit, formula=formula, area=area)


def slot_of(random: Random, tree: Tree, when: datetime, missing: float) -> Slot:
    """What one slot shows: some of it nothing, and fees with at most six decimals."""

    def number(metric: str) -> float | None:
        if random.random() < missing:
            return None
        if metric.endswith("_fee"):
            return random.choice(FEES)
        if random.random() < 0.5:
            return random.choice(AMOUNTS)
        return round(random.uniform(-20, 60), random.randint(0, 9))

    def column(metric: str) -> list[float | None]:
        size = len(tree.names)
        return [number(metric)] * size if metric in WIDE else [number(metric) for _ in range(size)]

    return Slot(when, {metric: column(metric) for metric in METRICS})
