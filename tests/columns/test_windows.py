"""Windows over the newest slots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.columns import Newest, window

NAN = np.nan


def one_area(function: str, values: list[float], slots: int) -> float | None:
    (result,) = window(function, Newest([np.array([value]) for value in values]), slots)
    return None if np.isnan(result) else float(result)


@pytest.mark.parametrize(
    ("function", "values", "slots", "expected"),
    [
        ("total", [1.0, 2.0, 4.0], 2, 6.0),
        ("total", [1.0, 2.0, 4.0], 4, 7.0),
        ("average", [1.0, 2.0, 6.0], 2, 4.0),
        ("lowest", [1.0, 2.0, 6.0], 2, 2.0),
        ("highest", [9.0, 2.0, 6.0], 2, 6.0),
        ("previous", [9.0, 2.0, 6.0], 1, 2.0),
        ("previous", [9.0, 2.0, 6.0], 2, 9.0),
        ("previous", [9.0, 2.0, 6.0], 3, None),
        # a gap in the middle is left out
        ("total", [1.0, NAN, 4.0], 3, 5.0),
        ("average", [1.0, NAN, 4.0], 3, 2.5),
        ("lowest", [NAN, 5.0, 4.0], 3, 4.0),
        ("highest", [NAN, NAN, 4.0], 3, 4.0),
        # without the newest slot there is nothing
        ("total", [1.0, 2.0, NAN], 3, None),
        ("average", [1.0, 2.0, NAN], 3, None),
        ("lowest", [1.0, 2.0, NAN], 3, None),
        ("highest", [1.0, 2.0, NAN], 3, None),
        # but the value some slots ago needs only its own slot
        ("previous", [1.0, 2.0, NAN], 1, 2.0),
        ("previous", [1.0, NAN, 2.0], 1, None),
        # what is not finite is no data
        ("total", [1e308, 1e308], 2, None),
        ("total", [1e308, 1e308, -1e308, -1e308], 4, None),
    ],
)
def test_windows(function, values, slots, expected):
    """A window takes its newest slots, leaves gaps out, and needs the newest."""
    assert expected == one_area(function, values, slots)


@given(
    st.lists(
        st.lists(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["average", "total", "lowest", "highest", "previous"]),
    st.integers(1, 6),
)
def test_areas_do_not_meet_in_a_window(rows, function, slots):
    """Each area's window is, bit for bit, what it would be alone."""
    together = window(function, Newest([np.array(row) for row in rows]), slots)
    alone = [
        window(function, Newest([np.array([row[i]]) for row in rows]), slots)[0] for i in range(3)
    ]
    assert np.array(alone).tobytes() == together.tobytes()


def test_columns_in_the_ring_are_left_alone():
    """A window writes into none of the columns it reads."""
    ring = [np.array([1.0, NAN]), np.array([2.0, 3.0])]
    for column in ring:
        column.flags.writeable = False
    for function in ("average", "total", "lowest", "highest", "previous"):
        window(function, Newest(ring), 2)
