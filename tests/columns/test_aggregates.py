"""Aggregates: who counts, no data, nobody at all, blocks of slots, and the order of areas."""

import numpy as np
import pytest

from rulegrid.columns import Members, Truth, aggregate
from rulegrid.metrics import AGGREGATES

NAN = np.nan
SIZE = 6
CHILDREN = Members.of(np.array([1, 2, 3, 5]), np.array([0, 0, 0, 4]), SIZE)
"""Areas 1, 2 and 3 are children of area 0, and 5 is one of 4."""
NOBODY = Members.of(np.array([], dtype=np.intp), np.array([], dtype=np.intp), 1)


def told(column):
    return [None if np.isnan(number) else number for number in column.tolist()]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("total", [9, 0, 0, 0, None, 0]),
        ("average", [4.5, None, None, None, None, None]),
        ("lowest", [2, None, None, None, None, None]),
        ("highest", [7, None, None, None, None, None]),
    ],
)
def test_areas_without_data_are_left_out(function, expected):
    """None with data is no data; without any areas a total is 0 and all else no data."""
    column = np.array([100.0, 7, NAN, 2, 100, NAN])
    assert expected == told(aggregate(function, column, CHILDREN, SIZE))


def test_a_count_is_of_areas_where_a_condition_is_true():
    """Where a condition has no data it does not count; where it never has any, nobody knows."""
    yes = np.array([True, True, False, False, True, False])
    no = np.array([False, False, True, False, False, False])
    assert [1, 0, 0, 0, None, 0] == told(aggregate("count", Truth(yes, no), CHILDREN, SIZE))


@pytest.mark.parametrize("function", AGGREGATES)
def test_over_no_areas(function):
    """A group without areas has a total and a count of 0, and nothing else."""
    value = Truth(np.ones(1, bool), np.zeros(1, bool)) if function == "count" else np.ones(SIZE)
    expected = [0] if function in ("total", "count") else [None]
    assert expected == told(aggregate(function, value, NOBODY, SIZE))


@pytest.mark.parametrize("function", AGGREGATES)
def test_a_block_is_its_slots(function):
    """A block of slots gives, bit for bit, what its slots give one by one."""
    block = np.random.default_rng(4).normal(size=(5, SIZE))
    block[1, 2] = block[3, 1:] = NAN
    whole = aggregate(function, block, CHILDREN, SIZE)
    rows = [aggregate(function, row, CHILDREN, SIZE) for row in block]
    assert np.array_equal(whole, np.array(rows), equal_nan=True)


@pytest.mark.parametrize("shape", [(1,), (5, 1)])
def test_a_single_entry_serves_all_areas(shape):
    """What is the same for every area is so for every child, in a slot and in a block."""
    result = aggregate("total", np.full(shape, 2.0), CHILDREN, SIZE)
    assert (*shape[:-1], SIZE) == result.shape
    assert [6, 0, 0, 0, 2, 0] == told(np.atleast_2d(result)[-1])


def test_what_is_not_finite_is_no_data():
    """A sum that overflows is no data, for its own area only."""
    column = np.array([0, 1.7e308, 1.7e308, 0, 0, 1])
    assert [None, 1] == [told(aggregate("total", column, CHILDREN, SIZE))[at] for at in (0, 4)]


def test_there_is_no_minus_zero():
    """Of 0 and minus 0 either may be the lowest, so it is always 0."""
    column = np.array([0, -0.0, 0.0, -0.0, 0, -0.0])
    for function in ("lowest", "highest", "total"):
        assert not np.signbit(aggregate(function, column, CHILDREN, SIZE)).any()
