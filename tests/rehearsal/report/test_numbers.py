"""What is drawn of a long history: nothing that stands out is lost."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.rehearsal.report.peaks import MOST_PEAKS, Peak, Peaks, summits
from rulegrid.rehearsal.report.thinning import (
    MOST_POINTS,
    duration,
    hourly,
    stride,
    thinned,
    thinned_places,
)

FEES = st.lists(st.none() | st.integers(-3, 9), min_size=1, max_size=60).map(
    lambda fees: np.array([np.nan if fee is None else fee for fee in fees], dtype=np.float64)
)


def test_a_short_series_is_drawn_as_it_is():
    """Up to the number of points that a page shows, each slot is a point."""
    values = np.arange(float(MOST_POINTS))
    assert thinned(values) is values
    assert list(range(MOST_POINTS)) == thinned_places(MOST_POINTS)


@given(st.integers(MOST_POINTS + 1, 40_000), st.integers(0, 2**32 - 1))
def test_thinning_keeps_the_lowest_and_the_highest_of_every_pixel(slots, seed):
    """No peak is lost, no point is made up, and there are no more of them than asked for."""
    values = np.random.default_rng(seed).normal(size=slots)
    values[:: max(slots // 7, 1)] = np.nan
    points, step = thinned(values), stride(slots)
    assert len(points) == len(thinned_places(slots)) <= MOST_POINTS + 2
    for pixel in range(0, slots, step):
        known = values[pixel : pixel + step]
        known = known[~np.isnan(known)]
        drawn = points[2 * (pixel // step) : 2 * (pixel // step) + 2]
        if len(known):
            assert {known.min(), known.max()} == set(drawn.tolist())
        else:
            assert np.isnan(drawn).all()


def test_thinning_draws_a_fall_as_a_fall():
    """The lowest and the highest of a pixel come in the order in which they were."""
    values = -np.arange(2.0 * MOST_POINTS)
    assert (np.diff(thinned(values)) < 0).all()


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
