"""From the raw fee to the final fee: the order of the steps, and the laws that every fee keeps."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulegrid.engine.limits import Step, flag_names, settle
from rulegrid.program import Limits
from tests.building import column

TENTHS = Limits(decimals=1)
N = None


def settled(raw, before, limits: Limits, when_no_data="keep", *, held=False):
    """The final fee of one area and the names of the limits that changed it."""
    result = settle(column(raw), column(before), np.array([held]), (limits, when_no_data))
    fee = float(result.fee[0])
    return None if np.isnan(fee) else fee, " ".join(flag_names(int(result.flags[0])))


STEPS = [
    # raw, before, limits, fee, the limits that changed it
    (2.4, N, Limits(), 2, "decimals"),
    (2.0, N, Limits(), 2, ""),
    (0.5, N, Limits(), 1, "decimals"),
    (2.5, N, Limits(), 3, "decimals"),
    (2.675, N, Limits(decimals=2), 2.68, "decimals"),
    (1.005, N, Limits(decimals=2), 1.01, "decimals"),
    (-3.0, N, Limits(), 0, "min"),
    (-0.0, N, Limits(), 0, ""),
    (31.0, N, Limits(maximum=30), 30, "max"),
    (2000.0, N, Limits(), 1000, "max"),
    (1.0, N, Limits(minimum=2.25), 3, "min decimals"),  # 2 is under 2.25
    (1.0, N, Limits(minimum=2.75), 3, "min decimals"),
    (9.0, N, Limits(maximum=5.5), 5, "max decimals"),  # 6 is over 5.5
    (9.0, N, Limits(maximum=5.25), 5, "max decimals"),
    (9.0, 2, Limits(max_change=5), 7, "max_change"),
    (9.0, 20, Limits(max_change=5), 15, "max_change"),
    (9.0, N, Limits(max_change=5), 9, ""),  # nothing is known that it could be too far from
    (9.0, 2, Limits(max_change=1.5), 3, "max_change decimals"),  # 3.5 is rounded towards 2
    (0.0, 5, Limits(max_change=1.5), 4, "max_change decimals"),  # 3.5 is rounded towards 5
    (9.0, 2.4, Limits(max_change=1), 3, "max_change decimals"),
    (0.0, 2.4, Limits(max_change=1), 2, "max_change decimals"),  # 1.4 is rounded towards 2.4
    (9.0, 0.1234567, Limits(decimals=7, max_change=1e-7), 0.1234568, "max_change"),
    (0.0, 0.1234567, Limits(decimals=7, max_change=1e-7), 0.1234566, "max_change"),
    (9.0, 0.3, replace(TENTHS, max_change=0.1), 0.4, "max_change"),  # 0.3 + 0.1 is no 0.4
    (0.0, 0.8, replace(TENTHS, max_change=0.1), 0.7, "max_change"),
    (9.0, 2, Limits(minimum=6, max_change=1), 6, "min max_change"),  # min goes before max_change
    (9.0, 20, Limits(maximum=10, max_change=1), 10, "max max_change"),
    (2.2, 2, replace(TENTHS, dead_band=0.3), 2, "dead_band"),
    (2.3, 2, replace(TENTHS, dead_band=0.3), 2.3, ""),  # smaller than, not up to
    (1.9, 2, replace(TENTHS, dead_band=0.1), 1.9, ""),  # 2 - 1.9 is more than 0.1 in floats
    (2.6, 2, Limits(dead_band=0.7), 2, "dead_band"),  # before it is rounded to 3
    (2.2, N, replace(TENTHS, dead_band=5), 2.2, ""),
    (2.0, 2, replace(TENTHS, dead_band=5), 2, ""),
    (N, 2.25, Limits(), 2.25, ""),  # kept as it is, decimals or not
    (N, 2.25, Limits(minimum=3), 3, "min"),
    (N, 2.25, Limits(maximum=2), 2, "max"),
    (N, 2.25, Limits(maximum=1.75, max_change=1), 1, "max"),  # whole cents, once it has to move
    (N, 2.25, Limits(minimum=2.75), 3, "min"),
    (N, N, Limits(minimum=3), N, ""),
]


@pytest.mark.parametrize(("raw", "before", "limits", "fee", "names"), STEPS)
def test_the_steps_come_in_the_order_of_the_language(raw, before, limits, fee, names):
    """min, max, max_change, dead_band, hold, decimals, and min and max once more."""
    assert (fee, names) == settled(raw, before, limits)


HELD = [
    (9.0, 2, Limits(hold_slots=2), 2, "hold"),
    (2.0, 2, Limits(hold_slots=2), 2, ""),
    (9.0, N, Limits(hold_slots=2), 9, ""),
    (9.0, 2, Limits(hold_slots=2, minimum=3), 3, "min hold"),
    (9.0, 2, Limits(hold_slots=2, max_change=1), 2, "max_change hold"),
    (N, 2, Limits(hold_slots=2), 2, ""),
    (9.0, 2, Limits(), 9, ""),
]


@pytest.mark.parametrize(("raw", "before", "limits", "fee", "names"), HELD)
def test_a_held_fee_stays_but_for_min_and_max(raw, before, limits, fee, names):
    """`hold` keeps the fee in force where one is known."""
    assert (fee, names) == settled(raw, before, limits, held=True)


WITHOUT_DATA = [
    # before, when_no_data, limits, fee, names
    (3.5, "keep", Limits(max_change=1, dead_band=1), 3.5, ""),
    (N, "keep", Limits(), N, ""),
    (3.5, "skip", Limits(), N, ""),
    (3.5, "skip", Limits(minimum=5, max_change=1), N, ""),
    (N, "skip", Limits(), N, ""),
    (3, 7.0, Limits(), 7, ""),
    (3, 7.25, Limits(), 7, "decimals"),
    (3, 7.0, Limits(max_change=2), 5, "max_change"),
    (3, 3.25, replace(TENTHS, dead_band=0.5), 3, "dead_band"),
    (3, 7.0, Limits(maximum=4), 4, "max"),
    (N, 7.0, Limits(max_change=2), 7, ""),
]


@pytest.mark.parametrize(("before", "when_no_data", "limits", "fee", "names"), WITHOUT_DATA)
def test_without_data_the_rulebook_says_what_to_do(before, when_no_data, limits, fee, names):
    """`keep` skips max_change to decimals, `skip` sends nothing, a number goes all the way."""
    assert (fee, names) == settled(None, before, limits, when_no_data)


def test_the_stages_tell_each_step_that_changed_the_number():
    """The way of a fee can be shown step by step, with the number after each."""
    limits = Limits(minimum=1, maximum=8, max_change=3.5, decimals=0)
    result = settle(column(99.0), column(2), np.array([False]), (limits, "keep"))
    way = [("raw", 99.0), *((step.name, float(fee[0])) for step, fee in result.stages)]
    steps = [after for before, after in pairwise(way) if before[1] != after[1]]
    assert [("MAX", 8), ("MAX_CHANGE", 5.5), ("DECIMALS", 5)] == steps


def test_a_kept_and_a_replaced_fee_are_flagged():
    """What was done without data is told from what was decided."""
    fees, before, held = column([None, None, 4.0]), column([2, None, 2]), np.zeros(3, dtype=bool)
    kept = settle(fees, before, held, (Limits(), "keep"))
    assert [Step.KEPT, 0, 0] == kept.flags.tolist()
    replaced = settle(fees, before, held, (Limits(), 5.0))
    assert [Step.REPLACED, Step.REPLACED, 0] == replaced.flags.tolist()


@st.composite
def cases(draw):
    """Limits that leave a fee, and an area's raw fee and fee in force, which is on any grid."""
    decimals = draw(st.integers(0, 9))
    step = Decimal(1).scaleb(-decimals)
    low = draw(st.decimals(0, 50, places=draw(st.integers(0, 9))))
    high = draw(st.decimals(0, 2000, places=draw(st.integers(0, 9)))) + low + step
    change = draw(st.none() | st.decimals(step, max(step, Decimal(20)), places=decimals))
    limits = Limits(
        float(low),
        float(high),
        None if change is None else float(change),
        draw(st.none() | st.sampled_from([0.0, 0.1, 0.25, 3.0])),
        draw(st.integers(0, 2)),
        decimals,
    )
    fee = st.decimals(0, 2100, places=draw(st.integers(0, decimals))).map(float)
    raw = draw(fee | st.floats(-1e18, 1e18) | st.none())
    before = draw(st.none() | fee | st.decimals(0, 2100, places=6).map(float))
    return raw, before, limits, draw(st.booleans()), draw(st.sampled_from(["keep", "skip", 2.5]))


def exact(number: float) -> Decimal:
    return Decimal(repr(number))


@settings(max_examples=150)
@given(cases())
def test_a_decided_fee_is_inside_its_rails_and_on_its_grid(case):
    """A fee is within min and max, a whole number of its last decimal, and never minus zero."""
    raw, before, limits, held, when_no_data = case
    fee, _ = settled(raw, before, limits, when_no_data, held=held)
    if raw is None and (when_no_data == "skip" or (when_no_data == "keep" and before is None)):
        assert fee is None
        return
    assert exact(limits.minimum) <= exact(fee) <= exact(limits.maximum)
    if raw is None and when_no_data == "keep" and limits.minimum <= before <= limits.maximum:
        assert before == fee
        return
    assert exact(fee) == exact(fee).quantize(Decimal(1).scaleb(-limits.decimals))
    assert not np.signbit(fee)


@settings(max_examples=150)
@given(cases())
def test_only_min_and_max_may_move_a_fee_further_than_max_change(case):
    """Exactly, in decimals: no fee leaves the reach of the fee in force but to be in the rails."""
    raw, before, limits, held, when_no_data = case
    fee, _ = settled(raw, before, limits, when_no_data, held=held)
    if None in (fee, before, limits.max_change) or fee in (limits.lowest, limits.highest):
        return
    if raw is None and when_no_data == "keep":
        return
    assert abs(exact(fee) - exact(before)) <= exact(limits.max_change)


@settings(max_examples=150)
@given(cases())
def test_a_fee_that_was_settled_is_settled(case):
    """Decided again with the same data once it is in force, a fee moves no more without limits."""
    raw, before, limits, _, when_no_data = case
    assume(raw is not None or when_no_data == 2.5)
    free = replace(limits, max_change=None, dead_band=None, hold_slots=0)
    fee, _ = settled(raw, before, free, when_no_data)
    assert (fee, "") == settled(fee, fee, free, when_no_data)


@given(st.lists(cases(), min_size=1, max_size=6), st.sampled_from(["keep", "skip", 2.5]))
def test_areas_are_settled_each_on_its_own(areas, when_no_data):
    """The fees of many areas at once are the fees of each alone."""
    limits, held = areas[0][2], [area[3] for area in areas]
    raw, before = [area[0] for area in areas], [area[1] for area in areas]
    together = settle(column(raw), column(before), np.array(held), (limits, when_no_data))
    alone = [
        settled(r, b, limits, when_no_data, held=h)
        for r, b, h in zip(raw, before, held, strict=True)
    ]
    names = [" ".join(flag_names(int(flags))) for flags in together.flags]
    fees = [None if np.isnan(fee) else float(fee) for fee in together.fee]
    assert alone == list(zip(fees, names, strict=True))


GRIDS = [
    # minimum, maximum, decimals, lowest, highest
    (0.0, 1000.0, 0, 0, 1000),
    (0.5, 5.5, 0, 1, 5),
    (0.29, 0.57, 2, 0.29, 0.57),
    (0.291, 0.579, 2, 0.3, 0.57),
    (1.1, 8.1, 1, 1.1, 8.1),
    (2.25, 80.004, 4, 2.25, 80.004),
    (2.25, 80.004, 2, 2.25, 80),
]


@pytest.mark.parametrize(("minimum", "maximum", "decimals", "lowest", "highest"), GRIDS)
def test_the_lowest_and_highest_fee_are_on_the_grid(minimum, maximum, decimals, lowest, highest):
    """The rails of the last step are the grid points inside min and max, exact in decimals."""
    limits = Limits(minimum, maximum, decimals=decimals)
    assert (lowest, highest) == (limits.lowest, limits.highest)


@given(st.decimals(0, 2000, places=9), st.integers(0, 9))
def test_the_grid_points_are_those_of_decimal_arithmetic(amount, decimals):
    """`lowest` is the amount rounded up, `highest` the amount rounded down."""
    limits = Limits(float(amount), float(amount), decimals=decimals)
    step = Decimal(1).scaleb(-decimals)
    assert float(amount.quantize(step, "ROUND_CEILING")) == limits.lowest
    assert float(amount.quantize(step, "ROUND_FLOOR")) == limits.highest
