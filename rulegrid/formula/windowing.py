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
    """How many slots a window has.

    `length` is its literal, None where something else stands there.
    """
    if length is None:
        message = "the length of a window is written out as a number"
        return Problem(*place, "RG111", message, _EXAMPLES)
    if not length.unit:
        hint = f"write `{length.digits} slots`"
        return Problem(*place, "RG111", f"{length.digits} what?", hint)
    unit = scope.unit(length.unit)
    if unit.dimension != TIME:
        return Problem(*place, "RG111", f"{unit.dimension} is no length of time", _EXAMPLES)
    return _whole(Fraction(Decimal(length.digits)) * unit.factor / scope.slot_hours, place, scope)


def _whole(slots: Fraction, place: tuple[int, int], scope: Scope) -> int | Problem:
    if slots.denominator != 1 or slots < 1:
        return Problem(*place, "RG111", _uneven(scope), _nearest(slots))
    if slots > MOST_SLOTS:
        message = f"a window has at most {MOST_SLOTS} slots, this has {slots}"
        return Problem(*place, "RG110", message)
    return int(slots)


def _uneven(scope: Scope) -> str:
    minutes = float(scope.slot_hours * 60)
    return f"a window is a whole number of slots, at least 1; a slot is {minutes:g} min"


def _nearest(slots: Fraction) -> str:
    """The whole numbers of slots around a length."""
    below = int(slots)
    if not below:
        return "write `1 slot`"
    return f"write `{below} slot{'s' if below > 1 else ''}` or `{below + 1} slots`"
