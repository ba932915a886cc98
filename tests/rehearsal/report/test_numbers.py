"""What is drawn of a long history: nothing that stands out is lost."""

from dataclasses import asdict
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.rehearsal.report.closer import MEASURED, MOST_AREAS, MOST_NUMBERS, areas_shown
from rulegrid.rehearsal.report.packing import packed
from rulegrid.rehearsal.report.peaks import MOST_PEAKS, Peak, Peaks, summits
from rulegrid.rehearsal.report.thinning import MOST_VALUES, duration, hourly, stride, thinned
from tests.rehearsal.report.pages import unpacked

FEES = st.lists(st.none() | st.integers(-3, 9), min_size=1, max_size=60).map(
    lambda fees: np.array([np.nan if fee is None else fee for fee in fees], dtype=np.float64)
)

NUMBERS = st.none() | st.floats(-3e9, 3e9) | st.integers(-5, 5).map(float)


@given(st.integers(1, 10**8), st.integers(1, 50))
def test_what_is_drawn_takes_bounded_memory(slots, rulebooks):
    """As many areas are shown as there is room for; a year of three rulebooks has room for all."""
    areas = areas_shown(slots, rulebooks)
    taken = slots * (rulebooks + len(MEASURED))
    assert areas == 1 or areas * taken <= MOST_NUMBERS
    assert areas == MOST_AREAS or (areas + 1) * taken > MOST_NUMBERS
    assert MOST_AREAS == areas_shown(35_040, 3)


def test_a_short_series_is_held_as_it_is():
    """As long as a page has room for all values, each slot keeps its own."""
    values = np.arange(1000.0)
    assert 1 == stride(1000, MOST_VALUES // 1000)
    assert [values] == thinned(values, 1)


@given(st.integers(1, 10**6), st.integers(1, 1000))
def test_a_page_holds_a_bounded_number_of_values(slots, curves):
    """Three for each place, where slots have to share one."""
    step = stride(slots, curves)
    held = slots if step == 1 else 3 * -(-slots // step)
    assert curves * held <= MOST_VALUES + 3 * curves


@given(st.integers(1, 500), st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_thinning_keeps_the_lowest_the_highest_and_the_mean_of_every_place(slots, step, seed):
    """No peak is lost, and where a place has no data there is none."""
    values = np.random.default_rng(seed).normal(size=slots)
    values[:: max(slots // 7, 1)] = np.nan
    lowest, highest, mean = thinned(values, step)
    assert -(-slots // step) == len(lowest) == len(highest) == len(mean)
    for at, place in enumerate(range(0, slots, step)):
        known = values[place : place + step]
        known = known[~np.isnan(known)].tolist()
        if known:
            assert (min(known), max(known)) == (lowest[at], highest[at])
            assert mean[at] == pytest.approx(fmean(known))
        else:
            assert np.isnan([lowest[at], highest[at], mean[at]]).all()


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_what_is_packed_is_what_comes_out(series):
    """To four digits after the point; to nine digits in all, where numbers are large."""
    columns = [np.array([np.nan if each is None else each for each in one]) for one in series]
    for before, after in zip(series, unpacked(asdict(packed(columns))), strict=True):
        largest = max((abs(each) for each in before if each is not None), default=0.0)
        precision = max(1e-4, largest * 1e-8) / 2 + 1e-12
        for one, other in zip(before, after, strict=True):
            if one is None:
                assert other is None
            elif abs(one) < 2**31 - 1:
                assert other == pytest.approx(one, abs=precision)


@given(FEES)
def test_a_duration_curve_falls_from_the_highest_to_the_lowest(fees):
    """It ends at all of the time, and slots without a fee do not count."""
    shares, heights = duration(fees)
    known = fees[~np.isnan(fees)]
    if len(known):
        assert (known.max(), known.min(), 100.0) == (heights[0], heights[-1], shares[-1])
        assert shares == sorted(shares)
        assert (np.diff(heights) <= 0).all()
    else:
        assert ([], 0) == (shares, len(heights))


@given(FEES, st.integers(1, 9))
def test_the_first_summit_is_the_highest_fee_where_it_begins(fees, apart):
    """The others are lower or later, far enough away, and never without a fee."""
    found = summits(fees, apart)
    if np.isnan(fees).all():
        assert [] == found
        return
    assert int(np.nanargmax(fees)) == found[0]
    assert len(found) <= MOST_PEAKS
    assert not np.isnan(fees[found]).any()
    assert all(abs(one - other) > apart for one in found for other in found if one != other)


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 9)), max_size=40))
def test_the_highest_peaks_stay_in_whatever_order_they_come(met):
    """The highest of all is always among them, and they are few and apart."""
    peaks = Peaks(apart=5)
    for index, fee in met:
        if peaks.wants(index, fee):
            peaks.add(Peak(index, fee, ""))
    heights = [each.fee for each in peaks.found]
    assert heights == sorted(heights, reverse=True)
    assert heights[:1] == sorted((fee for _, fee in met), reverse=True)[:1]
    assert len(heights) <= MOST_PEAKS
    places = [each.index for each in peaks.found]
    assert all(abs(one - other) > 5 for one in places for other in places if one != other)


def test_a_heat_map_holds_the_mean_of_each_hour():
    """Slots without a fee do not count, and an hour without any has none."""
    means = hourly(np.array([1.0, 3.0, np.nan, 8.0]), [0, 0, 0, 1], [7, 7, 7, 23], 2)
    assert (2.0, 8.0) == (means[0, 7], means[1, 23])
    assert 46 == np.isnan(means).sum()
