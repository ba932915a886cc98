"""The canonical text of a canonical tree: equal texts compute the same."""

import ast

from rulegrid.formula.trees import branches, links

_SIGNS: dict[type[ast.AST], str] = {
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
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not ",
    ast.USub: "-",
}


def canonical(tree: ast.expr) -> str:
    """The text of a tree with every parenthesis written, and numbers in canonical units."""
    match tree:
        case ast.Name():
            return tree.id
        case ast.Constant():
            return repr(tree.value)
        case ast.BinOp():
            return _chain(tree)
        case ast.UnaryOp():
            return f"({_SIGNS[type(tree.op)]}{canonical(tree.operand)})"
        case ast.BoolOp():
            return f"({f' {_SIGNS[type(tree.op)]} '.join(map(canonical, tree.values))})"
        case _:
            return _other(tree)


def _chain(tree: ast.BinOp) -> str:
    """A chain of two-sided operators, walked by a loop since it may be long."""
    chain = links(tree)
    rest = (f" {_SIGNS[type(link.op)]} {canonical(link.right)})" for link in chain)
    return "(" * len(chain) + canonical(chain[0].left) + "".join(rest)


def _other(tree: ast.expr) -> str:
    if isinstance(tree, ast.Compare):
        pairs = zip(tree.ops, tree.comparators, strict=True)
        rest = "".join(f" {_SIGNS[type(op)]} {canonical(right)}" for op, right in pairs)
        return f"({canonical(tree.left)}{rest})"
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        return f"{tree.func.id}({', '.join(map(canonical, tree.args))})"
    if isinstance(tree, ast.IfExp):
        steps = branches(tree)
        choices = "".join(
            f"{canonical(step.body)} if {canonical(step.test)} else " for step in steps
        )
        return f"({choices}{canonical(steps[-1].orelse)})"
    return ""
