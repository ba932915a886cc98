"""From text to a tree of allowed parts: the gate before everything else."""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rulegrid.formula.expression import NameRead, Reference
from rulegrid.formula.problem import Problem
from rulegrid.formula.scanning import scan
from rulegrid.formula.tokens import Atom, Name
from rulegrid.formula.trees import parts
from rulegrid.metrics import METRICS, SEVERAL

MOST_CHARACTERS = 1024
MOST_NODES = 256
MOST_LEVELS = 32

_ALLOWED = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name)
_SPREAD = "split it into variables"


@dataclass(frozen=True, eq=False)
class Parsed:
    """A formula that can be read. What its names mean is not yet known.

    Each name of the tree, at `col_offset - 1`, stands for the atom that begins there.
    """

    text: str
    tree: ast.expr
    atoms: Mapping[int, Atom]
    groups: Collection[str] = ()
    """The words before a dot that stand for a group of areas."""

    @cached_property
    def names_read(self) -> tuple[NameRead, ...]:
        """Every name and dotted name, in the order of the text, variables and metrics alike."""
        names = (atom for atom in self.atoms.values() if isinstance(atom, Name))
        return tuple(NameRead(self.reference(name), name.start, name.end) for name in names)

    def reference(self, name: Name) -> Reference:
        """What a name refers to."""
        if not name.owner:
            return own(name.word)
        if name.owner == "parent" and not name.is_quoted:
            return Reference("parent", name.word)
        is_several = name.owner in SEVERAL or name.owner in self.groups
        scope: Literal["members", "area"] = (
            "members" if is_several and not name.is_quoted else "area"
        )
        return Reference(scope, name.word, name.owner)


def own(word: str) -> Reference:
    """What a name without a dot refers to."""
    is_wide = word in METRICS and METRICS[word].grid_wide
    return Reference("grid" if is_wide else "own", word)


def read(text: str, groups: Collection[str] = ()) -> Parsed | tuple[Problem, ...]:
    """Read a formula, or say everything that keeps it from being read.

    `groups` are the names of groups of areas. Never raises, whatever the text.
    """
    if len(text) > MOST_CHARACTERS:
        message = f"a formula has at most {MOST_CHARACTERS} characters, this has {len(text)}"
        return (Problem(0, len(text), "RG110", message, _SPREAD),)
    scanned = scan(text)
    if scanned.problems:
        return tuple(sorted(scanned.problems))
    tree = _parse("".join(scanned.skeleton))
    if tree is None:
        return (_unreadable(text),)
    problem = _too_large(tree, text)
    return (problem,) if problem else Parsed(text, tree, scanned.atoms, groups)


def _parse(skeleton: str) -> ast.expr | None:
    """The tree of a skeleton.

    The parentheses let it begin with blanks; they move each place by one.
    """
    try:
        return ast.parse(f"({skeleton})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _unreadable(text: str) -> Problem:
    return Problem(0, len(text), "RG102", "this formula cannot be read", _SPREAD)


def _links(node: ast.expr, inside: int) -> int:
    """The nodes of a chain, which is one node with so many parts; any other node is one."""
    if isinstance(node, ast.BinOp):
        return inside - 1
    return inside // 2 if isinstance(node, ast.IfExp) else 1


def _too_large(tree: ast.expr, text: str) -> Problem | None:
    """What makes a tree too large to work with.

    Goes level by level, since depth is what it checks.
    """
    levels = nodes = 0
    level = [tree]
    while level:
        if not all(isinstance(node, _ALLOWED) for node in level):
            return _unreadable(text)
        levels += 1
        below = [(node, parts(node)) for node in level]
        nodes += sum(_links(node, len(inside)) for node, inside in below)
        level = [part for _, inside in below for part in inside]
    if levels > MOST_LEVELS:
        return Problem(
            0, len(text), "RG110", f"a formula has at most {MOST_LEVELS} levels", _SPREAD
        )
    if nodes > MOST_NODES:
        message = (
            f"a formula has at most {MOST_NODES} names, numbers and operators, this has {nodes}"
        )
        return Problem(0, len(text), "RG110", message, _SPREAD)
    return None
