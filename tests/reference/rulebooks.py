"""A whole rulebook a second time, slow and plain: slot after slot, area by area, from its YAML.

Nothing of rulegrid is used here. Formulas are those of `evaluator`; amounts of money are decimals;
fees that read other fees are worked out again and again until none of them changes any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.choices import Days, Maker, band, calendar, dated, table
from tests.reference.days import Tree
from tests.reference.evaluator import (
    METRICS,
    PERCENT,
    PLAIN,
    PRICE,
    TOKEN,
    UNITS,
    Amount,
    Node,
    World,
    read,
)

ROOM = 1_000_000
"""More than any wildcard has letters."""


@dataclass(frozen=True)
class Decision:
    """One area's fee in one slot; None is no data, and a fee of None is not sent."""

    raw: float | None
    fee: float | None
    limits: tuple[str, ...] = ()
    """The steps that changed the number, of min max max_change dead_band hold decimals."""
    rule: int | None = None
    """The rule that gave the fee, or lacked data for it."""


class Operator:
    """Someone who works a rulebook by hand.

    `as_if_sent`: our own fees count as the fees in force; else they are what is reported.
    """

    def __init__(
        self,
        rulebook: Mapping[str, Any],
        tree: Tree,
        files: Mapping[str, str] | None = None,
        *,
        as_if_sent: bool,
    ) -> None:
        self.tree = tree
        self.files = files or {}
        self.as_if_sent = as_if_sent
        self.percent = rulebook.get("fee_unit") == "percent"
        self.length = timedelta(hours=float(amount(rulebook.get("slot_length", "15 min"))))
        zone = rulebook.get("timezone")
        self.zone = ZoneInfo(zone) if zone else None
        self.days = Days(rulebook.get("holidays", ()))
        self.slots: list[datetime] = []
        self.shared_columns: tuple[list, list, list, set[int]] = ([], [], [], set())
        areas = {str(key): value for key, value in rulebook["areas"].items()}
        self.groups = {
            name: [p for p in range(len(tree.names)) if winner(dict.fromkeys(keys), tree, p)]
            for name, keys in rulebook.get("groups", {}).items()
        }
        self.selectors = [winner(areas, tree, place) for place in range(len(tree.names))]
        self.policies = {
            selector: Policy(self, rulebook, value if isinstance(value, dict) else {"fee": value})
            for selector, value in areas.items()
        }
        self.decided: list[tuple[datetime, list[float | None]]] = []
        self.changed: dict[int, int] = {}
        """By area, the slot in which its fee was last changed."""

    def world(self, variables: Mapping[str, str]) -> World:
        """All that formulas may read, with the variables of one selector."""
        metrics, clock, fees, missed = self.shared_columns
        return World(
            names=self.tree.names,
            paths=self.tree.paths,
            parents=self.tree.parents,
            metrics=metrics,
            clock=clock,
            fees=fees,
            variables=dict(variables),
            slot_minutes=self.length // timedelta(minutes=1),
            fee_unit="percent" if self.percent else "ct/kWh",
            missed=missed,
            ids=self.tree.ids,
            groups=self.groups,
        )

    def decide(self, when: datetime, reported: Mapping[str, list[float | None]]) -> list[Decision]:
        """The decisions of a slot that has just opened, for every area of the tree."""
        metrics, _, fees, missed = self.shared_columns
        while self.slots and self.slots[-1] + self.length < when:
            missed.add(len(self.slots))
            self.add_slot(self.slots[-1] + self.length, {})
        self.add_slot(when, reported)
        now = len(self.slots) - 1
        if self.as_if_sent:
            for metric, moment in (
                ("current_fee", when),
                ("next_fee", when),
                ("last_fee", when - self.length),
            ):
                metrics[now][metric] = self.in_force(moment, metrics[now][metric])
        before = metrics[now]["next_fee"]
        fees[now][:] = before
        for _ in range(len(before) + 2):
            decisions = [self.decide_area(place, now) for place in range(len(before))]
            settled = [
                known if decision.fee is None else decision.fee
                for decision, known in zip(decisions, before, strict=True)
            ]
            if settled == fees[now]:
                return self.remember(decisions, now)
            fees[now][:] = settled
        raise AssertionError("these fees wait for each other")

    def add_slot(self, when: datetime, reported: Mapping[str, list[float | None]]) -> None:
        metrics, clock, fees, _ = self.shared_columns
        nothing: list[float | None] = [None] * len(self.tree.names)
        self.slots.append(when)
        metrics.append({metric: list(reported.get(metric, nothing)) for metric in METRICS})
        fees.append(list(nothing))
        local = when + self.length
        local = local.astimezone(self.zone) if self.zone else local
        self.days.moments.append(local)
        is_holiday = local.date() in self.days.holidays
        clock.append(
            {
                "hour": local.hour,
                "minute": local.minute,
                "weekday": local.isoweekday(),
                "month": local.month,
                "is_workday": local.isoweekday() <= 5 and not is_holiday,
                "is_holiday": is_holiday,
            }
        )

    def in_force(self, when: datetime, reported: list[float | None]) -> list[float | None]:
        """The fees we had set by then, and what is reported of areas that we never set."""
        known = list(reported)
        for since, fees in self.decided:
            if since <= when:
                known = [b if f is None else f for f, b in zip(fees, known, strict=True)]
        return known

    def decide_area(self, place: int, now: int) -> Decision:
        selector = self.selectors[place]
        if selector is None:
            return Decision(None, None)
        policy = self.policies[selector]
        raw, rule = policy.raw(place, now)
        before = self.shared_columns[0][now]["next_fee"][place]
        held = place in self.changed and now - self.changed[place] <= policy.hold
        fee, limits = policy.settle(raw, before, held=held)
        return Decision(raw, fee, limits, rule)

    def remember(self, decisions: list[Decision], now: int) -> list[Decision]:
        self.decided.append((self.slots[now] + self.length, [each.fee for each in decisions]))
        for place, decision in enumerate(decisions):
            before = self.shared_columns[0][now]["next_fee"][place]
            if None not in (decision.fee, before) and decision.fee != before:
                self.changed[place] = now
        return decisions


class Policy:
    """What stands under one selector, with all that is shared in place."""

    def __init__(
        self, operator: Operator, rulebook: Mapping[str, Any], area: Mapping[str, Any]
    ) -> None:
        world = named_values(operator, rulebook, area)
        self.rules: list[tuple[Node | None, Node]] = []
        for rule in area.get("rules") or [{"otherwise": area.get("fee")}]:
            when = read(str(rule["when"]), world) if "when" in rule else None
            text = rule["fee"] if "when" in rule else rule["otherwise"]
            self.rules.append((when, read(str(text), world)))
        written = {**rulebook.get("limits", {}), **area.get("limits", {})}
        self.minimum = decimal(written.get("min", 0))
        self.maximum = decimal(written.get("max", 100 if operator.percent else 1000))
        self.max_change = decimal(written.get("max_change"))
        self.dead_band = decimal(written.get("dead_band"))
        self.hold = slots(written.get("hold", 0), operator.length)
        self.step = Decimal(1).scaleb(-int(written.get("decimals", 0)))
        without = area.get("when_no_data", rulebook.get("when_no_data", "keep"))
        self.when_no_data = without if without in ("keep", "skip") else decimal(without)

    def raw(self, place: int, now: int) -> tuple[float | None, int]:
        """The fee before limits, and the rule that gave it or lacked data."""
        for number, (when, fee) in enumerate(self.rules):
            holds = True if when is None else when(place, now)
            if holds is None:
                return None, number
            if holds:
                found = fee(place, now)
                assert isinstance(found, Amount)
                return found.number, number
        raise AssertionError("rules without an end")

    def settle(
        self, raw: float | None, before: float | None, *, held: bool
    ) -> tuple[float | None, tuple[str, ...]]:
        """The final fee, and the limits that changed the number."""
        if raw is None and (
            self.when_no_data == "skip" or (self.when_no_data == "keep" and before is None)
        ):
            return None, ()
        old = None if before is None else Decimal(repr(float(before)))
        if raw is None:
            first = old if self.when_no_data == "keep" else self.when_no_data
        else:
            first = Decimal(repr(raw))
        moves = raw is not None or self.when_no_data != "keep"
        changed = []
        fee = first
        for name, after in self.steps(first, old if moves else None, held=held, moves=moves):
            if after != fee:
                changed.append(name)
            fee = after
        names = ("min", "max", "max_change", "dead_band", "hold", "decimals")
        return float(fee) + 0.0, tuple(name for name in names if name in changed)

    def steps(
        self, fee: Decimal, old: Decimal | None, *, held: bool, moves: bool
    ) -> Iterator[tuple[str, Decimal]]:
        """The fee after each step, in the order of the language; `old` is None where unknown."""
        first = fee
        yield "min", (fee := max(fee, self.minimum))
        yield "max", (fee := min(fee, self.maximum))
        if old is not None and self.max_change is not None:
            fee = min(max(fee, old - self.max_change), old + self.max_change)
            yield "max_change", fee
        if old is not None and self.dead_band is not None and abs(fee - old) < self.dead_band:
            yield "dead_band", (fee := old)
        if old is not None and held:
            yield "hold", (fee := old)
        if not moves and fee == first:
            return
        fee = fee.quantize(self.step, ROUND_HALF_UP) if moves else fee
        if old is not None and self.max_change is not None:
            fee -= self.step * (fee > old + self.max_change)
            fee += self.step * (fee < old - self.max_change)
        yield "decimals", fee
        yield "min", (fee := max(fee, self.minimum.quantize(self.step, ROUND_CEILING)))
        yield "max", min(fee, self.maximum.quantize(self.step, ROUND_FLOOR))


def named_values(
    operator: Operator, rulebook: Mapping[str, Any], area: Mapping[str, Any]
) -> World:
    """The world of an area, with what each name stands for there."""
    world = operator.world({})
    measure = PERCENT if operator.percent else PRICE
    for name, written in rulebook.get("bands", {}).items():
        world.variables[name] = band(written, measure, operator.days)
    for name, written in rulebook.get("calendars", {}).items():
        if "file" in written:
            text = operator.files[written["file"]]
            world.variables[name] = table(written, text, measure, operator.days)
        else:
            world.variables[name] = calendar(written, measure, operator.days)
    variables = {**rulebook.get("variables", {}), **area.get("variables", {})}
    for name, value in variables.items():
        world.variables[name] = formula_of(value, operator.days)
    for name, value in variables.items():
        if isinstance(value, dict) and "unit" in value and "value" in value:
            world.variables[name] = in_unit(world, world.variables[name], value["unit"])
    return world


def formula_of(value: Any, days: Days) -> str | Maker:
    """What a variable stands for."""
    if isinstance(value, dict) and "from" in value:
        return dated(value["from"], UNITS[value["unit"]][0] if "unit" in value else None, days)
    return str(value["value"] if isinstance(value, dict) else value)


def in_unit(world: World, text: str, unit: str) -> str:
    """A variable's formula where a number without a unit takes the one written beside it."""
    try:
        float(text)
    except ValueError:
        filled = World(**{**vars(world), "metrics": [dict.fromkeys(METRICS, [None] * 99)]})
        is_plain = read(text, filled)(0, 0).measure == PLAIN
        return f"({text}) * 1 {unit}" if is_plain else text
    return f"{text} {unit}"


def amount(text: Any) -> Fraction:
    """A single amount in canonical units: kWh, ct, hours, points of percent."""
    digits = str(text).strip()
    sign = -1 if digits.startswith("-") else 1
    token = TOKEN.fullmatch(digits.lstrip("-"))
    assert token is not None, text
    size = UNITS[token["unit"]][1] if token["unit"] else 1
    return sign * Fraction(token["number"]) * size


def decimal(text: Any) -> Any:
    """An amount as a decimal; None stays None."""
    if text is None:
        return None
    exact = amount(text)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def slots(text: Any, length: timedelta) -> int:
    """A length of time in slots."""
    words = str(text).split()
    if words[-1] in ("slot", "slots"):
        return int(words[0])
    return int(amount(text) / (Fraction(length // timedelta(minutes=1), 60)))


def winner(areas: Mapping[str, Any], tree: Tree, place: int) -> str | None:
    """The most exact selector of an area: a path, then a name, then the longest wildcard."""
    found = {key: strength(key, tree, place) for key in areas}
    best = max(found.values(), default=0)
    if not best:
        return None
    strongest = [key for key, force in found.items() if force == best]
    assert len(strongest) == 1, f"{strongest} tie"
    return strongest[0]


def strength(key: str, tree: Tree, place: int) -> int:
    """How exactly a selector names an area; 0 for not at all."""
    if key in tree.names:
        return ROOM if key == tree.names[place] else 0
    path = tree.paths[place]
    if "*" not in key:
        return ROOM + 1 if key == path else 0
    if not fits(key, path if "/" in key else tree.names[place]):
        return 0
    return 1 + len(key.replace("*", ""))


def fits(pattern: str, text: str) -> bool:
    """Whether a text is the pattern, in which `*` stands for any letters or none."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and text[0] == pattern[0] and fits(pattern[1:], text[1:])
