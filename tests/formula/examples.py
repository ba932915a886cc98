"""A small rulebook's names, and what formulas in it are told."""

import re
from datetime import timedelta

from rulegrid.formula import TRUTH, Expression, Kind, Problem, Scope, check, read
from rulegrid.units import ENERGY, NUMBER, PRICE, Unit

VARIABLES: dict[str, Kind | None] = {
    "balance": ENERGY,
    "is_full": TRUTH,
    "base_fee": PRICE,
    "broken": None,
    "scarcity": NUMBER,
}
ELSEWHERE = {"Grid": "an area", "tou": "a calendar"}
SCOPE = Scope(VARIABLES, PRICE, timedelta(minutes=15), ELSEWHERE)


def findings(formula: str, needed: Kind | Unit | None) -> tuple[Problem, ...]:
    parsed = read(formula)
    if isinstance(parsed, tuple):
        return parsed
    checked = check(parsed, SCOPE, needed)
    return checked if isinstance(checked, tuple) else ()


def written_out(line: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), line)


def expression(
    formula: str, needed: Kind | Unit | None = None, scope: Scope = SCOPE
) -> Expression:
    """A formula that must be right."""
    parsed = read(formula)
    assert not isinstance(parsed, tuple), parsed
    checked = check(parsed, scope, needed)
    assert isinstance(checked, Expression), checked
    return checked
