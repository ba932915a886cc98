"""Single amounts such as `0.5`, `30 ct/kWh`, `2 slots` or `15 min`, which are no formulas."""

from decimal import Decimal
from fractions import Fraction

from rulegrid.formula.expression import Scope
from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem
from rulegrid.formula.reading import MOST_CHARACTERS
from rulegrid.formula.scanning import scan
from rulegrid.units import NUMBER, TIME, Dimension, Unit


def literal(text: str, expected: Unit | Dimension, scope: Scope) -> Fraction | tuple[Problem, ...]:
    """The exact amount in canonical units, or what is wrong with it.

    `float()` of it is the nearest float. Under a unit, a number may go without one; where only a
    dimension is expected, it must carry its own. The literal 0 needs none. Energy, money and time
    are in kWh, ct and hours.
    """
    scanned = scan(text[: MOST_CHARACTERS + 1])
    if scanned.problems:
        return tuple(sorted(scanned.problems))
    atoms = list(scanned.atoms.values())
    number = atoms[0] if len(atoms) == 1 else None
    sign = text[: number.start].strip() if number else ""
    if not isinstance(number, Number) or sign not in {"", "-"} or text[number.end :].strip():
        hint = f"write it as in `{_example(expected)}`"
        return (Problem(0, len(text), "RG102", "a single amount is needed here", hint),)
    amount = _exact(number, expected, scope)
    if isinstance(amount, Problem):
        return (amount,)
    return -amount if sign else amount


def _exact(number: Number, expected: Unit | Dimension, scope: Scope) -> Fraction | Problem:
    dimension = expected.dimension if isinstance(expected, Unit) else expected
    digits = Fraction(Decimal(number.digits))
    if not number.unit:
        if isinstance(expected, Unit) or number.is_zero:
            return digits * (expected.factor if isinstance(expected, Unit) else 1)
        hint = f"write `{number.digits} {_example(expected).split()[1]}`"
        return Problem(number.start, number.end, "RG107", f"{number.digits} what?", hint)
    unit = scope.unit(number.unit)
    if unit.dimension != dimension:
        wanted = str(dimension) if dimension == NUMBER else f"an amount in {dimension}"
        message = f"this is in {unit.dimension}, and {wanted} is needed here"
        return Problem(
            number.start, number.end, "RG113", message, f"write it as in `{_example(expected)}`"
        )
    return digits * unit.factor


def _example(expected: Unit | Dimension) -> str:
    if isinstance(expected, Unit):
        return f"2 {expected.name}".rstrip()
    return "2 slots" if expected == TIME else f"2 {expected}"
