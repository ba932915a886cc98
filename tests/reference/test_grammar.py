"""The grammar of the differential tests: every production occurs, and is read."""

from rulegrid.formula import Parsed, read
from rulegrid.metrics import AGGREGATES, CLOCK, FUNCTIONS, METRICS
from rulegrid.units import UNIT_NAMES
from tests.reference.grammar import AREAS, DIGITS, LENGTHS, SEVERAL, Grammar
from tests.reference.worlds import GROUPS, dice

FORMULAS = 2500


def drawn(fee_unit: str) -> tuple[set[str], list[str]]:
    random = dice(5)
    used: set[str] = set()
    texts: list[str] = []
    for _ in range(FORMULAS):
        grammar = Grammar(lambda options: random.choice(list(options)), fee_unit)
        texts.append(grammar.formula())
        used |= grammar.used
    return used, texts


def test_every_production_occurs():
    """All names, functions, units, signs, joins, areas and forms of numbers are drawn."""
    used, texts = drawn("ct/kWh")
    expected = {f"metric {name}" for name in METRICS} | {f"clock {name}" for name in CLOCK}
    expected |= {f"unit {name}" for name in UNIT_NAMES} | set(FUNCTIONS)
    expected |= {f"sign {sign}" for sign in ("<", "<=", ">", ">=", "==", "!=")}
    expected |= {f"area {area}" for area in AREAS} | {f"digits {digits}" for digits in DIGITS}
    expected |= {f"length {length}" for length in LENGTHS}
    expected |= {"and", "or", "not", "sum", "difference", "minus", "parentheses", "zero", "fee"}
    expected |= {"choice of truths", "a choice of fees", "a function of fees", "has of a truth"}
    expected |= {f"several {word}" for word in SEVERAL}
    expected |= {f"{function} over areas" for function in AGGREGATES.keys() - {"count"}}
    expected |= {
        "count",
        "a bare fee",
        "a plain number as a fee",
        "variable truth",
        "default of truths",
    }
    assert set() == expected - used
    for sign in "+-*/":
        assert any(sign in text for text in texts)


def test_every_formula_of_the_grammar_is_read():
    """What the grammar draws is inside the limits of formulas."""
    for fee_unit in ("ct/kWh", "percent"):
        _, texts = drawn(fee_unit)
        assert [] == [text for text in texts if not isinstance(read(text, GROUPS), Parsed)]
