"""Which amounts may meet: the rules of dimensions, percentages and bare numbers."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction

from rulegrid.formula.expression import TRUTH, Kind
from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem
from rulegrid.units import MONEY, NUMBER, PERCENT, PRICE, UNIT_NAMES, Unit

Waiting = tuple[tuple[ast.Constant, Number], ...]
"""Constants that wait for the unit of the result, and the numbers they stand for."""


class Loose(Enum):
    """A kind that is not settled yet."""

    ZERO = auto()
    """The literal 0, which takes any unit."""
    BARE = auto()
    """A number without a unit that is the result itself: it takes the unit of the result."""
    BROKEN = auto()
    """Its problem has been found; nothing more is said about it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A checked part of a formula: its kind, its canonical tree, and its place."""

    kind: Kind | Loose
    tree: ast.expr
    start: int
    end: int
    literal: Number | None = None
    """The number, for a literal and for a literal with a minus."""
    bare: Waiting = ()
    """The constants that still wait for the unit of the result."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """What comes of amounts that meet: their common kind, or a problem."""

    kind: Kind | Loose
    problem: Problem | None = None


def common(parts: Sequence[Part], verb: str, result: Unit | None) -> Mixed:
    """The one kind of parts that must agree. `verb` says in a message what they can not be.

    `result` is the unit that bare numbers may take.
    """
    kinds = {part.kind for part in parts}
    if Loose.BROKEN in kinds:
        return Mixed(Loose.BROKEN)
    if TRUTH not in kinds:
        return _common_amount(parts, verb, result)
    return Mixed(TRUTH) if kinds == {TRUTH} else Mixed(Loose.BROKEN, _truth_and_amount(parts))


def _common_amount(parts: Sequence[Part], verb: str, result: Unit | None) -> Mixed:
    leading = _leading(parts)
    if leading is None:
        is_bare = any(part.kind is Loose.BARE for part in parts)
        return Mixed(Loose.BARE if is_bare else Loose.ZERO)
    for part in parts:
        if not _agrees(part.kind, leading.kind, result):
            return Mixed(Loose.BROKEN, _mismatch(leading, part, verb, result))
    return Mixed(leading.kind)


def settle(parts: Sequence[Part], kind: Kind | Loose, result: Unit | None) -> Waiting:
    """Give waiting constants their unit where their kind is now known. What still waits is given.

    Where their kind is a plain number they stay as they are.
    """
    waiting = tuple(pair for part in parts for pair in part.bare)
    if kind is Loose.BARE:
        return waiting
    if result and kind == result.dimension:
        convert(waiting, result.factor)
    return ()


def convert(waiting: Waiting, factor: Fraction) -> None:
    """Read constants in a unit of that factor."""
    for constant, number in waiting:
        constant.value = number.in_canonical_unit(factor)


def not_an_amount(part: Part, hint: str = "write `1 if x else 0` to count it") -> Problem:
    """The problem of a truth where an amount is needed."""
    return Problem(
        part.start, part.end, "RG108", "this is a condition, and an amount is needed here", hint
    )


def not_a_truth(part: Part) -> Problem:
    """The problem of an amount where a truth is needed."""
    unit = f" {part.kind}" if part.kind not in {NUMBER, Loose.ZERO, Loose.BARE} else ""
    what = f"an amount in {part.kind}" if unit else "a plain number"
    hint = f"compare it, as in `x > 10{unit}`"
    return Problem(
        part.start, part.end, "RG108", f"this is {what}, and a condition is needed here", hint
    )


def _leading(parts: Sequence[Part]) -> Part | None:
    """The part whose kind the others must share: the first with a unit, else a plain number."""
    settled = [part for part in parts if not isinstance(part.kind, Loose)]
    with_unit = [part for part in settled if part.kind != NUMBER]
    return next(iter(with_unit or settled), None)


def _agrees(kind: Kind | Loose, leading: Kind | Loose, result: Unit | None) -> bool:
    if kind is Loose.BARE:
        return leading == NUMBER or (result is not None and leading == result.dimension)
    return kind is Loose.ZERO or kind == leading


def _truth_and_amount(parts: Sequence[Part]) -> Problem:
    amount = next(part for part in parts if part.kind is not TRUTH)
    message = f"this is {told(amount.kind)}, and the other is a condition"
    return Problem(
        amount.start, amount.end, "RG108", message, "both must be amounts, or both conditions"
    )


def _mismatch(leading: Part, other: Part, verb: str, result: Unit | None) -> Problem:
    if other.literal and not other.literal.unit:
        hint = _price_hint(leading, other, result) if result else ""
        return _needs_unit(other, other.literal, leading.kind, hint)
    message = f"{told(leading.kind)} and {told(other.kind)} cannot be {verb}"
    return Problem(
        other.start, other.end, "RG106", message, _mixing_hint(leading.kind, other.kind)
    )


def _needs_unit(part: Part, number: Number, kind: Kind | Loose, hint: str) -> Problem:
    """A bare number beside an amount: what to write instead, unless that is known."""
    sign = _sign(part, number)
    written = f"{sign}{number.digits}"
    if not hint and str(kind) in UNIT_NAMES:
        hint = f"write `{written} {kind}`"
    if kind == PERCENT and Decimal(number.digits) <= 1:
        points = f"{(Decimal(number.digits) * 100).normalize():f}"
        either = f"`{written} %` or " if Decimal(number.digits) == 1 else ""
        hint = f"write {either}`{sign}{points} %`"
    return Problem(part.start, part.end, "RG107", f"{written} what?", hint)


def _price_hint(leading: Part, other: Part, result: Unit) -> str:
    """What to write for two numbers of a price of which one says how much money it is."""
    money, number = leading.literal, other.literal
    if not (money and number) or (leading.kind, result.dimension) != (MONEY, PRICE):
        return ""
    price = f"{_sign(leading, money)}{money.digits} {money.unit}/kWh"
    return f"write `{price}` and `{_sign(other, number)}{number.digits} {result.name}`"


def _sign(part: Part, number: Number) -> str:
    return "-" if number.start != part.start else ""


def _mixing_hint(one: Kind | Loose, other: Kind | Loose) -> str:
    """What to write instead of two amounts that do not mix."""
    pair = frozenset({told(one), told(other)})
    unit = next((told(kind) for kind in (one, other) if told(kind) in UNIT_NAMES), "")
    if "a plain number" in pair and unit:
        return f"a plain number becomes an amount by `* 1 {unit}`"
    return _MIXING_HINTS.get(pair, "")


_MIXING_HINTS = {
    frozenset({"kW", "kWh"}): "power times a time is energy, as in `5 kW * 1 h`",
    frozenset({"ct", "ct/kWh"}): "a price times an energy is money, as in `avg_price * import`",
    frozenset({"kWh", "ct/kWh"}): "a price times an energy is money, as in `avg_price * import`",
    frozenset({"%", "kWh"}): "a share of an amount is a product, as in `40 % * x`",
    frozenset({"%", "ct/kWh"}): "a share of an amount is a product, as in `40 % * x`",
}


def told(kind: Kind | Loose) -> str:
    """A kind as a message names it."""
    return "a plain number" if isinstance(kind, Loose) else str(kind)
