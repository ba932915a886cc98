"""Sums, products and quotients of amounts: their dimension, and the hundredths of percentages.

Percentages are kept in points. `x * 120 %` becomes `(x * 120) / 100` and `x / 80 %` becomes `(x *
100) / 80`: the hundred is exact, where the fractions 1.2 and 0.8 would not be.
"""

import ast
from dataclasses import dataclass

from rulegrid.formula.mixing import Loose, Mixed, Part, common
from rulegrid.formula.problem import Problem
from rulegrid.formula.trees import factor, placed
from rulegrid.units import NUMBER, PERCENT, Dimension, Unit

HUNDRED = 100.0
_VERBS: dict[type[ast.operator], str] = {ast.Add: "added", ast.Sub: "subtracted"}


@dataclass(frozen=True, slots=True)
class _Product:
    """The dimension of a product or quotient, and whether a hundred belongs to it."""

    dimension: Dimension
    in_hundredths: bool = False


def combined(
    left: Part, op: ast.operator, right: Part, result: Unit | None
) -> tuple[Mixed, ast.expr]:
    """What two amounts give, and the canonical tree of it. A sum should give `result`."""
    if type(op) in _VERBS:
        mixed = common((left, right), _VERBS[type(op)], result)
        kind = NUMBER if mixed.kind is Loose.ZERO else mixed.kind
        return Mixed(kind, mixed.problem), ast.BinOp(left.tree, op, right.tree)
    rule = _product if isinstance(op, ast.Mult) else _quotient
    found = rule(_dimension(left), _dimension(right))
    if found is None:
        return Mixed(Loose.BROKEN, _no_quotient(left, right)), left.tree
    tree = _in_hundredths if found.in_hundredths else ast.BinOp
    return Mixed(found.dimension), tree(left.tree, op, right.tree)


def _in_hundredths(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    """A product over 100, or a quotient times 100, which goes to the amount above the line."""
    first, middle, last = left.col_offset, left.end_col_offset or 0, right.end_col_offset or 0
    if isinstance(op, ast.Mult):
        points = placed(ast.BinOp(left, op, right), first, last)
        return ast.BinOp(points, ast.Div(), factor(HUNDRED, last))
    points = placed(ast.BinOp(left, ast.Mult(), factor(HUNDRED, middle)), first, middle)
    return ast.BinOp(points, op, right)


def _dimension(part: Part) -> Dimension:
    """The dimension of an amount in a product, where a number without a unit is a plain number."""
    return part.kind if isinstance(part.kind, Dimension) else NUMBER


def _product(left: Dimension, right: Dimension) -> _Product | None:
    if left.percent and right.percent:
        return _Product(PERCENT, in_hundredths=True)
    if left.percent or right.percent:
        other = right if left.percent else left
        return _Product(PERCENT) if other == NUMBER else _Product(other, in_hundredths=True)
    return _Product(left * right)


def _quotient(left: Dimension, right: Dimension) -> _Product | None:
    """None where there is none: a plain number over a percentage, a percentage over an amount."""
    if left.percent and right.percent:
        return _Product(NUMBER)
    if right.percent:
        return None if left == NUMBER else _Product(left, in_hundredths=True)
    if left.percent:
        return _Product(PERCENT) if right == NUMBER else None
    return _Product(left / right)


def _no_quotient(left: Part, right: Part) -> Problem:
    if isinstance(left.kind, Dimension) and left.kind.percent:
        return Problem(left.start, right.end, "RG106", f"% cannot be divided by {right.kind}")
    hint = "give the number its unit: `100 % / x`"
    return Problem(left.start, right.end, "RG106", "a plain number cannot be divided by %", hint)
