"""The slots of a recorded day, played once, in part, or over and over."""

from datetime import timedelta
from itertools import pairwise

import pytest

from rulegrid.exchange.playlist import Playlist
from rulegrid.gateway.recording import embedded_day
from rulegrid.grid import write_slot
from tests.exchange.played import day_of, recorded

CITY = embedded_day()
SHORT = day_of(recorded("big341"))


def times(playlist, numbers):
    return [write_slot(playlist.slot(number).slot) for number in numbers]


def test_a_day_is_played_once_as_it_was_recorded():
    """Its slots themselves, and nothing after the last."""
    playlist = Playlist(CITY)
    assert list(CITY.slots) == [playlist.slot(number) for number in range(95)]
    assert playlist.slot(95) is None
    assert playlist.slot(-1) is None
    assert 95 == len(playlist)


def test_a_day_is_played_in_part():
    """So many events, but no more than there are."""
    assert Playlist(CITY, slots=3).slot(2) is not None
    assert Playlist(CITY, slots=3).slot(3) is None
    assert (3, 95) == (len(Playlist(CITY, slots=3)), len(Playlist(CITY, slots=200)))


@pytest.mark.parametrize("day", [CITY, SHORT], ids=["a full day", "a part of a day"])
def test_a_loop_has_no_gap(day):
    """Each slot follows the one before at the usual distance, for ever."""
    playlist = Playlist(day, loop=True)
    slots = [playlist.slot(number).slot for number in range(5 * len(playlist))]
    assert {day.slot_length} == {after - before for before, after in pairwise(slots)}


def test_a_full_day_keeps_its_times_of_day():
    """Tomorrow noon shows what today's does; midnight, which was not recorded, shows the last."""
    playlist = Playlist(CITY, loop=True)
    assert ["2021-07-01T00:15", "2021-07-01T23:45", "2021-07-02T00:00", "2021-07-02T00:15"] == (
        times(playlist, (0, 94, 95, 96))
    )
    for number in range(95):
        today, tomorrow = playlist.slot(number), playlist.slot(number + 96)
        assert today.slot + timedelta(days=1) == tomorrow.slot
        assert today.payload is tomorrow.payload
    assert CITY.slots[-1].payload is playlist.slot(95).payload


def test_a_part_of_a_day_goes_on_where_it_ends():
    """Without a slot shown twice."""
    playlist = Playlist(SHORT, loop=True)
    assert len(SHORT.slots) == len(playlist)
    assert SHORT.slots[0].payload is playlist.slot(len(playlist)).payload


def test_a_loop_can_have_an_end():
    """After so many slots, however often the day begins anew."""
    playlist = Playlist(SHORT, loop=True, slots=100)
    assert playlist.slot(99) is not None
    assert playlist.slot(100) is None
    assert 100 == len(playlist)
