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
from rulegrid.units import NUMBER, PERCENT, Unit


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
    bare: tuple[tuple[ast.Constant, Number], ...] = ()
    """The constants that still wait for the unit of the result."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """What comes of amounts that meet: their common kind, or a problem."""

    kind: Kind | Loose
    problem: Problem | None = None


def common(parts: Sequence[Part], verb: str, result: Unit | None) -> Mixed:
    """The one kind of parts that must agree. `verb` says in a message what can not be done with them.

    `result` is the unit that bare numbers may take.
    """
    kinds = {part.kind for part in parts}
    if Loose.BROKEN in kinds:
        return Mixed(Loose.BROKEN)
    if TRUTH in kinds:
        return Mixed(TRUTH) if kinds == {TRUTH} else Mixed(Loose.BROKEN, _truth_and_amount(parts))
    leading = _leading(parts)
    if leading is None:
        return Mixed(Loose.BARE if Loose.BARE in kinds else Loose.ZERO)
    for part in parts:
        if not _agrees(part.kind, leading.kind, result):
            return Mixed(Loose.BROKEN, _mismatch(leading, part, verb))
    return Mixed(leading.kind)


def settle(
    parts: Sequence[Part], kind: Kind | Loose, result: Unit | None
) -> tuple[tuple[ast.Constant, Number], ...]:
    """Give the waiting constants of parts their unit where their kind is now known; the others wait on."""
    waiting = tuple(pair for part in parts for pair in part.bare)
    if kind is Loose.BARE:
        return waiting
    if result and kind == result.dimension:
        convert(waiting, result.factor)
    return ()


def convert(waiting: Sequence[tuple[ast.Constant, Number]], factor: Fraction) -> None:
    """Read constants in a unit of that factor."""
    for constant, number in waiting:
        constant.value = number.in_canonical_unit(factor)


def not_an_amount(part: Part) -> Problem:
    """The problem of a truth where an amount is needed."""
    hint = "write `1 if x else 0` to count it"
    return Problem(
        part.start, part.end, "RG108", "this is a truth, and an amount is needed here", hint
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
    """The part whose kind the others must share: the first with a unit, else the first plain number."""
    settled = [part for part in parts if not isinstance(part.kind, Loose)]
    with_unit = [part for part in settled if part.kind != NUMBER]
    return next(iter(with_unit or settled), None)


def _agrees(kind: Kind | Loose, leading: Kind | Loose, result: Unit | None) -> bool:
    if kind is Loose.BARE:
        return leading == NUMBER or (result is not None and leading == result.dimension)
    return kind is Loose.ZERO or kind == leading


def _truth_and_amount(parts: Sequence[Part]) -> Problem:
    amount = next(part for part in parts if part.kind is not TRUTH)
    message = f"this is {told(amount.kind)} and the other a truth"
    return Problem(
        amount.start, amount.end, "RG108", message, "both must be amounts, or both truths"
    )


def _mismatch(leading: Part, other: Part, verb: str) -> Problem:
    if other.literal and not other.literal.unit:
        return _needs_unit(other, other.literal, leading.kind)
    message = f"{told(leading.kind)} and {told(other.kind)} can not be {verb}"
    return Problem(
        other.start, other.end, "RG106", message, _mixing_hint(leading.kind, other.kind)
    )


def _needs_unit(part: Part, number: Number, kind: Kind | Loose) -> Problem:
    """A bare number beside an amount: what to write instead."""
    sign = "-" if number.start != part.start else ""
    written = f"{sign}{number.digits}"
    hint = f"write `{written} {kind}`"
    if kind == PERCENT and Decimal(number.digits) <= 1:
        hint = f"write `{sign}{_points(number.digits)} %`"
    return Problem(part.start, part.end, "RG107", f"{written} what?", hint)


def _points(digits: str) -> str:
    """A share between 0 and 1 in points of percent, without an exponent or needless zeros."""
    return f"{(Decimal(digits) * 100).normalize():f}"


def _mixing_hint(one: Kind | Loose, other: Kind | Loose) -> str:
    pair = {str(one), str(other)}
    if pair == {"kW", "kWh"}:
        return "power times a time is energy, as in `5 kW * 1 h`"
    if pair == {"ct", "ct/kWh"}:
        return "a price times an energy is money, as in `avg_price * import`"
    if pair == {"%", "kWh"} or pair == {"%", "ct/kWh"}:
        return "a share of an amount is a product, as in `40 % * x`"
    return ""


def told(kind: Kind | Loose) -> str:
    """A kind as a message names it."""
    return "a plain number" if isinstance(kind, Loose) else str(kind)
