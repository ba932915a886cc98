"""The language a second time, slow and plain: one formula, one area, one slot, from the text.

Nothing of rulegrid is used here. A formula is read by recursive descent into closures that take
`(area, slot)`; a value is a truth or an `Amount`, and None is no data. Where columns and this page
differ, one of them is wrong.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import isfinite

Measure = tuple[int, int, int, bool]
"""Powers of money, energy and time, and whether it is a percentage."""

PLAIN, PERCENT = (0, 0, 0, False), (0, 0, 0, True)
MONEY, ENERGY, TIME, PRICE, POWER = (
    (1, 0, 0, False),
    (0, 1, 0, False),
    (0, 0, 1, False),
    (1, -1, 0, False),
    (0, 1, -1, False),
)

METRICS = {
    "import": ENERGY,
    "export": ENERGY,
    "volume": ENERGY,
    "self_sufficiency": PERCENT,
    "self_consumption": PERCENT,
    "min_price": PRICE,
    "median_price": PRICE,
    "avg_price": PRICE,
    "max_price": PRICE,
    "feed_in_tariff": PRICE,
    "market_maker_rate": PRICE,
    "fee_revenue": MONEY,
    "current_fee": None,
    "next_fee": None,
    "last_fee": None,
}
"""None is the unit of fees."""

CLOCK = ("hour", "minute", "weekday", "month", "is_workday", "is_holiday")

UNITS = {
    "Wh": (ENERGY, Fraction("0.001")),
    "kWh": (ENERGY, Fraction(1)),
    "MWh": (ENERGY, Fraction(1000)),
    "GWh": (ENERGY, Fraction(1000000)),
    "kW": (POWER, Fraction(1)),
    "MW": (POWER, Fraction(1000)),
    "ct": (MONEY, Fraction(1)),
    "EUR": (MONEY, Fraction(100)),
    "ct/kWh": (PRICE, Fraction(1)),
    "EUR/kWh": (PRICE, Fraction(100)),
    "EUR/MWh": (PRICE, Fraction("0.1")),
    "%": (PERCENT, Fraction(1)),
    "s": (TIME, Fraction(1, 3600)),
    "min": (TIME, Fraction(1, 60)),
    "h": (TIME, Fraction(1)),
    "day": (TIME, Fraction(24)),
    "days": (TIME, Fraction(24)),
}

AGGREGATES = ("average", "total", "lowest", "highest", "count")
WINDOWED = ("average", "total", "lowest", "highest", "previous")

TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
        (?:\s*(?P<unit>ct/kWh|EUR/kWh|EUR/MWh|%|(?:Wh|kWh|MWh|GWh|kW|MW|ct|EUR|slots?|s|min|h|days?)\b))?
    | (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[A-Za-z_]\w*))\.(?P<metric>[A-Za-z_]\w*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign><=|>=|==|!=|[-+*/<>(),])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Amount:
    """A number or no data, and what it measures."""

    number: float | None
    measure: Measure


Value = Amount | bool | None
"""An amount, or a truth; a bare None is a truth without data."""
Node = Callable[[int, int], Value]


@dataclass(frozen=True)
class World:
    """All that formulas may read.

    A list over areas is in the order of `names`; a list over slots has the newest last.
    """

    names: list[str]
    paths: list[str]
    parents: list[int]
    """-1 at a root."""
    metrics: list[dict[str, list[float | None]]]
    """For each slot and metric, the areas' numbers. A grid-wide metric is the same in all
    areas."""
    clock: list[dict[str, float | bool]]
    fees: list[list[float | None]]
    """For each slot, the fee each area has got in this cycle."""
    variables: "dict[str, str | Callable[[World], Node]]" = field(default_factory=dict)
    """Formulas by name, or what makes a node of a world."""
    slot_minutes: int = 15
    fee_unit: str = "ct/kWh"
    ids: list[str] = field(default_factory=list)
    """In whose order sums over areas are added up; that of `names` where it is empty."""
    groups: dict[str, list[int]] = field(default_factory=dict)
    """The places of the areas of each group."""
    missed: set[int] = field(default_factory=set)
    """Slots of which nothing was heard: windows leave them out, whatever they go over."""

    def members(self, several: str, area: int) -> list[int]:
        """The areas that an aggregate goes over which is worked out for one area."""
        places = list(range(len(self.names)))
        if self.ids:
            places.sort(key=self.ids.__getitem__)
        if several == "all":
            return places
        if several == "children":
            return [place for place in places if self.parents[place] == area]
        return [place for place in places if place in self.groups[several]]


def evaluate_text(text: str, area: int, slot: int, world: World) -> float | bool | None:
    """What a formula gives for one area at one slot; None is no data."""
    value = read(text, world)(area, slot)
    return value.number if isinstance(value, Amount) else value


def read(text: str, world: World) -> Node:
    """The formula as a function of area and slot."""
    tokens = [found.groupdict() for found in TOKEN.finditer(text.strip())]
    reader = Reader(tokens, world)
    node = reader.choice()
    assert not reader.tokens, f"left over in {text!r}: {reader.tokens}"
    return node


class Reader:
    """Recursive descent, one method a level of binding, loosest first."""

    def __init__(self, tokens: list[dict[str, str | None]], world: World) -> None:
        self.tokens = tokens
        self.world = world
        self.several = ""
        """What the aggregate just being read goes over, once it is known."""

    def next_is(self, *texts: str) -> str | None:
        """Take the next token if it is one of these signs or words."""
        if self.tokens:
            text = self.tokens[0]["word"] or self.tokens[0]["sign"]
            if text in texts:
                self.tokens.pop(0)
                return text
        return None

    def choice(self) -> Node:
        body = self.either()
        if not self.next_is("if"):
            return body
        test = self.either()
        assert self.next_is("else")
        return chosen(body, test, self.choice())

    def either(self) -> Node:
        node = self.both()
        while self.next_is("or"):
            node = joined(node, self.both(), decisive=True)
        return node

    def both(self) -> Node:
        node = self.negation()
        while self.next_is("and"):
            node = joined(node, self.negation(), decisive=False)
        return node

    def negation(self) -> Node:
        if not self.next_is("not"):
            return self.comparison()
        inner = self.negation()
        return lambda area, slot: opposite(inner(area, slot))

    def comparison(self) -> Node:
        left = self.sum()
        links = []
        while sign := self.next_is("<", "<=", ">", ">=", "==", "!="):
            right = self.sum()
            links.append(compared(left, sign, right))
            left = right
        node = links[0] if links else left
        for link in links[1:]:
            node = joined(node, link, decisive=False)
        return node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.next_is("+", "-"):
            node = added(node, sign, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.next_is("*", "/"):
            node = multiplied(node, sign, self.signed())
        return node

    def signed(self) -> Node:
        if not self.next_is("-"):
            return self.atom()
        inner = self.signed()
        return lambda area, slot: negative(inner(area, slot))

    def atom(self) -> Node:
        if self.next_is("("):
            node = self.choice()
            assert self.next_is(")")
            return node
        token = self.tokens.pop(0)
        if token["number"]:
            return self.literal(token["number"], token["unit"])
        if token["metric"]:
            return self.dotted(token, token["metric"])
        assert token["word"], token
        return self.call(token["word"]) if self.next_is("(") else self.name(token["word"])

    def literal(self, digits: str, unit: str | None) -> Node:
        measure, size = self.unit(unit) if unit else (PLAIN, Fraction(1))
        amount = Amount(float(Fraction(digits) * size), measure)
        return lambda _area, _slot: amount

    def unit(self, unit: str) -> tuple[Measure, Fraction]:
        return (
            (TIME, Fraction(self.world.slot_minutes, 60))
            if unit in ("slot", "slots")
            else UNITS[unit]
        )

    def fee_measure(self) -> Measure:
        return PERCENT if self.world.fee_unit == "percent" else PRICE

    def name(self, word: str) -> Node:
        world = self.world
        if word in world.variables:
            variable = world.variables[word]
            return read(variable, world) if isinstance(variable, str) else variable(world)
        if word in CLOCK:
            return lambda _area, slot: clock_value(world.clock[slot][word])
        measure = METRICS[word] or self.fee_measure()
        return lambda area, slot: Amount(world.metrics[slot][word][area], measure)

    def dotted(self, token: dict[str, str | None], metric: str) -> Node:
        world = self.world
        if token["plain"] in ("children", "all", *world.groups):
            self.several = token["plain"] or ""
            return self.name(metric)  # an aggregate is worked out for each of them
        measure = METRICS.get(metric) or self.fee_measure()

        def other(area: int) -> int | None:
            if token["plain"] == "parent":
                return world.parents[area] if world.parents[area] >= 0 else None
            named = token["double"] or token["single"] or token["plain"]
            listed = world.names if named in world.names else world.paths
            return listed.index(named) if named in listed else None

        def value(area: int, slot: int) -> Amount:
            column = world.fees[slot] if metric == "fee" else world.metrics[slot][metric]
            place = other(area)
            return Amount(None if place is None else column[place], measure)

        return value

    def call(self, function: str) -> Node:
        outer, self.several = self.several, ""
        first = self.choice()
        several, self.several = self.several, outer
        if function in AGGREGATES and self.next_is(")"):
            return aggregated(function, first, several, self.world)
        self.several = several or outer
        if function in WINDOWED:
            assert self.next_is(",")
            token = self.tokens.pop(0)
            assert token["number"]
            assert token["unit"]
            slots = (
                Fraction(token["number"])
                * self.unit(token["unit"])[1]
                * 60
                / self.world.slot_minutes
            )
            assert slots.denominator == 1
            assert self.next_is(")")
            return windowed(function, first, int(slots), self.world.missed)
        arguments = [first]
        while self.next_is(","):
            arguments.append(self.choice())
        assert self.next_is(")")
        return called(function, arguments)


def clock_value(value: float) -> Value:
    return value if isinstance(value, bool) else Amount(float(value), PLAIN)


def known(number: float) -> float | None:
    """A number that is not finite is no data."""
    return number if isfinite(number) else None


def opposite(truth: Value) -> bool | None:
    return None if truth is None else not truth


def negative(value: Value) -> Amount:
    return Amount(None if value.number is None else -value.number, value.measure)


def chosen(body: Node, test: Node, orelse: Node) -> Node:
    def value(area: int, slot: int) -> Value:
        truth, one, other = test(area, slot), body(area, slot), orelse(area, slot)
        if truth is None:
            return Amount(None, measure_of(one, other)) if isinstance(one, Amount) else None
        taken = one if truth else other
        return Amount(taken.number, measure_of(one, other)) if isinstance(taken, Amount) else taken

    return value


def measure_of(*amounts: Amount) -> Measure:
    """The measure of amounts that must agree; a bare number and 0 take that of the others."""
    return next((amount.measure for amount in amounts if amount.measure != PLAIN), PLAIN)


def joined(left: Node, right: Node, *, decisive: bool) -> Node:
    """`or`, where a truth decides, or `and`, where a falsehood does."""

    def value(area: int, slot: int) -> bool | None:
        truths = left(area, slot), right(area, slot)
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    return value


def compared(left: Node, sign: str, right: Node) -> Node:
    def value(area: int, slot: int) -> bool | None:
        a, b = left(area, slot).number, right(area, slot).number
        if a is None or b is None:
            return None
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[
            sign
        ]

    return value


def added(left: Node, sign: str, right: Node) -> Node:
    def value(area: int, slot: int) -> Amount:
        one, other = left(area, slot), right(area, slot)
        measure = measure_of(one, other)
        if one.number is None or other.number is None:
            return Amount(None, measure)
        return Amount(
            known(one.number + other.number if sign == "+" else one.number - other.number), measure
        )

    return value


def multiplied(left: Node, sign: str, right: Node) -> Node:
    def value(area: int, slot: int) -> Amount:
        one, other = left(area, slot), right(area, slot)
        measure = product_measure(one.measure, other.measure, sign)
        if one.number is None or other.number is None:
            return Amount(None, measure)
        product = times if sign == "*" else over
        return Amount(product(one, other), measure)

    return value


def product_measure(one: Measure, other: Measure, sign: str) -> Measure:
    if one[3] and other[3]:
        return PERCENT if sign == "*" else PLAIN
    if one[3] or other[3]:
        amount = other if one[3] else one
        return PERCENT if amount == PLAIN else amount
    direction = 1 if sign == "*" else -1
    money, energy, time = (a + direction * b for a, b in zip(one[:3], other[:3], strict=True))
    return money, energy, time, False


def is_share(one: Amount, other: Amount) -> bool:
    """Whether `one` is a percentage that counts as its hundredth beside `other`."""
    return one.measure == PERCENT and other.measure != PLAIN


def times(one: Amount, other: Amount) -> float | None:
    product = known(one.number * other.number)
    if product is not None and (is_share(one, other) or is_share(other, one)):
        return product / 100.0
    return product


def over(one: Amount, other: Amount) -> float | None:
    above: float | None = one.number
    if is_share(other, one) and one.measure != PERCENT:
        above = known(one.number * 100.0)
    return None if above is None or other.number == 0 else known(above / other.number)


def called(function: str, arguments: list[Node]) -> Node:
    def value(area: int, slot: int) -> Value:
        values = [argument(area, slot) for argument in arguments]
        if function == "has":
            return not missing(values[0])
        if function == "default":
            return with_default(*values)
        numbers = [amount.number for amount in values]
        measure = values[0].measure if function == "round" else measure_of(*values)
        return Amount(None if None in numbers else plain_function(function, numbers), measure)

    return value


def missing(value: Value) -> bool:
    return value is None or (isinstance(value, Amount) and value.number is None)


def with_default(value: Value, other: Value) -> Value:
    taken = other if missing(value) else value
    return Amount(taken.number, measure_of(value, other)) if isinstance(value, Amount) else taken


def plain_function(function: str, numbers: list[float]) -> float:
    if function == "abs":
        return abs(numbers[0])
    if function == "round":
        return rounded(numbers[0], int(numbers[1]))
    if function == "clamp":
        value, low, high = numbers
        return min(max(value, low), high) + 0.0
    return (min(numbers) if function == "min" else max(numbers)) + 0.0


def rounded(number: float, digits: int) -> float:
    """Half away from zero, in decimal, of the shortest text of the number."""
    exact = Decimal(repr(number)).quantize(
        Decimal(1).scaleb(-digits), ROUND_HALF_UP, Context(prec=400)
    )
    return float(exact) + 0.0


def windowed(function: str, operand: Node, slots: int, missed: set[int]) -> Node:
    def value(area: int, slot: int) -> Amount:
        if function == "previous":
            if slot < slots or slot - slots in missed:
                return Amount(None, operand(area, slot).measure)
            return operand(area, slot - slots)
        window = range(max(0, slot - slots + 1), slot + 1)
        seen = [operand(area, past) for past in window if past not in missed]
        numbers = [amount.number for amount in seen if amount.number is not None]
        newest = seen[-1]
        return Amount(None if newest.number is None else folded(function, numbers), newest.measure)

    return value


def aggregated(function: str, operand: Node, several: str, world: World) -> Node:
    def value(area: int, slot: int) -> Amount:
        members = world.members(several, area)
        seen = [operand(member, slot) for member in members]
        measure = PLAIN if function == "count" else operand(0, slot).measure
        known_ones = [each for each in seen if not missing(each)]
        if not known_ones:
            is_nobody = not members and function in ("total", "count")
            return Amount(0.0 if is_nobody else None, measure)
        if function == "count":
            return Amount(float(known_ones.count(True)), measure)
        return Amount(folded(function, [each.number for each in known_ones]), measure)

    return value


def folded(function: str, numbers: list[float]) -> float | None:
    if function == "lowest":
        return min(numbers) + 0.0
    if function == "highest":
        return max(numbers) + 0.0
    total = 0.0
    for number in numbers:
        total += number
    return known(total if function == "total" else total / len(numbers))
