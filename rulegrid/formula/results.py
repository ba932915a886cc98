"""What a whole formula ends in, against what its place in the rulebook needs."""

import ast
from fractions import Fraction

from rulegrid.formula.expression import TRUTH, Kind, TruthKind
from rulegrid.formula.mixing import Loose, Part, convert, not_a_truth
from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem
from rulegrid.formula.trees import factor, placed
from rulegrid.units import (
    ENERGY,
    MONEY,
    NUMBER,
    PERCENT,
    POWER,
    PRICE,
    UNIT_NAMES,
    Dimension,
    Unit,
)


def wrong_result(part: Part, expected: Unit | TruthKind | None) -> Problem | None:
    """The problem of a formula that ends in something else than what its place needs."""
    if expected is None:
        return None
    if not isinstance(expected, Unit):
        return None if part.kind is TRUTH else not_a_truth(part)
    if isinstance(part.kind, Loose) or part.kind in {NUMBER, expected.dimension}:
        return None
    return _wrong_unit(part, expected)


def _wrong_unit(part: Part, expected: Unit) -> Problem:
    wanted = "a plain number" if expected.dimension == NUMBER else f"an amount in {expected.name}"
    if part.kind is TRUTH:
        message = f"this is a condition, and {wanted} is needed here"
        return Problem(part.start, part.end, "RG108", message, "write `A if C else B`")
    message = f"this is in {part.kind}, and {wanted} is needed here"
    return Problem(part.start, part.end, "RG113", message, _how_to_get(expected, part))


def _how_to_get(expected: Unit, part: Part) -> str:
    """What to write to make an amount of another kind one in the unit that is needed."""
    literal = part.literal
    if literal and expected.dimension in {PRICE, PERCENT} and part.kind in _LIKE_A_FEE:
        return _as_written(literal, expected)
    if part.kind == PERCENT:
        return _A_SHARE
    plain = f"`x / 1 {part.kind}` is a plain number, which counts as {expected.name} here"
    way = _WAYS.get((part.kind, expected.dimension))
    return way or (plain if str(part.kind) in UNIT_NAMES else "")


_A_SHARE = "a share of an amount is a product, as in `40 % * x`"
_LIKE_A_FEE = frozenset({MONEY, PRICE, PERCENT})
_WAYS: dict[tuple[Kind | Loose, Dimension], str] = {
    (ENERGY, POWER): "energy over a time is power, as in `x / 15 min`",
    (MONEY, PRICE): "money over an energy is a price, as in `fee_revenue / volume`",
}


def _as_written(literal: Number, expected: Unit) -> str:
    """What to write for a number with a unit in which fees are meant, though not here."""
    if literal.unit in {"ct", "EUR"} and expected.dimension == PRICE:
        return f"write `{literal.digits} {literal.unit}/kWh`"
    if expected.dimension == PERCENT:
        return "a fee in percent is a share of the price: write `%`, or `fee_unit: ct/kWh` above"
    return f"{_A_SHARE}; for fees in percent, write `fee_unit: percent`"


def as_result(part: Part, expected: Unit | TruthKind | None) -> tuple[ast.expr, Kind]:
    """The canonical tree and the kind of a whole formula that ends in what is needed.

    Numbers without a unit are now in the unit of the result, and so is a result that is a plain
    number.
    """
    if not isinstance(expected, Unit):
        return part.tree, NUMBER if isinstance(part.kind, Loose) else part.kind
    convert(part.bare, expected.factor)
    tree = _scaled(part, expected.factor) if part.kind == NUMBER else part.tree
    return tree, expected.dimension


def _scaled(part: Part, size: Fraction) -> ast.expr:
    """A plain number times the size of a unit."""
    tree = part.tree
    if size.numerator != 1:
        tree = ast.BinOp(tree, ast.Mult(), factor(float(size.numerator), part.end))
        tree = placed(tree, part.start, part.end)
    if size.denominator != 1:
        tree = ast.BinOp(tree, ast.Div(), factor(float(size.denominator), part.end))
        tree = placed(tree, part.start, part.end)
    return tree
