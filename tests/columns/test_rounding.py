"""Rounding half away from zero, held against decimal arithmetic."""

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.columns import round_half_away

WIDE = Context(prec=400)
TIES = st.builds(
    lambda n, digits: float(Decimal(2 * n + 1).scaleb(-digits - 1) * 5),
    st.integers(-(10**15), 10**15),
    st.integers(0, 15),
)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1000, 1000),
    TIES,
    TIES.map(lambda tie: float(np.nextafter(tie, np.inf))),
    TIES.map(lambda tie: float(np.nextafter(tie, -np.inf))),
)


def on_paper(number: float, digits: int) -> float:
    """The number's shortest text, rounded in decimal; minus zero is zero."""
    step = Decimal(1).scaleb(-digits)
    return float(Decimal(repr(number)).quantize(step, ROUND_HALF_UP, WIDE)) + 0.0


@given(st.lists(NUMBERS, min_size=1, max_size=50), st.integers(0, 9))
def test_rounding_is_that_of_decimals(numbers, digits):
    """Any number rounds as its shortest text does on paper, bit for bit."""
    expected = np.array([on_paper(number, digits) for number in numbers])
    assert expected.tobytes() == round_half_away(np.array(numbers), digits).tobytes()


@pytest.mark.parametrize(
    ("number", "digits", "expected"),
    [
        (0.5, 0, 1.0),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (2.675, 2, 2.68),
        (1.005, 2, 1.01),
        (0.285, 2, 0.29),
        (0.49999999999999994, 0, 0.0),
        (-0.4, 0, 0.0),
        (4503599627370497.5, 0, 4503599627370498.0),
        (100000000000000.5, 0, 100000000000001.0),
        (123456.1234567895, 9, 123456.12345679),
        (1e300, 9, 1e300),
        (-0.0, 3, 0.0),
    ],
)
def test_ties_go_away_from_zero(number, digits, expected):
    """A tie goes away from zero, as the number is written and not as the float lies."""
    (rounded,) = round_half_away(np.array([number]), digits)
    assert expected.hex() == float(rounded).hex()


def test_no_data_stays_and_any_shape_is_kept():
    """NaN is left alone, in columns and in blocks."""
    block = np.array([[np.nan, 1.25], [1e15 + 0.5, np.nan]])
    rounded = round_half_away(block, 1)
    assert [[True, False], [False, True]] == np.isnan(rounded).tolist()
    assert (1.3, 1e15 + 0.5) == (rounded[0, 1], rounded[1, 0])


def test_the_column_given_is_left_alone():
    """Rounding gives a new column, also where the slow way is taken."""
    column = np.array([100000000000000.5, 0.5])
    column.flags.writeable = False
    assert [100000000000001.0, 1.0] == round_half_away(column, 0).tolist()
