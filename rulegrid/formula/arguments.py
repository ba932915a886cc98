"""What the functions take and give."""

from collections.abc import Sequence

from rulegrid.formula.expression import TRUTH
from rulegrid.formula.mixing import Loose, Mixed, Part, common, not_an_amount
from rulegrid.formula.problem import Problem
from rulegrid.metrics import AGGREGATES, FUNCTIONS
from rulegrid.units import Unit

MOST_DECIMALS = 9


def wrong_count(function: str, count: int, start: int, end: int) -> Problem | None:
    """The problem of a call with too few or too many arguments."""
    known = FUNCTIONS.get(function) or AGGREGATES[function]
    if known.least <= count <= known.most:
        return None
    takes = str(known.least) if known.least == known.most else f"{known.least} to {known.most}"
    plural = "" if takes == "1" else "s"
    message = f"`{function}` takes {takes} argument{plural}, this has {count}"
    return Problem(start, end, "RG109", message, f"write `{known.signature}`")


def called(function: str, parts: Sequence[Part], result: Unit | None) -> Mixed:
    """What a call gives whose arguments are checked. Bare numbers may take the unit `result`."""
    truths = [part for part in parts if part.kind is TRUTH]
    if Loose.BROKEN in {part.kind for part in parts}:
        return Mixed(Loose.BROKEN)
    if function == "has":
        return Mixed(TRUTH)
    if truths and function != "default":
        return Mixed(Loose.BROKEN, not_an_amount(truths[0]))
    return _rounded(parts) if function == "round" else _alike(function, parts, result)


def _alike(function: str, parts: Sequence[Part], result: Unit | None) -> Mixed:
    return common(parts, f"arguments of one `{function}`", result)


def _rounded(parts: Sequence[Part]) -> Mixed:
    amount, digits = parts
    literal = digits.literal
    if (
        literal
        and not literal.unit
        and literal.digits in "0123456789"
        and digits.start == literal.start
    ):
        return Mixed(amount.kind)
    message = f"the digits of `round` are written out, from 0 to {MOST_DECIMALS}"
    problem = Problem(digits.start, digits.end, "RG109", message, "write `round(x, 2)`")
    return Mixed(Loose.BROKEN, problem)
