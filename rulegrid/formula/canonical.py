"""The canonical text of a canonical tree: equal texts compute the same."""

import ast

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
    parts: list[str] = []
    node: ast.expr = tree
    while isinstance(node, ast.BinOp):
        parts.append(f" {_SIGNS[type(node.op)]} {canonical(node.right)})")
        node = node.left
    return "(" * len(parts) + canonical(node) + "".join(reversed(parts))


def _other(tree: ast.expr) -> str:
    if isinstance(tree, ast.Compare):
        pairs = zip(tree.ops, tree.comparators, strict=True)
        rest = "".join(f" {_SIGNS[type(op)]} {canonical(right)}" for op, right in pairs)
        return f"({canonical(tree.left)}{rest})"
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        return f"{tree.func.id}({', '.join(map(canonical, tree.args))})"
    parts: list[str] = []
    while isinstance(tree, ast.IfExp):
        parts.append(f"{canonical(tree.body)} if {canonical(tree.test)} else ")
        tree = tree.orelse
    return f"({''.join(parts)}{canonical(tree)})"
