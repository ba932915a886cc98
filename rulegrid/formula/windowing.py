"""How long a window is: a literal duration that is a whole number of slots."""

from decimal import Decimal
from fractions import Fraction

from rulegrid.formula.expression import Scope
from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem
from rulegrid.units import TIME

MOST_SLOTS = 3000
"""A month of quarter hours. The engine keeps a column for each slot of the longest window."""

_EXAMPLES = "write `4 slots` or `1 h`"


def slots_of(length: Number | None, place: tuple[int, int], scope: Scope) -> int | Problem:
    """How many slots a window has; `length` is its literal, or None where something else stands there."""
    start, end = place
    if length is None:
        return Problem(
            start, end, "RG111", "the length of a window is written out as a number", _EXAMPLES
        )
    if not length.unit:
        hint = f"write `{length.digits} slots`"
        return Problem(start, end, "RG111", f"{length.digits} what?", hint)
    unit = scope.unit(length.unit)
    if unit.dimension != TIME:
        return Problem(start, end, "RG111", f"{unit.dimension} is no length of time", _EXAMPLES)
    slots = Fraction(Decimal(length.digits)) * unit.factor / scope.slot_hours
    if slots.denominator != 1 or slots < 1:
        return Problem(start, end, "RG111", _uneven(scope), _nearest(slots))
    if slots > MOST_SLOTS:
        return Problem(
            start, end, "RG110", f"a window has at most {MOST_SLOTS} slots, this has {slots}"
        )
    return int(slots)


def _uneven(scope: Scope) -> str:
    minutes = float(scope.slot_hours * 60)
    return f"a window is a whole number of slots, at least 1; a slot is {minutes:g} min"


def _nearest(slots: Fraction) -> str:
    """The whole numbers of slots around a length."""
    below = int(slots)
    return f"write `{below} slots` or `{below + 1} slots`" if below else "write `1 slot`"
