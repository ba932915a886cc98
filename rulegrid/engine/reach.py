"""How far back a decision looks: what has to be known again after a restart, and no more."""

from collections.abc import Iterable, Mapping

from rulegrid.formula import Expression
from rulegrid.program import Program


def reach(program: Program) -> int:
    """The slots that the fees of one slot depend on, that slot included.

    Who knows what was decided in the slots before decides the last of them as who has folded all.
    """
    of: dict[str, int] = {}
    for variable in program.variables:
        of[variable.name] = _longest(variable.expressions(), of)
    hold = max((policy.limits.hold_slots for policy in program.policies), default=0)
    return max(_longest(program.expressions(), of), hold + 1)


def _longest(expressions: Iterable[Expression], of: Mapping[str, int]) -> int:
    return max((_reach(expression, of) for expression in expressions), default=1)


def _reach(expression: Expression, of: Mapping[str, int]) -> int:
    """That of a formula, where `of` has that of the variables it may read."""
    read = (of.get(r.name, 1) for r in expression.reads.values() if r.scope == "own")
    over = (w.depth - 1 + _reach(w.operand, of) for w in expression.windows.values())
    of_areas = (_reach(each.operand, of) for each in expression.aggregates.values())
    return max((1, *read, *over, *of_areas))
