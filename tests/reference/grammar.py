"""Well-typed formulas, drawn so that every production of the language occurs.

A formula is built from its root down: whoever needs an amount of some measure, or a truth, draws
one of the productions that give it. `Grammar.used` says which productions have been drawn.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.reference.evaluator import (
    ENERGY,
    METRICS,
    MONEY,
    PERCENT,
    PLAIN,
    POWER,
    PRICE,
    TIME,
    Measure,
)

TERNARY, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, ATOM = range(9)
"""How tightly a piece of text binds."""

Choose = Callable[[Sequence[Any]], Any]
"""Draws one of several."""

UNITS_OF = {
    ENERGY: ["Wh", "kWh", "MWh", "GWh"],
    POWER: ["kW", "MW"],
    MONEY: ["ct", "EUR"],
    PRICE: ["ct/kWh", "EUR/kWh", "EUR/MWh"],
    PERCENT: ["%"],
    TIME: ["slot", "slots", "s", "min", "h", "day", "days"],
}
VARIABLES: dict[Measure | None, str] = {
    ENERGY: "balance",
    PRICE: "base_fee",
    PERCENT: "share",
    PLAIN: "scarcity",
    None: "is_full",
}
"""A variable of each kind that formulas lean on; None is a truth."""
AREAS = ["Grid", '"Grid"', "'Community 1'", '"Grid/Community 1"', '"nowhere"', "parent"]
SEVERAL = ["children", "all", "villas", "nobody"]
DIGITS = [
    "1",
    "2",
    "0.5",
    "3.25",
    "2.675",
    "40",
    "100",
    "1e3",
    "2.5e-2",
    "7E+1",
    "999999999999999",
    "0.07",
]
LENGTHS = ["1 slot", "2 slots", "4slots", "1 h", "60 min", "3600 s", "1 day", "0.5 days"]
"""Windows that are whole numbers of slots for any slot of up to an hour that divides it."""


class Grammar:
    """One formula in the making.

    `fuel` bounds its size: when it is used up, only names and numbers are drawn.
    """

    def __init__(
        self,
        choose: Choose,
        fee_unit: str,
        fuel: int = 14,
        *,
        with_fees: bool = True,
        several: Sequence[str] = SEVERAL,
    ) -> None:
        self.choose = choose
        self.fee = PERCENT if fee_unit == "percent" else PRICE
        self.fuel = fuel
        self.with_fees = with_fees
        self.several = several
        """What aggregates may go over."""
        self.members = ""
        """What the aggregate just being drawn goes over."""
        self.reads_members = False
        self.used: set[str] = set()

    def pick(self, options: dict[str, Callable[[], tuple[str, int]]]) -> tuple[str, int]:
        """Draw one of several productions and follow it."""
        name = self.choose(sorted(options))
        self.used.add(name)
        return options[name]()

    def within(self, least: int, piece: tuple[str, int]) -> str:
        """A piece where one that binds so tightly may stand, at times in parentheses."""
        text, level = piece
        if level < least or not self.choose(range(9)):
            self.used.add("parentheses")
            return f"({self.blank()}{text})"
        return text

    def blank(self) -> str:
        return self.choose(["", " ", " ", "\n", "  "])

    def formula(self) -> str:
        """A fee formula."""
        return self.pick(
            {"a fee": self.fee_itself, "a plain number as a fee": lambda: self.amount(PLAIN)}
        )[0]

    def fee_itself(self) -> tuple[str, int]:
        """What stands where the fee itself stands: a number may go without its unit."""
        self.fuel -= 1
        options = {
            "an amount as a fee": lambda: self.amount(self.fee),
            "a bare fee": self.bare_fee,
        }
        if self.fuel > 0:
            options |= {
                "a choice of fees": lambda: self.choice_of(self.fee_itself),
                "a function of fees": lambda: self.function_of(self.fee_itself),
            }
        return self.pick(options)

    def bare_fee(self) -> tuple[str, int]:
        return self.choose([("0.9", ATOM), ("3", ATOM), ("-2", SIGN), ("0", ATOM)])

    def amount(self, measure: Measure) -> tuple[str, int]:
        """An amount of that measure."""
        self.fuel -= 1
        options = self.leaves(measure)
        if self.fuel > 0:
            options |= self.sums(measure) | self.products(measure) | self.windows(measure)
            options |= self.aggregates(measure)
            options |= {
                f"choice of {measure}": lambda: self.choice_of(lambda: self.amount(measure)),
                "function": lambda: self.function_of(lambda: self.amount(measure)),
            }
        return self.pick(options)

    def leaves(self, measure: Measure) -> dict[str, Callable[[], tuple[str, int]]]:
        options = {f"number of {measure}": lambda: (self.number(measure), ATOM)}
        if measure in VARIABLES:
            options[f"variable of {measure}"] = lambda: (self.own(VARIABLES[measure]), ATOM)
        metrics = [name for name, of in METRICS.items() if (of or self.fee) == measure]
        if metrics:
            options["metric"] = lambda: (self.own(self.noted("metric", metrics)), ATOM)
            options["dotted metric"] = lambda: (self.dotted(metrics), ATOM)
        if measure == PLAIN:
            clock = ["hour", "minute", "weekday", "month"]
            options["clock"] = lambda: (self.noted("clock", clock), ATOM)
        if measure == self.fee and self.with_fees and not self.members:
            options["fee"] = lambda: (self.dotted(["fee"]), ATOM)
        return options

    def noted(self, what: str, words: Sequence[str]) -> str:
        """One of several words, each of which counts as a production."""
        word = self.choose(words)
        self.used.add(f"{what} {word}")
        return word

    def own(self, word: str) -> str:
        """A metric or variable of the area itself, or of each member of an aggregate."""
        if not self.members or word in ("feed_in_tariff", "market_maker_rate"):
            return word
        self.reads_members = True
        return f"{self.members}.{word}"

    def dotted(self, metrics: Sequence[str]) -> str:
        areas = AREAS[:-1] if self.members else AREAS
        return f"{self.noted('area', areas)}.{self.choose(metrics)}"

    def number(self, measure: Measure) -> str:
        digits = self.noted("digits", DIGITS)
        if measure == PLAIN:
            return digits
        if measure not in UNITS_OF:
            raise AssertionError(measure)
        return f"{digits}{self.choose(['', ' '])}{self.noted('unit', UNITS_OF[measure])}"

    def same_or_zero(self, measure: Measure) -> tuple[str, int]:
        """An amount of that measure, or the 0 that takes any unit."""
        return self.pick(
            {"zero": lambda: ("0", ATOM), "same measure": lambda: self.amount(measure)}
        )

    def sums(self, measure: Measure) -> dict[str, Callable[[], tuple[str, int]]]:
        def of(sign: str) -> tuple[str, int]:
            left = self.within(SUM, self.amount(measure))
            right = self.within(PRODUCT, self.same_or_zero(measure))
            return f"{left}{self.blank()}{sign} {right}", SUM

        return {
            "sum": lambda: of("+"),
            "difference": lambda: of("-"),
            "minus": lambda: (f"-{self.within(SIGN, self.amount(measure))}", SIGN),
        }

    def products(self, measure: Measure) -> dict[str, Callable[[], tuple[str, int]]]:
        """All ways in which measures combine to this one."""

        def of(left: Measure, sign: str, right: Measure) -> Callable[[], tuple[str, int]]:
            def production() -> tuple[str, int]:
                one = self.within(PRODUCT, self.amount(left))
                other = self.within(SIGN, self.amount(right))
                return f"{one} {sign}{self.blank()}{other}", PRODUCT

            return production

        pairs = [(measure, "*", PLAIN), (PLAIN, "*", measure), (measure, "/", PLAIN)]
        if measure == PERCENT:
            pairs.append((PERCENT, "*", PERCENT))
        elif measure != PLAIN:
            pairs += [(measure, "*", PERCENT), (PERCENT, "*", measure), (measure, "/", PERCENT)]
        if measure == PLAIN:
            pairs += [(PERCENT, "/", PERCENT), (ENERGY, "/", ENERGY), (PRICE, "/", PRICE)]
        pairs += MIXED.get(measure, [])
        return {f"{left} {sign} {right}": of(left, sign, right) for left, sign, right in pairs}

    def windows(self, measure: Measure) -> dict[str, Callable[[], tuple[str, int]]]:
        def of(function: str) -> tuple[str, int]:
            outside, self.with_fees = self.with_fees, False
            operand = self.within(TERNARY, self.amount(measure))
            self.with_fees = outside
            return f"{function}({operand}, {self.noted('length', LENGTHS)})", ATOM

        functions = ("average", "total", "lowest", "highest", "previous")
        return {function: (lambda function=function: of(function)) for function in functions}

    def aggregates(self, measure: Measure) -> dict[str, Callable[[], tuple[str, int]]]:
        """Functions over several areas; inside one, `children` would be nobody's."""
        known = [each for each in self.several if each != "children" or not self.members]

        def of(function: str, draw: Callable[[], tuple[str, int]], more: str) -> tuple[str, int]:
            outside = self.members, self.reads_members
            self.members, self.reads_members = self.noted("several", known), False
            operand = self.within(TERNARY, draw())
            if not self.reads_members:
                operand = f"({operand}) {more.format(self.members)}"
            self.members, self.reads_members = outside
            return f"{function}({operand})", ATOM

        def amounts(function: str) -> Callable[[], tuple[str, int]]:
            return lambda: of(function, lambda: self.amount(measure), "* {}.scarcity")

        functions = ("average", "total", "lowest", "highest") if known else ()
        options = {f"{function} over areas": amounts(function) for function in functions}
        if measure == PLAIN and known:
            options["count"] = lambda: of("count", self.truth, "and {}.is_full")
        return options

    def choice_of(self, branch: Callable[[], tuple[str, int]]) -> tuple[str, int]:
        body = self.within(OR, branch())
        test = self.within(OR, self.truth())
        orelse = self.within(TERNARY, branch())
        return f"{body} if {test} else {orelse}", TERNARY

    def function_of(self, argument: Callable[[], tuple[str, int]]) -> tuple[str, int]:
        """A function that gives what its arguments are."""

        def several(function: str, least: int, most: int) -> tuple[str, int]:
            count = self.choose(range(least, most + 1))
            listed = [self.within(TERNARY, argument()) for _ in range(count)]
            return f"{function}({f',{self.blank()}'.join(listed)})", ATOM

        def rounded() -> tuple[str, int]:
            return f"round({self.within(TERNARY, argument())}, {self.choose(range(10))})", ATOM

        return self.pick(
            {
                "abs": lambda: several("abs", 1, 1),
                "min": lambda: several("min", 2, 4),
                "max": lambda: several("max", 2, 4),
                "clamp": lambda: several("clamp", 3, 3),
                "default": lambda: several("default", 2, 2),
                "round": rounded,
            }
        )

    def truth(self) -> tuple[str, int]:
        """A condition."""
        self.fuel -= 1
        options: dict[str, Callable[[], tuple[str, int]]] = {
            "comparison": self.comparison,
            "clock truth": lambda: (self.noted("clock", ["is_workday", "is_holiday"]), ATOM),
            "variable truth": lambda: (self.own(VARIABLES[None]), ATOM),
        }
        if self.fuel > 0:
            options |= {
                "and": lambda: self.joined("and", AND),
                "or": lambda: self.joined("or", OR),
                "not": lambda: (f"not {self.within(NOT, self.truth())}", NOT),
                "choice of truths": lambda: self.choice_of(self.truth),
                "default of truths": lambda: (
                    f"default({self.truth()[0]}, {self.truth()[0]})",
                    ATOM,
                ),
                "has": lambda: (f"has({self.amount(self.any_measure())[0]})", ATOM),
                "has of a truth": lambda: (f"has({self.truth()[0]})", ATOM),
            }
        return self.pick(options)

    def joined(self, word: str, level: int) -> tuple[str, int]:
        parts = [self.within(level + 1, self.truth()) for _ in range(self.choose([2, 2, 3]))]
        return f" {word} ".join(parts), level

    def comparison(self) -> tuple[str, int]:
        measure = self.any_measure()
        text = self.within(SUM, self.amount(measure))
        for _ in range(self.choose([1, 1, 1, 2])):
            sign = self.noted("sign", ["<", "<=", ">", ">=", "==", "!="])
            text += (
                f"{self.blank()}{sign}{self.blank()}{self.within(SUM, self.same_or_zero(measure))}"
            )
        return text, COMPARE

    def any_measure(self) -> Measure:
        return self.choose([ENERGY, PRICE, PERCENT, PLAIN, MONEY, POWER, TIME])


MIXED = {
    ENERGY: [(POWER, "*", TIME), (MONEY, "/", PRICE)],
    MONEY: [(PRICE, "*", ENERGY), (ENERGY, "*", PRICE)],
    PRICE: [(MONEY, "/", ENERGY)],
    POWER: [(ENERGY, "/", TIME)],
    TIME: [(ENERGY, "/", POWER)],
}
"""Products and quotients of different measures."""


def drawing(draw: st.DrawFn) -> Choose:
    return lambda options: draw(st.sampled_from(list(options)))


@st.composite
def formulas(draw: st.DrawFn, fee_unit: str = "ct/kWh") -> str:
    """A fee formula, which shrinks towards few and plain parts."""
    return Grammar(drawing(draw), fee_unit).formula()


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """A condition."""
    return Grammar(drawing(draw), "ct/kWh").truth()[0]


@st.composite
def amounts(draw: st.DrawFn) -> str:
    """An amount of any measure."""
    grammar = Grammar(drawing(draw), "ct/kWh")
    return grammar.amount(grammar.any_measure())[0]
