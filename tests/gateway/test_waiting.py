"""How long a live link waits, on a clock that is only numbers."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from rulegrid.gateway.waiting import Backoff, Patience, Pulse, Rhythm

PATIENCE = Patience(ping=20, pong=10, silence=30)


def test_pauses_double_up_to_the_ceiling_and_are_drawn_below_it():
    """Full jitter: any length up to the limit, so that not all come back at once."""
    whole = Backoff(draw=lambda: 1.0)
    assert [0.5, 1, 2, 4, 8, 16, 30, 30] == [whole.pause(30) for _ in range(8)]
    assert 3 == whole.pause(3)
    whole.reset()
    assert 0.5 == whole.pause(30)
    assert 0.0 == Backoff(draw=lambda: 0.0).pause(30)
    drawn = [Backoff().pause(30) for _ in range(100)]
    assert len(set(drawn)) > 90
    assert 0 <= min(drawn) <= max(drawn) <= 0.5


def test_pauses_stay_under_the_ceiling_for_months():
    """Thousands of tries are no number too large for a float."""
    tried = Backoff(draw=lambda: 1.0)
    assert 30 == [tried.pause(30) for _ in range(5000)][-1]


def test_the_length_of_a_slot_is_learned_from_events():
    """The median of the last five intervals: one late event changes nothing."""
    rhythm = Rhythm()
    assert (None, 30, 60, inf, 10) == (
        rhythm.interval,
        rhythm.ceiling(30),
        rhythm.due(60),
        rhythm.due(inf),
        rhythm.step(10),
    )
    for moment in (0, 15, 30, 50, 60, 75):
        rhythm.beat(moment)
    assert (15, 1.5, 22.5, 3.75) == (
        rhythm.interval,
        rhythm.ceiling(30),
        rhythm.due(60),
        rhythm.step(10),
    )
    for moment in range(76, 90):
        rhythm.beat(moment)
    assert (1, 0.1, 1.5, 0.25) == (
        rhythm.interval,
        rhythm.ceiling(30),
        rhythm.due(60),
        rhythm.step(10),
    )


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20))
def test_waits_are_bounded_whatever_the_events(steps):
    """Also where they all come at once, after a suspend for example."""
    rhythm, now = Rhythm(), 0.0
    for step in steps:
        now += step
        rhythm.beat(now)
    assert 0.1 <= rhythm.ceiling(30) <= 30
    assert 0.25 <= rhythm.step(10) <= 10
    assert rhythm.due(60) >= 1


def test_a_quiet_connection_is_asked_and_lives_as_long_as_it_answers():
    """Anything heard is an answer."""
    pulse = Pulse(PATIENCE, Rhythm())
    pulse.connected(100)
    assert (120, False, "") == (pulse.next, pulse.must_ask(119.9), pulse.fault(119.9))
    assert pulse.must_ask(120)
    pulse.asked(120)
    assert (130, False, "") == (pulse.next, pulse.must_ask(125), pulse.fault(129.9))
    pulse.heard(129)
    assert (149, False, "") == (pulse.next, pulse.must_ask(148.9), pulse.fault(148.9))
    pulse.asked(149)
    assert "there was no sign of life for 30 s" == pulse.fault(159)


def test_missing_events_are_waited_for_longer_each_time():
    """From one and a half slots on, 30 s at least; a simulation may be paused for days."""
    rhythm = Rhythm()
    pulse = Pulse(PATIENCE, rhythm)
    for moment in (0, 100, 200):
        pulse.event(moment)
    now = 200.0
    waits = []
    for _ in range(4):
        pulse.connected(now)
        start = now
        while not (fault := pulse.fault(now)):
            now += 1
            pulse.heard(now)
        waits.append(now - start)
        assert fault.startswith("no market event came")
    assert [150, 300, 600, 1200] == waits
    pulse.event(now)
    assert now + PATIENCE.ping == pulse.next
    assert not pulse.fault(now + 149)


def test_before_there_are_events_they_are_not_missed():
    """A first slot can take a day."""
    pulse = Pulse(PATIENCE, Rhythm())
    pulse.connected(0)
    pulse.event(10)
    pulse.heard(86_400)
    assert not pulse.fault(86_400)
