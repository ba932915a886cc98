"""Conditions inside formulas that decide nothing, because they always come out the same."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rulegrid.bounds.chances import Chances
from rulegrid.bounds.walk import Walk
from rulegrid.formula import branches, parts

_MAY_DECIDE = re.compile(r"[<>=]| if | and | or |not |has\(")


@dataclass(frozen=True, slots=True)
class Dead:
    """A condition that always comes out the same, where it stands in the formula's text."""

    node: ast.expr
    chances: Chances
    by_others: bool = False
    """Whether only the conditions before it in the same formula make it so."""


def may_hold_conditions(key: str) -> bool:
    """Whether an expression of that key may hold a condition at all: most hold none."""
    return _MAY_DECIDE.search(key) is not None


def dead_conditions(tree: ast.expr, walk: Walk, *, is_condition: bool) -> Iterator[Dead]:
    """The conditions of a formula that decide nothing; of one in another only the outer.

    A bare name is none of them: what it stands for is told where it is defined. Nor is one link of
    a chain: `0 <= hour < 6` says what it means.
    """
    if is_condition:
        yield from _condition(tree, walk)
    elif isinstance(tree, ast.IfExp):
        yield from _choice(tree, walk)
    else:
        for part in parts(tree):
            yield from dead_conditions(part, walk, is_condition=_is_condition(part))


def _condition(node: ast.expr, walk: Walk) -> Iterator[Dead]:
    inner = _named(node)
    if isinstance(inner, ast.Name):
        return
    chances: Chances = walk.value(node)
    if not chances.is_open:
        yield Dead(node, chances)
    elif isinstance(inner, ast.BoolOp):
        for part in inner.values:
            yield from _condition(part, walk)
    else:
        yield from dead_conditions(inner, walk, is_condition=False)


def _choice(node: ast.IfExp, walk: Walk) -> Iterator[Dead]:
    """The conditions of `A if C else B if D else E`, each also where those before it are false."""
    left: Walk | None = walk
    for link in branches(node):
        found = list(_condition(link.test, walk))
        yield from found
        if left is not None and not found:
            narrowed: Chances = left.value(link.test)
            if not narrowed.yes:
                yield Dead(link.test, narrowed, by_others=True)
        left = left and left.assuming(link.test, holds=False)
        yield from _inside(link.body, walk)
    yield from _inside(branches(node)[-1].orelse, walk)


def _inside(node: ast.expr, walk: Walk) -> Iterator[Dead]:
    yield from dead_conditions(node, walk, is_condition=_is_condition(node))


def _named(node: ast.expr) -> ast.expr:
    """A condition without the `not` before it."""
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node = node.operand
    return node


def _is_condition(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
