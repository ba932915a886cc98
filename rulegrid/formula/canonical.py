"""The canonical text of a canonical tree: equal texts compute the same."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from rulegrid.formula.trees import branches, links

_SIGNS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: " and ",
    ast.Or: " or ",
    ast.Not: "not ",
    ast.USub: "-",
}


def canonical(tree: ast.expr) -> str:
    """The text of a tree with every parenthesis written, and numbers in canonical units."""
    return _WRITERS[type(tree)](tree)


def _name(node: ast.Name) -> str:
    return node.id


def _constant(node: ast.Constant) -> str:
    return repr(node.value)


def _signed(node: ast.UnaryOp) -> str:
    return f"({_SIGNS[type(node.op)]}{canonical(node.operand)})"


def _joined(node: ast.BoolOp) -> str:
    return f"({_SIGNS[type(node.op)].join(map(canonical, node.values))})"


def _chain(node: ast.BinOp) -> str:
    chain = links(node)
    rest = (f" {_SIGNS[type(link.op)]} {canonical(link.right)})" for link in chain)
    return "(" * len(chain) + canonical(chain[0].left) + "".join(rest)


def _comparison(node: ast.Compare) -> str:
    pairs = zip(node.ops, node.comparators, strict=True)
    rest = (f" {_SIGNS[type(op)]} {canonical(right)}" for op, right in pairs)
    return f"({canonical(node.left)}{''.join(rest)})"


def _choice(node: ast.IfExp) -> str:
    chain = branches(node)
    choices = (f"{canonical(link.body)} if {canonical(link.test)} else " for link in chain)
    return f"({''.join(choices)}{canonical(chain[-1].orelse)})"


def _call(node: ast.Call) -> str:
    return f"{canonical(node.func)}({', '.join(map(canonical, node.args))})"


_WRITERS: Mapping[type[ast.expr], Callable[[Any], str]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.UnaryOp: _signed,
    ast.BoolOp: _joined,
    ast.BinOp: _chain,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.Call: _call,
}
