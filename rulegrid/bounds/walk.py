"""The walk over a checked formula that tells what it may give."""

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any, ClassVar

from rulegrid.bounds import arithmetic
from rulegrid.bounds.chances import (
    MIRRORED,
    OPPOSITE,
    Chances,
    any_of,
    compared,
    restricted,
)
from rulegrid.bounds.ranges import NEVER, Range, either
from rulegrid.formula import branches, links

Possible = Range | Chances
"""All that an expression may give: an amount's range, or a condition's chances."""

MOST_STEPS = 2000
"""Parts that one walk looks at, counted each time something more is known of them."""


def _has(of: Possible) -> Chances:
    is_known = bool(of.pieces) if isinstance(of, Range) else of.yes or of.no
    return Chances(is_known, of.lacking)


def _default(of: Any, other: Any) -> Possible:
    if isinstance(of, Range):
        return arithmetic.defaulted(of, other)
    return any_of((Chances(of.yes, of.no), other)) if of.lacking else of


class Walk:
    """What the parts of canonical trees may be, given what their names may be.

    Nothing is known of how names hang together: of `import - import` only that it lies anywhere
    between what two different amounts could give.
    """

    def __init__(self, names: Mapping[str, Possible], patience: list[int] | None = None) -> None:
        self.names = names
        self._patience = [MOST_STEPS] if patience is None else patience
        """The steps that are left, one number for all walks that have come of one. Without any,
        nothing more is assumed, so that a formula of many conditions in each other ends soon."""
        self._known: dict[int, Any] = {}

    def value(self, node: ast.expr) -> Any:
        """All that a part of a tree may be."""
        key = id(node)
        if key not in self._known:
            self._patience[0] -= 1
            self._known[key] = self._values[type(node)](self, node)
        return self._known[key]

    def assuming(self, node: ast.expr, holds: bool) -> "Walk | None":  # noqa: FBT001
        """What is known where a condition is known to be true, or to be false.

        None where it cannot be.
        """
        chances = self.value(node)
        if not (chances.yes if holds else chances.no):
            return None
        assume = self._assumptions.get(type(node))
        return assume(self, node, holds) if assume else self

    def _with(self, name: str, possible: Possible) -> "Walk":
        if self._patience[0] < 0:
            return self
        return Walk({**self.names, name: possible}, self._patience)

    def _name(self, node: ast.Name) -> Possible:
        return self.names[node.id]

    def _constant(self, node: ast.Constant) -> Range:
        value: Any = node.value  # a float, as check() saw to
        return Range(((value, value),))

    def _sign(self, node: ast.UnaryOp) -> Possible:
        operand = self.value(node.operand)
        return ~operand if isinstance(node.op, ast.Not) else arithmetic.negative(operand)

    def _chain(self, node: ast.BinOp) -> Range:
        chain = links(node)
        found: Range = self.value(chain[0].left)
        for link in chain:
            found = arithmetic.OPERATORS[type(link.op)](found, self.value(link.right))
        return found

    def _joined(self, node: ast.BoolOp) -> Chances:
        """Parts that exclude each other are never true together, nor false in `or`."""
        parts = map(self.value, node.values)
        if isinstance(node.op, ast.And):
            found = reduce(Chances.__and__, parts)
            yes = found.yes and self._all(node.values, holds=True) is not None
            return Chances(yes, found.no, found.lacking)
        found = reduce(Chances.__or__, parts)
        no = found.no and self._all(node.values, holds=False) is not None
        return Chances(found.yes, no, found.lacking)

    def _comparison(self, node: ast.Compare) -> Chances:
        values = [self.value(each) for each in (node.left, *node.comparators)]
        pairs = zip(node.ops, pairwise(values), strict=True)
        return reduce(Chances.__and__, (compared(a, op, b) for op, (a, b) in pairs))

    def _choice(self, node: ast.IfExp) -> Possible:
        found: list[Any] = []
        lacking = False
        walk: Walk | None = self
        for link in branches(node):
            if walk is None:
                break
            lacking = lacking or walk.value(link.test).lacking
            inner = walk.assuming(link.test, holds=True)
            if inner is not None:
                found.append(inner.value(link.body))
            walk = walk.assuming(link.test, holds=False)
        if walk is not None:
            found.append(walk.value(branches(node)[-1].orelse))
        kind = found[0] if found else self.value(node.body)
        return _one_of(found, kind, lacking=lacking)

    def _call(self, node: ast.Call) -> Possible:
        function = node.func.id  # type: ignore[attr-defined]  # a plain word, as read() saw to
        if function == "round":
            digits = int(node.args[1].value)  # type: ignore[attr-defined]  # a literal
            return arithmetic.rounded_range(self.value(node.args[0]), digits)
        values = [self.value(each) for each in node.args]
        found: Possible = self._functions[function](*values)
        return found

    def _assume_name(self, node: ast.Name, holds: bool) -> "Walk":  # noqa: FBT001
        return self._with(node.id, Chances(yes=holds, no=not holds))

    def _assume_not(self, node: ast.UnaryOp, holds: bool) -> "Walk | None":  # noqa: FBT001
        return self.assuming(node.operand, not holds)

    def _assume_joined(self, node: ast.BoolOp, holds: bool) -> "Walk | None":  # noqa: FBT001
        """All of an `and` that is true, or the only part that can have made it false."""
        if isinstance(node.op, ast.And) == holds:
            return self._all(node.values, holds=holds)
        able = [each for each in node.values if self.assuming(each, holds) is not None]
        return self.assuming(able[0], holds) if len(able) == 1 else self

    def _all(self, nodes: Iterable[ast.expr], *, holds: bool) -> "Walk | None":
        walk: Walk | None = self
        for each in nodes:
            if walk is None:
                return None
            walk = walk.assuming(each, holds)
        return walk

    def _assume_comparison(self, node: ast.Compare, holds: bool) -> "Walk | None":  # noqa: FBT001
        """Each link of a chain that is true; of one that is false, only a single link tells."""
        if not holds and len(node.ops) > 1:
            return self
        walk: Walk | None = self
        sides = pairwise((node.left, *node.comparators))
        for op, (left, right) in zip(node.ops, sides, strict=True):
            sign = type(op) if holds else OPPOSITE[type(op)]
            walk = walk and walk._beside(left, sign, right)  # noqa: SLF001
            walk = walk and walk._beside(right, MIRRORED[sign], left)  # noqa: SLF001
        return walk

    def _beside(self, node: ast.expr, sign: type[ast.cmpop], other: ast.expr) -> "Walk | None":
        """What is known where a name compares so with another amount."""
        if not isinstance(node, ast.Name):
            return self
        left = restricted(self.value(node), sign, self.value(other))
        return self._with(node.id, left) if left.pieces else None

    def _assume_call(self, node: ast.Call, holds: bool) -> "Walk":  # noqa: FBT001
        """`has(name)`: there is data, or there is none."""
        operand = node.args[0]
        if node.func.id != "has" or not isinstance(operand, ast.Name):  # type: ignore[attr-defined]
            return self
        known = self.value(operand)
        if isinstance(known, Range):
            return self._with(operand.id, Range(known.pieces) if holds else NEVER)
        nothing = Chances(yes=False, no=False, lacking=True)
        return self._with(operand.id, Chances(known.yes, known.no) if holds else nothing)

    _values: ClassVar[Mapping[type[ast.expr], Callable[..., Any]]] = {
        ast.Name: _name,
        ast.Constant: _constant,
        ast.UnaryOp: _sign,
        ast.BinOp: _chain,
        ast.BoolOp: _joined,
        ast.Compare: _comparison,
        ast.IfExp: _choice,
        ast.Call: _call,
    }
    _assumptions: ClassVar[Mapping[type[ast.expr], Callable[..., "Walk | None"]]] = {
        ast.Name: _assume_name,
        ast.UnaryOp: _assume_not,
        ast.BoolOp: _assume_joined,
        ast.Compare: _assume_comparison,
        ast.Call: _assume_call,
    }
    _functions: ClassVar[Mapping[str, Callable[..., Any]]] = {
        "abs": arithmetic.size,
        "min": arithmetic.smallest,
        "max": arithmetic.largest,
        "clamp": arithmetic.clamped,
        "has": _has,
        "default": _default,
    }


def _one_of(found: list[Any], kind: Possible, *, lacking: bool) -> Possible:
    """All that one of several may be, of the kind of another value."""
    if isinstance(kind, Range):
        return either(found, lacking=lacking)
    return any_of(found, lacking=lacking)
