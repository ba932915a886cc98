"""The session when something goes wrong: one fault at a time, and what is told of it."""

import json
from dataclasses import replace

import pytest

from rulegrid.exchange.effects import (
    BegunAnew,
    Deaf,
    Dropped,
    Ended,
    Foreign,
    Proved,
    Unreported,
)
from rulegrid.exchange.session import Session, Settings
from rulegrid.grid import read_slot
from tests.building import after, program
from tests.exchange.adversary import CLEAN, FROM_EVENTS, FROM_STATISTICS, LOST
from tests.exchange.said import Talk, event
from tests.exchange.session_laws import named
from tests.exchange.trial import Trial

DEAF = replace(CLEAN, deaf=True)
SILENT = replace(CLEAN, answer=LOST)
NO_EVENT = replace(CLEAN, event=LOST)
ASLEEP = replace(CLEAN, asleep=True)


def outcome(trial, slot):
    concluded = trial.laws.concluded[after(slot)]
    return concluded.status, concluded.why


@pytest.fixture
def trial():
    return Trial(FROM_EVENTS)


def test_a_deaf_exchange_is_reported_after_two_slots(trial):
    """Events go on and nothing is answered: said after two slots, and at every slot from then."""
    trial.world.play(CLEAN, 3)
    trial.world.play(DEAF, 4)
    assert [2, 3, 4] == [alarm.slots for alarm in trial.laws.told(Deaf)]


def test_a_deaf_exchange_is_no_foreign_operator():
    """Its fees stay as they were: nobody else has set them, and the run does not end for it."""
    trial = Trial(FROM_EVENTS, on_foreign_fee="stop")
    trial.world.play(CLEAN, 3)
    trial.world.play(DEAF, 6)
    assert [] == trial.laws.told(Foreign)
    assert not trial.is_over


def test_an_exchange_whose_answers_are_late_is_not_deaf(trial):
    """An answer to a slot that is over proves that we are heard."""
    trial.world.play(replace(CLEAN, answer=1.2), 6)
    assert [] == trial.laws.told(Deaf)
    assert "an answer that came 1 slots late" in {each.reason for each in trial.laws.told(Dropped)}


def test_events_that_queued_up_are_no_deaf_exchange(trial):
    """A slot that is cut short by the next event, as in a burst of them, might have been heard."""
    trial.world.play(CLEAN, 3)
    trial.world.play(ASLEEP, 5)
    trial.world.play(CLEAN, 2)
    assert [] == trial.laws.told(Deaf)


def test_a_fee_of_somebody_else_is_named_and_overwritten(trial):
    """Our next batch goes out all the same, and the alarm is over when our fee is back."""
    trial.world.play(CLEAN, 3)
    trial.world.overwrite("Mill", 27.5)
    trial.world.play(CLEAN, 3)
    (alarm,) = trial.laws.told(Foreign)
    assert ({"Mill"}, 1) == (named(alarm.grid.ids, alarm.areas), alarm.in_a_row)


def test_the_fee_that_was_in_force_before_ours_is_nobodys(trial):
    """Nobody can see whether it was set again or whether our batches are not taken."""
    trial.world.overwrite("Mill", 27.5)
    trial.world.play(replace(CLEAN, silent=frozenset({"Mill"})))
    trial.world.overwrite("Mill", 27.5)
    trial.world.play(CLEAN)
    assert [] == trial.laws.told(Foreign)
    assert [{"Mill"}] == [named(p.grid.ids, p.differs) for p in trial.laws.told(Proved)]


def test_three_slots_of_foreign_fees_end_a_run_that_is_told_to_stop():
    """The slot in which it ends is a missed one, with the reason."""
    trial = Trial(FROM_EVENTS, on_foreign_fee="stop")
    trial.world.play(CLEAN, 3)
    for _ in range(3):
        trial.world.overwrite("Mill", 27.5)
        trial.world.play(CLEAN)
    fault = "somebody else has set our fees for 3 slots in a row"
    assert [Ended(fault)] == trial.laws.told(Ended)
    assert ("missed", fault) == outcome(trial, 5)
    trial.laws.all_is_explained(over=True)


def test_with_no_interval_known_only_the_first_send_is_made(trial):
    """Neither silence nor a link that comes back makes a second one in the first slot."""
    trial.world.play(replace(SILENT, cut=(0.3, 0.4)))
    trial.world.play(CLEAN)
    assert 1 == trial.laws.sends_in(after(0))
    assert ("sent", "the batch was not answered, and the next slot has begun") == outcome(trial, 0)


def test_what_is_not_answered_is_sent_three_times_until_the_deadline(trial):
    """At the event and twice more within three quarters of the slot, then it is let go."""
    trial.world.play(CLEAN, 3)
    trial.world.play(SILENT)
    assert 3 == trial.laws.sends_in(after(3))
    why = "the batch was not answered, and the slot's deadline has passed"
    assert ("sent", why) == outcome(trial, 3)


def test_a_link_that_comes_back_within_the_slot_is_used_at_once(trial):
    """The batch was lost with the link; it is sent again when the link is there."""
    trial.world.play(CLEAN, 3)
    trial.world.play(replace(CLEAN, cut=(0.05, 0.6)))
    trial.world.play(CLEAN)
    assert ("missed", "no market event came") == outcome(trial, 3)
    trial.world.play(replace(CLEAN, cut=(0.105, 0.6)))
    trial.world.play(CLEAN)
    assert ("sent", "") == outcome(trial, 5)
    assert {} == trial.laws.wrong.get(after(6), {})


@pytest.mark.parametrize("text", [FROM_EVENTS, FROM_STATISTICS])
def test_events_that_queued_up_do_not_shorten_the_deadline(text):
    """After six slots' events have come at once the next is answered in its slot as ever."""
    trial = Trial(text)
    trial.world.play(CLEAN, 6)
    trial.world.play(ASLEEP, 6)
    trial.prove_recovery()
    assert 0 == trial.unfit
    assert 0.75 * 900 == pytest.approx(trial.laws.window)


def test_statistics_that_never_come_make_a_missed_slot():
    """The slot says what it waited for; the next slot's statistics are asked for anew."""
    trial = Trial(FROM_STATISTICS)
    trial.world.play(CLEAN, 3)
    trial.world.play(SILENT)
    why = "statistics were not answered, and the slot's deadline has passed"
    assert ("missed", why) == outcome(trial, 3)
    trial.prove_recovery()


def test_statistics_that_come_after_the_deadline_make_a_held_slot():
    """The fees are decided and not sent: they could not be in force in time."""
    trial = Trial(FROM_STATISTICS)
    trial.world.play(CLEAN, 3)
    trial.world.play(replace(CLEAN, answer=0.6), 2)
    assert {("missed", "statistics were not answered, and the slot's deadline has passed")} == {
        outcome(trial, 3),
        outcome(trial, 4),
    }


def test_an_unanswered_batch_is_not_believed_to_be_lost():
    """With `send: changed`: a batch that may be taken late is answered with all that differs."""
    trial = Trial(FROM_EVENTS, send="changed")
    trial.world.play(CLEAN, 3)
    trial.world.play(replace(CLEAN, command=0.85, answer=LOST))
    trial.prove_recovery()


def test_a_batch_withheld_is_none_of_ours(trial):
    """What the journal kept from being sent is not expected to be in force."""
    trial.world.play(CLEAN, 3)
    trial.world.play(replace(CLEAN, withheld=True))
    assert ("held", "the journal cannot be written") == outcome(trial, 3)
    trial.prove_recovery()


def test_events_lost_at_the_start_are_no_other_slot_length(trial):
    """Every other event missing is bad luck; from the start and three times it is a rule."""
    trial.world.play(CLEAN)
    for _ in range(2):
        trial.world.play(NO_EVENT)
        trial.world.play(CLEAN)
    assert not trial.is_over
    trial.world.play(NO_EVENT)
    trial.world.play(CLEAN)
    (ended,) = trial.laws.told(Ended)
    assert "write `slot_length: 30 min`" in ended.fault
    assert ("missed", "no market event came") == outcome(trial, 5)
    assert ("missed", ended.fault) == outcome(trial, 6)
    trial.laws.all_is_explained(over=True)


def test_an_event_that_comes_late_shows_that_slots_are_no_longer(trial):
    """It is too late to be answered, but it proves that the exchange has such a slot."""
    trial.world.play(CLEAN)
    trial.world.play(NO_EVENT)
    trial.world.play(CLEAN)
    trial.world.play(replace(CLEAN, event=1.2))
    trial.world.play(CLEAN)
    trial.world.play(NO_EVENT)
    trial.world.play(CLEAN)
    assert "an event for 2026-01-12T12:45, which is not new" in {
        dropped.reason for dropped in trial.laws.told(Dropped)
    }
    assert not trial.is_over
    assert "sent" == outcome(trial, 4)[0]


def test_a_second_copy_of_an_event_shows_nothing_of_the_length_of_slots():
    """Nor does one that waited since another run of the exchange."""
    talk = Talk(program("areas: {Grid: 2}"))
    for number in (0, 0, 2, 0, 4, 4, -99, 6):
        talk.hear(event(number))
    (ended,) = talk.all(Ended)
    assert "write `slot_length: 30 min`" in ended.fault


def test_an_event_every_second_slot_later_on_is_no_other_slot_length(trial):
    """Once two events have followed each other, silence is only silence."""
    trial.world.play(CLEAN, 2)
    for _ in range(5):
        trial.world.play(NO_EVENT)
        trial.world.play(CLEAN)
    assert not trial.is_over
    assert ("missed", "no market event came") == outcome(trial, 2)


def test_events_that_came_too_close_leave_less_time_for_answers():
    """Where it is too little for the receipt, the fees are sent and in force all the same."""
    trial = Trial(FROM_STATISTICS)
    trial.world.play(ASLEEP)
    trial.world.play(CLEAN)
    trial.world.stop_clock()
    trial.world.play(CLEAN)
    trial.prove_recovery()
    why = "the batch was not answered, and the slot's deadline has passed"
    assert ("sent", why) == outcome(trial, 3)
    assert 1 == trial.unfit


def test_the_settings_are_those_of_the_safe_side():
    """Unless told otherwise all fees are sent, and a foreign fee is an alarm."""
    settings = Settings("aggregator", "run")
    assert ("all", "alarm", False) == (settings.send, settings.on_foreign_fee, settings.dry_run)


def event_at(slot, fee=1.0):
    tree = {"u": {"area_name": "Grid", "current_market_fee": fee, "children": {}}}
    return json.dumps({"event": "market", "market_slot": slot, "grid_tree": tree}).encode()


def begun(*slots):
    session = Session(program("areas: {Grid: 2}"), Settings("A", "run"))
    effects = []
    for number, slot in enumerate(slots):
        session, more = session.receive(event_at(slot), float(number))
        effects.extend(more)
    return session, effects


def test_an_exchange_that_begins_anew_is_followed():
    """Two events in order, long before the newest, are another run: memory starts afresh."""
    session, effects = begun(
        "2021-07-01T12:00", "2021-07-01T12:15", "2021-07-01T00:15", "2021-07-01T00:30"
    )
    assert [BegunAnew(read_slot("2021-07-01T00:30"), read_slot("2021-07-01T12:15"))] == [
        effect for effect in effects if isinstance(effect, BegunAnew)
    ]
    assert read_slot("2021-07-01T00:30") == session.newest


@pytest.mark.parametrize(
    "late",
    [
        ["2021-07-01T11:45", "2021-07-01T12:00"],
        ["2021-07-01T00:15"],
        ["2021-07-01T00:15", "2021-07-01T00:15"],
        ["2021-07-01T00:15", "2021-07-01T12:30", "2021-07-01T00:30"],
    ],
)
def test_late_events_are_no_new_beginning(late):
    """Neither those of the newest slots, nor a single one, nor one that comes twice."""
    session, effects = begun("2021-07-01T12:00", "2021-07-01T12:15", *late)
    assert not [effect for effect in effects if isinstance(effect, BegunAnew)]
    assert session.newest >= read_slot("2021-07-01T12:15")


def test_a_metric_that_is_never_reported_is_told_at_the_start():
    """Null indicators, as in the web mode of a real exchange, are named once."""
    text = "areas: {Grid: {fee: 2 + 2 * self_sufficiency / 100 %, when_no_data: 1}}"
    session = Session(program(text), Settings("A", "run"))
    told = []
    for number, slot in enumerate(("2021-07-01T12:00", "2021-07-01T12:15")):
        session, effects = session.receive(event_at(slot), float(number))
        asked = json.loads(effects[-1].payload)
        responses = {"u": [{"command": "dso_market_stats", "status": "ready", "market_stats": {}}]}
        answer = {"transaction_id": asked["transaction_id"], "responses": responses}
        body = {"command": "batch_commands", **answer}
        session, effects = session.receive(json.dumps(body).encode(), float(number))
        told += [effect for effect in effects if isinstance(effect, Unreported)]
    assert [Unreported(("self_sufficiency",))] == told
