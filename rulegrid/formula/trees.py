"""Nodes of a canonical tree and their places in the formula."""

import ast
from typing import TypeVar

Node = TypeVar("Node", bound=ast.expr)


def placed(node: Node, start: int, end: int) -> Node:
    """The node itself, at that place."""
    node.lineno = node.end_lineno = 1
    node.col_offset, node.end_col_offset = start, end
    return node


def place(node: ast.expr) -> tuple[int, int]:
    """Where a node of the parsed tree stands in the formula; the parser saw one parenthesis more."""
    return node.col_offset - 1, (node.end_col_offset or node.col_offset) - 1


def like(node: Node, model: ast.expr) -> Node:
    """A node of the canonical tree at the place of a node of the parsed tree."""
    return placed(node, *place(model))


def factor(value: float, end: int) -> ast.Constant:
    """A constant that nobody wrote: its place is empty."""
    return placed(ast.Constant(value), end, end)
