"""Single amounts: limits, lengths of time, fees without a formula."""

from fractions import Fraction

import pytest

from rulegrid.formula import literal
from rulegrid.units import PRICE, TIME, UNITS
from tests.formula.examples import SCOPE

FEE = UNITS["ct/kWh"]


@pytest.mark.parametrize(
    ("text", "expected", "amount"),
    [
        ("0.5", FEE, Fraction(1, 2)),
        ("30 ct/kWh", FEE, 30),
        ("0.3 EUR/kWh", FEE, 30),
        ("-0.1", FEE, Fraction(-1, 10)),
        (" - 2 ", FEE, -2),
        ("3", UNITS["EUR/MWh"], Fraction(3, 10)),
        ("0", TIME, 0),
        ("15 min", TIME, Fraction(1, 4)),
        ("20 min", TIME, Fraction(1, 3)),
        ("2 slots", TIME, Fraction(1, 2)),
        ("40 %", UNITS["%"], 40),
    ],
)
def test_an_amount_is_exact(text, expected, amount):
    """An amount is exact, in canonical units; a number alone takes the unit that is given."""
    assert amount == literal(text, expected, SCOPE)


@pytest.mark.parametrize(
    ("text", "expected", "told"),
    [
        ("", FEE, ("RG102", "the formula is empty", "")),
        ("2", TIME, ("RG107", "2 what?", "write `2 slots`")),
        ("2", PRICE, ("RG107", "2 what?", "write `2 ct/kWh`")),
        (
            "3 kWh",
            FEE,
            (
                "RG113",
                "this is in kWh, and an amount in ct/kWh is needed here",
                "write it as in `2 ct/kWh`",
            ),
        ),
        ("3 bananas", FEE, ("RG105", "unknown unit `bananas`", "to multiply, write `* bananas`")),
        ("1 + 2", FEE, ("RG102", "a single amount is needed here", "write it as in `2 ct/kWh`")),
        ("(2)", FEE, ("RG102", "a single amount is needed here", "write it as in `2 ct/kWh`")),
        ("--2", FEE, ("RG102", "a single amount is needed here", "write it as in `2 ct/kWh`")),
        ("import", TIME, ("RG102", "a single amount is needed here", "write it as in `2 slots`")),
        (".5", FEE, ("RG104", "a number begins with a digit", "write `0.5`")),
        ("1e-301 s", TIME, ("RG104", "this number is too small: it would count as 0", "")),
    ],
)
def test_what_is_no_amount_is_told(text, expected, told):
    """Anything but one number of the right dimension has one problem."""
    problems = literal(text, expected, SCOPE)
    assert isinstance(problems, tuple)
    assert [told] == [(problem.code, problem.message, problem.hint) for problem in problems]


def test_a_long_text_is_no_amount():
    """A text of any length is refused at once."""
    assert isinstance(literal("1 " * 100_000, FEE, SCOPE), tuple)
