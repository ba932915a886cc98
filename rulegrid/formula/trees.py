"""Nodes of trees: their places in the formula, and the chains that are walked by a loop."""

import ast
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.expr)


def placed(node: Node, start: int, end: int) -> Node:
    """The node itself, at that place."""
    node.lineno = node.end_lineno = 1
    node.col_offset, node.end_col_offset = start, end
    return node


def place(node: ast.expr) -> tuple[int, int]:
    """Where a node of the parsed tree stands: the parser saw one parenthesis more."""
    return node.col_offset - 1, (node.end_col_offset or node.col_offset) - 1


def like(node: Node, model: ast.expr) -> Node:
    """A node of the canonical tree at the place of a node of the parsed tree."""
    return placed(node, *place(model))


def factor(value: float, end: int) -> ast.Constant:
    """A constant that nobody wrote: its place is empty."""
    return placed(ast.Constant(value), end, end)


def links(node: ast.BinOp) -> list[ast.BinOp]:
    """The links of a chain such as `a + b - c`, the first one first.

    Sums and products make chains of their own. A chain counts as one level, and may be longer than
    Python recurses.
    """
    chain = [node]
    left = node.left
    while isinstance(left, ast.BinOp) and _is_sum(left) == _is_sum(node):
        chain.append(left)
        left = left.left
    return chain[::-1]


def branches(node: ast.IfExp) -> list[ast.IfExp]:
    """The links of `A if C else B if D else E`, the first one first: one level as well."""
    chain = [node]
    while isinstance(chain[-1].orelse, ast.IfExp):
        chain.append(chain[-1].orelse)
    return chain


def parts(node: ast.expr) -> list[ast.expr]:
    """The parts one level below a node, in the order of the text; a chain is one level."""
    if isinstance(node, ast.BinOp):
        chain = links(node)
        return [chain[0].left, *(link.right for link in chain)]
    if isinstance(node, ast.IfExp):
        steps = branches(node)
        return [part for step in steps for part in (step.body, step.test)] + [steps[-1].orelse]
    known = _PARTS.get(type(node))
    if known:
        return known(node)
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


_PARTS: Mapping[type[ast.expr], Callable[[Any], list[ast.expr]]] = {
    ast.Name: lambda _: [],
    ast.Constant: lambda _: [],
    ast.UnaryOp: lambda node: [node.operand],
    ast.BoolOp: lambda node: node.values,
    ast.Compare: lambda node: [node.left, *node.comparators],
    ast.Call: lambda node: node.args,
}
"""The parts of each kind of node that the language has, but for chains."""


def size(node: ast.expr) -> int:
    """The nodes of a tree; the name of a function is one."""
    count = 0
    waiting = [node]
    while waiting:
        each = waiting.pop()
        inside = parts(each)
        waiting += inside
        if isinstance(each, ast.BinOp):
            count += len(inside) - 1
        elif isinstance(each, ast.IfExp):
            count += len(inside) // 2
        else:
            count += 2 if isinstance(each, ast.Call) else 1
    return count


def _is_sum(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Add | ast.Sub)
