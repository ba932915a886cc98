"""The same walk with every value kept, to explain what an expression gave."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns.truth import Flags, Truth
from rulegrid.columns.walk import Value, Walk, arithmetic, at_least_one
from rulegrid.formula import Expression, links, parts

Place = tuple[int, ...]
"""Where to look in columns: `(area,)`, or `(slot, area)` in a block."""

_FORMS: dict[type[ast.expr], str] = {
    ast.Constant: "number",
    ast.UnaryOp: "sign",
    ast.BinOp: "arithmetic",
    ast.Compare: "comparison",
    ast.BoolOp: "logic",
    ast.IfExp: "choice",
    ast.Call: "call",
}


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A part of a formula and what it gave, for all areas."""

    text: str
    """The part as the author wrote it."""
    form: str
    """`name`, `window`, `aggregate`, `number`, `sign` (a minus or a `not`), `arithmetic`,
    `comparison`, `logic`, `choice` (an `if`), `call`; of what is no formula `dated`, `band`,
    `calendar`, `table`, and `option` for one of their options."""
    name: str
    """The key of a name, window or aggregate in the columns, the function of a call, else
    empty."""
    value: Value
    children: tuple["Trace", ...]
    """The parts of this part in the order of the text; of a chain such as `a + b + c`, all its
    links."""
    divisors: tuple["Trace", ...] = ()
    """The children something is divided by."""
    takes: tuple[Flags | None, ...] = ()
    """Of a choice among options, where each child counts: None for everywhere. Empty where all
    of them count."""
    line: int = 0
    """Of an option, where it stands in the rulebook."""
    lack: str = ""
    """What to say where there is no data although nothing in it lacks any."""

    def at(self, place: Place = (0,)) -> float | bool | None:
        """The value at one place: a number, a truth, or None for no data."""
        if isinstance(self.value, Truth):
            is_true = bool(_at(self.value.yes, place))
            return is_true if is_true or _at(self.value.no, place) else None
        number = float(_at(self.value, place))
        return None if np.isnan(number) else number

    def reasons(self, place: Place = (0,)) -> tuple[str, ...]:
        """Why there is no data at one place: each cause once, in the order of the text.

        Empty where there is data. A cause is a name or a window without data as it is written, or
        the part that divided by zero or was not finite: `division by zero in a / b`, `not finite:
        a * b`.
        """
        return tuple(dict.fromkeys(part.cause(place) for part in self.culprits(place)))

    def culprits(self, place: Place = (0,)) -> Iterator["Trace"]:
        """The innermost parts without data that leave the whole without data at one place."""
        if self.at(place) is not None:
            return
        guilty = [child for child in self._that_decide(place) if child.at(place) is None]
        for child in guilty:
            yield from child.culprits(place)
        if not guilty:
            yield self

    def counting(self, place: Place = (0,)) -> tuple["Trace", ...]:
        """The children that count at one place: of several options, those that were taken."""
        if not self.takes:
            return self.children
        pairs = zip(self.children, self.takes, strict=True)
        return tuple(each for each, taken in pairs if taken is None or _at(taken, place))

    def _that_decide(self, place: Place) -> tuple["Trace", ...]:
        """The children that matter: of an `if`, the condition or the branch that it took."""
        if self.form != "choice":
            return self.counting(place)
        for body, test in zip(self.children[:-1:2], self.children[1::2], strict=True):
            if test.at(place) is None:
                return (test,)
            if test.at(place):
                return (body,)
        return self.children[-1:]

    def cause(self, place: Place = (0,)) -> str:
        """Why this part itself has no data, whatever its children."""
        if self.lack:
            return self.lack
        if not self.children:
            return self.text
        by_zero = any(divisor.at(place) == 0 for divisor in self.divisors)
        return f"division by zero in {self.text}" if by_zero else f"not finite: {self.text}"


def trace(expression: Expression, columns: Mapping[str, Value]) -> Trace:
    """What `evaluate` gives for the same columns, with the value of every part of the formula."""
    walk = _KeepingWalk(columns)
    with arithmetic():
        walk.eval(expression.text, expression.tree)
    return _told(expression, expression.tree, walk.values)


class _KeepingWalk(Walk):
    """The walk, with the value of every node noted under the node."""

    def __init__(self, names: Mapping[str, Value]) -> None:
        super().__init__(names)
        self.values: dict[ast.expr, Value] = {}

    def _eval(self, node: ast.expr) -> Any:
        value = super()._eval(node)
        self.values[node] = at_least_one(value)
        return value


def _told(expression: Expression, node: ast.expr, values: Mapping[ast.expr, Value]) -> Trace:
    """The trace of a node, without what the check has inserted."""
    children = {part: _told(expression, part, values) for part in parts(node) if _is_written(part)}
    divisors = (
        [link.right for link in links(node) if isinstance(link.op, ast.Div)]
        if isinstance(node, ast.BinOp)
        else []
    )
    return Trace(
        text=expression.text[node.col_offset : node.end_col_offset],
        form=_form(expression, node),
        name=_name(node),
        value=values[node],
        children=tuple(children.values()),
        divisors=tuple(children[part] for part in divisors if part in children),
    )


def _is_written(node: ast.expr) -> bool:
    return node.col_offset != node.end_col_offset


def _form(expression: Expression, node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        if node.id in expression.aggregates:
            return "aggregate"
        return "window" if node.id in expression.windows else "name"
    return _FORMS[type(node)]


def _name(node: ast.expr) -> str:
    named = node.func if isinstance(node, ast.Call) else node
    return named.id if isinstance(named, ast.Name) else ""


def _at(column: NDArray[Any], place: Place) -> Any:
    """One entry of a column whose shape may be narrower than the place."""
    near = place[len(place) - column.ndim :]
    return column[tuple(0 if size == 1 else i for size, i in zip(column.shape, near, strict=True))]
