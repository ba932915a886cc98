"""Which areas an aggregate goes over, and which names have a meaning inside it."""

import ast
from collections.abc import Collection, Iterator, Sequence

from rulegrid.diagnostics import shown
from rulegrid.formula.expression import Expression, Reference, Scope
from rulegrid.formula.problem import Problem
from rulegrid.formula.reading import Parsed
from rulegrid.formula.tokens import Name
from rulegrid.formula.trees import parts, place
from rulegrid.metrics import AGGREGATES, CLOCK, FEE, FUNCTIONS

CODE = "RG114"


def is_aggregate(function: str, arguments: Sequence[ast.expr]) -> bool:
    """Whether a call goes over areas: `total(x)` does, `total(x, 4 slots)` goes over slots."""
    return function in AGGREGATES and len(arguments) == 1


def members_in(node: ast.expr, parsed: Parsed) -> tuple[str, ...]:
    """What stands for several areas in an aggregate's argument, each once, in order of the text.

    Aggregates inside it are left out: they go over areas of their own.
    """
    return tuple(dict.fromkeys(_members_in(node, parsed)))


def _members_in(node: ast.expr, parsed: Parsed) -> Iterator[str]:
    if isinstance(node, ast.Name):
        atom = parsed.atoms[node.col_offset - 1]
        reference = parsed.reference(atom) if isinstance(atom, Name) else None
        if reference and reference.scope == "members" and reference.area:
            yield reference.area
    elif not isinstance(node, ast.Call) or not is_aggregate(_function(node, parsed), node.args):
        for part in parts(node):
            yield from _members_in(part, parsed)


def _function(node: ast.Call, parsed: Parsed) -> str:
    return parsed.text[slice(*place(node.func))]


def wrong_members(
    function: str, members: Sequence[str], where: tuple[int, int], outer: str
) -> Problem | None:
    """The problem of an aggregate that does not go over one kind of areas.

    `outer` is what the aggregate around it goes over, empty where there is none.
    """
    if not members:
        message = f"`{function}` with one argument goes over areas, and none are named here"
        slots = f", or `{FUNCTIONS[function].signature}`" if function in FUNCTIONS else ""
        return Problem(*where, CODE, message, f"write `{AGGREGATES[function].signature}`{slots}")
    if len(members) > 1:
        message = (
            f"one `{function}` goes over `{members[0]}` or over `{members[1]}`, not over both"
        )
        return Problem(*where, CODE, message, "write an aggregate for each")
    if outer and members[0] == "children":
        message = "whose children are meant inside another aggregate?"
        hint = f"make it a variable `x`, and write `{outer}.x` for it here"
        return Problem(*where, CODE, message, hint)
    return None


def misplaced(name: Name, read: Reference, members: str, scope: Scope) -> Problem | None:
    """The problem of a name that means nothing where it stands.

    `members` is what the aggregate around it goes over, empty outside of aggregates.
    """
    if read.name == FEE and (members or read.scope == "members"):
        message = "a fee that is only being decided cannot be read inside an aggregate"
        hint = f"write `{read.area or members}.last_fee`"
        return Problem(name.start, name.end, "RG112", message, hint)
    found = _ambiguous(read, scope, members) if members else _several(read)
    return Problem(name.start, name.end, CODE, *found) if found else None


def is_uniform(expression: Expression, uniform: Collection[str]) -> bool:
    """Whether a formula gives one value that serves all areas.

    `uniform` are the variables that do. Fees that are only being decided are left out, since
    nothing that goes over several areas can read them.
    """
    reads_alike = all(
        read.name != FEE
        and (
            read.scope in ("area", "grid")
            or (read.scope == "own" and (read.name in CLOCK or read.name in uniform))
        )
        for read in expression.reads.values()
    )
    over_slots = all(is_uniform(each.operand, uniform) for each in expression.windows.values())
    over_areas = all(each.members != "children" for each in expression.aggregates.values())
    return reads_alike and over_slots and over_areas


def _several(read: Reference) -> tuple[str, str] | None:
    """The message and the hint for several areas outside of an aggregate."""
    if read.scope != "members" or not read.area:
        return None
    word = f"{shown(read.area)}.{shown(read.name)}"
    return f"`{word}` is one value for each area, and one is needed here", (
        f"write `total({word})`, or another of {', '.join(AGGREGATES)}"
    )


def _ambiguous(read: Reference, scope: Scope, members: str) -> tuple[str, str] | None:
    """The message and the hint for a name inside an aggregate that may mean several areas."""
    word = shown(read.name)
    if read.scope == "parent":
        return f"whose `parent.{word}` is meant inside an aggregate?", (
            "name the area, as in `Grid.import`"
        )
    if read.scope == "own" and read.name not in CLOCK and read.name not in scope.uniform:
        return f"whose `{word}` is meant inside an aggregate?", f"write `{members}.{word}`"
    return None
