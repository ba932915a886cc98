"""What a formula means: its canonical tree, read once."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rulegrid.formula import Expression, branches, links
from rulegrid.rulebook.diff.meanings import Meaning, Meanings, See


def formula_meaning(expression: Expression, meanings: Meanings, see: See) -> Meaning:
    """What a formula means, where names mean what `see` says."""
    names: dict[str, Meaning] = {}
    for key, read in expression.reads.items():
        named = see.own.get(read.name) if read.scope == "own" else None
        names[key] = meanings.of("read", read) if named is None else named
    for key, window in expression.windows.items():
        operand = formula_meaning(window.operand, meanings, see)
        names[key] = meanings.of("window", window.function, window.slots, operand)
    for key, over in expression.aggregates.items():
        operand = formula_meaning(over.operand, meanings, replace(see, own=see.everywhere))
        members = see.groups.get(over.members, over.members)
        names[key] = meanings.of("aggregate", over.function, members, operand)
    return _Tree(meanings, names).of(expression.tree)


class _Tree:
    """Reads one canonical tree."""

    def __init__(self, meanings: Meanings, names: Mapping[str, Meaning]) -> None:
        self._meanings = meanings
        self._names = names

    def of(self, node: ast.expr) -> Meaning:
        return _READERS[type(node)](self, node)

    def name(self, node: ast.Name) -> Meaning:
        return self._names[node.id]

    def constant(self, node: ast.Constant) -> Meaning:
        return self._meanings.of("number", node.value)

    def sign(self, node: ast.UnaryOp) -> Meaning:
        operand = self.of(node.operand)
        if isinstance(node.op, ast.Not):
            return self._meanings.negated(operand)
        return self._meanings.of("minus", operand)

    def joined(self, node: ast.BoolOp) -> Meaning:
        kind = "and" if isinstance(node.op, ast.And) else "or"
        return self._meanings.joined(kind, map(self.of, node.values))

    def chain(self, node: ast.BinOp) -> Meaning:
        chain = links(node)
        value = self.of(chain[0].left)
        for link in chain:
            pair = (value, self.of(link.right))
            is_either_way = isinstance(link.op, ast.Add | ast.Mult)
            operands = sorted(pair) if is_either_way else pair
            value = self._meanings.of(type(link.op).__name__, *operands)
        return value

    def comparison(self, node: ast.Compare) -> Meaning:
        values = [self.of(operand) for operand in (node.left, *node.comparators)]
        compared = zip(node.ops, values, values[1:], strict=False)
        return self._meanings.joined("and", (self._pair(*each) for each in compared))

    def _pair(self, sign: ast.cmpop, left: Meaning, right: Meaning) -> Meaning:
        kind, is_turned = _COMPARED[type(sign)]
        if kind in {"==", "!="}:
            return self._meanings.of(kind, *sorted((left, right)))
        return self._meanings.of(kind, *((right, left) if is_turned else (left, right)))

    def choice(self, node: ast.IfExp) -> Meaning:
        chain = branches(node)
        value = self.of(chain[-1].orelse)
        for link in reversed(chain):
            value = self._meanings.choice(self.of(link.test), self.of(link.body), value)
        return value

    def call(self, node: ast.Call) -> Meaning:
        function = node.func.id  # type: ignore[attr-defined]  # a plain word, as read() saw to
        values = [self.of(argument) for argument in node.args]
        if function in {"min", "max"}:
            values = sorted(set(values))
        return self._meanings.of("call", function, *values)


_READERS: Mapping[type[ast.expr], Callable[[_Tree, Any], Meaning]] = {
    ast.Name: _Tree.name,
    ast.Constant: _Tree.constant,
    ast.UnaryOp: _Tree.sign,
    ast.BoolOp: _Tree.joined,
    ast.BinOp: _Tree.chain,
    ast.Compare: _Tree.comparison,
    ast.IfExp: _Tree.choice,
    ast.Call: _Tree.call,
}
_COMPARED: Mapping[type[ast.cmpop], tuple[str, bool]] = {
    ast.Lt: ("<", False),
    ast.LtE: ("<=", False),
    ast.Gt: ("<", True),
    ast.GtE: ("<=", True),
    ast.Eq: ("==", False),
    ast.NotEq: ("!=", False),
}
"""Each comparison as one of four, and whether its sides change places."""
