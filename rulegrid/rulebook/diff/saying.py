"""What a part of a rulebook says, on one line."""

import ast
from datetime import date

from rulegrid.bodies import Band, Body, Calendar, Dated, Sheet
from rulegrid.formula import Expression, TruthKind
from rulegrid.formula import Kind as Measure
from rulegrid.units import NUMBER


def said(body: Body) -> str:
    """What a body says; an amount in the canonical unit, however it is written."""
    if isinstance(body, Expression):
        value = _constant(body.tree)
        return " ".join(body.text.split()) if value is None else amount(value, body.kind)
    if isinstance(body, Dated):
        return "; ".join(f"{option.name}: {said(option.value)}" for option in body.options)
    return _kind(body)


def amount(value: float, kind: Measure) -> str:
    """A number as people write it, all of its digits, with its unit."""
    text = repr(float(value)).removesuffix(".0")
    return text if kind == NUMBER or isinstance(kind, TruthKind) else f"{text} {kind}"


def day(ordinal: int) -> str:
    """A day of the calendar by its number."""
    return date.fromordinal(ordinal).isoformat()


def _kind(body: Band | Calendar | Sheet) -> str:
    if isinstance(body, Sheet):
        return f"the table {body.file}"
    if isinstance(body, Band):
        return f"a band of {len(body.options)} steps by {said(body.input)}"
    count = len(body.windows)
    return f"a calendar of {count} window{'' if count == 1 else 's'}"


def _constant(tree: ast.expr) -> float | None:
    """The number that a tree is; None for one that has to be worked out."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        value = _constant(tree.operand)
        return None if value is None else -value
    if isinstance(tree, ast.Constant) and isinstance(tree.value, float):
        return tree.value
    return None
