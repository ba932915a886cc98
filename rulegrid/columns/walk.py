"""The one evaluator: simpleeval over columns, all areas at once."""

import ast
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from simpleeval import SimpleEval

from rulegrid.columns import truth
from rulegrid.columns.rounding import round_half_away
from rulegrid.columns.truth import Truth
from rulegrid.formula import Expression, branches, links
from rulegrid.grid import Column

Value = Column | Truth
"""What an expression gives: amounts, NaN where there is no data, or truths."""


def evaluate(expression: Expression, columns: Mapping[str, Value]) -> Value:
    """The value of an expression for all areas at once.

    No data is NaN in amounts, and neither yes nor no in truths.

    `columns` holds a value for each of the expression's `names`, in canonical units. The shapes
    are those of `Column` and may be mixed: `(areas,)`, `(1,)`, `(slots, areas)` or `(slots, 1)`.
    The result has the shape they give together, at least `(1,)`. It may be one of the columns
    given: take it as read-only.

    A division by zero and a result that is not finite are no data.
    """
    with arithmetic():
        value: Value = Walk(columns).eval(expression.text, expression.tree)
    return at_least_one(value)


def arithmetic() -> np.errstate:
    """How NumPy treats numbers during a walk.

    It raises where something stops being finite, which costs nothing elsewhere; NaN goes through
    in silence.
    """
    return np.errstate(over="raise", divide="raise", invalid="ignore", under="ignore")


def at_least_one(value: Value) -> Value:
    """A value of a constant expression as a column."""
    if isinstance(value, Truth):
        return Truth(np.atleast_1d(value.yes), np.atleast_1d(value.no))
    return np.atleast_1d(value)


def _finite(operation: Callable[[Column, Column], Column]) -> Callable[[Column, Column], Column]:
    """The operation with no data in place of what is not finite."""

    def guarded(left: Column, right: Column) -> Column:
        try:
            return operation(left, right)
        except FloatingPointError:
            with np.errstate(all="ignore"):
                result = operation(left, right)
            return np.where(np.isfinite(result), result, np.nan)

    return guarded


def _minimum(*values: Column) -> Column:
    """The smallest; adding 0 makes 0 of minus 0, of which processors choose one or the other."""
    smallest = values[0]
    for value in values[1:]:
        smallest = np.minimum(smallest, value)
    return smallest + 0.0


def _maximum(*values: Column) -> Column:
    largest = values[0]
    for value in values[1:]:
        largest = np.maximum(largest, value)
    return largest + 0.0


def _clamp(value: Column, low: Column, high: Column) -> Column:
    """Not under low nor over high; where low is above high, high wins."""
    return np.minimum(np.maximum(value, low), high) + 0.0


def _round(value: Column, digits: Column) -> Column:
    return round_half_away(np.atleast_1d(value), int(digits))


def _has(value: Value) -> Truth:
    if isinstance(value, Truth):
        return Truth(value.known, ~value.known)
    missing = np.isnan(value)
    return Truth(~missing, missing)


def _default(value: Any, other: Any) -> Any:
    """The value, or the other where it has no data: both amounts, or both truths."""
    if isinstance(value, Truth):
        unknown = ~value.known
        return Truth(value.yes | (unknown & other.yes), value.no | (unknown & other.no))
    return np.where(np.isnan(value), other, value)


def _choose(test: Truth, body: Any, orelse: Any) -> Any:
    """Body where the test is true, the other where it is false, else no data."""
    if isinstance(body, Truth):
        yes = (test.yes & body.yes) | (test.no & orelse.yes)
        return Truth(yes, (test.yes & body.no) | (test.no & orelse.no))
    return np.where(test.yes, body, np.where(test.no, orelse, np.nan))


class Walk(SimpleEval):  # type: ignore[misc]  # simpleeval ships no types
    """One walk over one canonical tree.

    Of simpleeval the frame is used: a table of nodes, of operators and of functions, all of them
    replaced, so that there is nothing in them but the language. Its `__init__` is left out on
    purpose: for each walk it would build a table that refers to itself, and change the warnings of
    the whole process for a moment.
    """

    def __init__(self, names: Mapping[str, Value]) -> None:
        self.names = names

    def __del__(self) -> None:
        """Nothing to take down: the tables belong to the class."""

    def _eval(self, node: ast.expr) -> Any:
        """The value of a node.

        The check of the formula has seen to it that values and operators fit.
        """
        return self.nodes[type(node)](self, node)

    def _name(self, node: ast.Name) -> Any:
        return self.names[node.id]

    def _constant(self, node: ast.Constant) -> Any:
        """A NumPy number: a Python one would raise exceptions of its own."""
        return np.array(node.value)

    def _sign(self, node: ast.UnaryOp) -> Any:
        return self.operators[type(node.op)](self._eval(node.operand))

    def _chain(self, node: ast.BinOp) -> Any:
        chain = links(node)
        value = self._eval(chain[0].left)
        for link in chain:
            value = self.operators[type(link.op)](value, self._eval(link.right))
        return value

    def _joined(self, node: ast.BoolOp) -> Any:
        return reduce(self.operators[type(node.op)], map(self._eval, node.values))

    def _comparison(self, node: ast.Compare) -> Any:
        """Where each link of the chain is true; what stands between two is worked out once."""
        values = [self._eval(operand) for operand in (node.left, *node.comparators)]
        compared = zip(node.ops, pairwise(values), strict=True)
        return reduce(Truth.__and__, (self.operators[type(op)](*pair) for op, pair in compared))

    def _choice(self, node: ast.IfExp) -> Any:
        chain = branches(node)
        value = self._eval(chain[-1].orelse)
        for link in reversed(chain):
            value = _choose(self._eval(link.test), self._eval(link.body), value)
        return value

    def _call(self, node: ast.Call) -> Any:
        function = node.func.id  # type: ignore[attr-defined]  # a plain word, as read() saw to
        return self.functions[function](*map(self._eval, node.args))

    nodes: ClassVar[Mapping[type[ast.expr], Callable[..., Any]]] = {
        ast.Name: _name,
        ast.Constant: _constant,
        ast.UnaryOp: _sign,
        ast.BinOp: _chain,
        ast.BoolOp: _joined,
        ast.Compare: _comparison,
        ast.IfExp: _choice,
        ast.Call: _call,
    }
    operators: ClassVar[Mapping[type[ast.AST], Callable[..., Any]]] = {
        ast.Add: _finite(np.add),
        ast.Sub: _finite(np.subtract),
        ast.Mult: _finite(np.multiply),
        ast.Div: _finite(np.divide),
        ast.USub: np.negative,
        ast.Not: Truth.__invert__,
        ast.And: Truth.__and__,
        ast.Or: Truth.__or__,
        ast.Lt: truth.less,
        ast.LtE: truth.less_or_equal,
        ast.Gt: truth.greater,
        ast.GtE: truth.greater_or_equal,
        ast.Eq: truth.equal,
        ast.NotEq: truth.unequal,
    }
    functions: ClassVar[Mapping[str, Callable[..., Any]]] = {
        "abs": np.abs,
        "min": _minimum,
        "max": _maximum,
        "clamp": _clamp,
        "round": _round,
        "has": _has,
        "default": _default,
    }
