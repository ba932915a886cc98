"""One conversation, message by message: what is asked, sent, concluded and dropped."""

import json
import uuid

import pytest

from rulegrid.exchange.effects import Bound, Concluded, Dropped, Ended, Refused, Send
from rulegrid.exchange.messages import FeeBatch, Rails
from rulegrid.grid import AreaId
from tests.building import VILLAGE, program
from tests.exchange.said import FINISH, Talk, answered, event, of, slot, stats, wire_fees

EVENTS = program("areas: {'*': {fee: volume / 1 kWh, when_no_data: keep}}")
"""Reads only what an event carries."""
STATISTICS = program("areas: {Mill: import / 1 kWh, Grid: 2}")
"""Reads what has to be asked for."""
CLOSED = "2026-01-12T11:45"
"""The slot before noon."""


# What is sent


def test_statistics_are_asked_for_only_when_they_are_read():
    """A rulebook of event metrics sends its fees at once, others ask first and then send."""
    assert {"Grid", "Street", "Mill", "House 1", "House 2"} == set(
        wire_fees(Talk(EVENTS).slot(0, volumes=2))
    )
    talk = Talk(STATISTICS)
    asked = talk.slot(0)
    commands = json.loads(asked.payload)["batch_commands"]
    wanted = [{"type": "dso_market_stats", "data": {"market_slots": [CLOSED]}}]
    assert {"id Mill": wanted, "id Grid": wanted} == commands
    (fees,) = of(Send, talk.hear(answered(asked, stats(bought=3))))
    assert {"Mill": 3, "Grid": 2} == wire_fees(fees)


def test_a_slot_sends_one_batch_and_is_concluded_by_its_answer():
    """Event, batch, receipt: nothing else is sent, and all is confirmed."""
    talk = Talk(EVENTS)
    for number in range(3):
        sent = talk.slot(number, volumes=number + 1)
        assert [] == [c for c in talk.concluded if c[0] == number]
        talk.hear(answered(sent))
    assert [(0, "sent"), (1, "sent"), (2, "sent")] == talk.concluded
    assert 3 == len(talk.all(Send))
    for concluded in talk.all(Concluded):
        assert concluded.receipt.confirmed.all()
        assert "" == concluded.why


def test_a_batch_on_the_wire_is_what_the_interface_documents():
    """One command an area, whole numbers as integers, everything else as it is."""
    text = "areas: {Grid: 2, Mill: 0.5, Street: 2.10}\nlimits: {decimals: 2}"
    sent = Talk(program(text)).slot(0)
    assert (
        b'{"type":"BATCHED","transaction_id":"%s","aggregator_uuid":"our-id","batch_commands":{'
        b'"id Grid":[{"type":"grid_fees","data":{"fee_const":2}}],'
        b'"id Street":[{"type":"grid_fees","data":{"fee_const":2.1}}],'
        b'"id Mill":[{"type":"grid_fees","data":{"fee_const":0.5}}]}}'
    ) % sent.transaction.encode() == sent.payload


def test_a_percentage_goes_out_as_one():
    """The kind of fee is that of the rulebook."""
    sent = Talk(program("fee_unit: percent\nareas: {Grid: 12}")).slot(0)
    listed = json.loads(sent.payload)["batch_commands"]["id Grid"]
    assert [{"type": "grid_fees", "data": {"fee_percent": 12}}] == listed


OUTSIDE = [-1.0, 5.5, float("nan"), float("inf"), -float("inf"), 1e300]


@pytest.mark.parametrize("fee", OUTSIDE)
def test_a_fee_outside_its_rails_cannot_be_built(fee):
    """There is no batch with such a fee: whoever decided it has a bug."""
    with pytest.raises(ValueError, match="outside its rails"):
        FeeBatch({AreaId("a"): 1.0, AreaId("b"): fee}, Rails(0.5, 5.0))


def test_only_changed_fees_are_sent_once_all_have_been():
    """`send: changed` names every area at first, then those whose fee is another one."""
    talk = Talk(EVENTS, send="changed")
    first = talk.slot(0, volumes=2)
    assert 5 == len(wire_fees(first))
    talk.hear(answered(first))
    in_force = wire_fees(first)
    second = talk.slot(1, in_force, {**dict.fromkeys(in_force, 2), "Mill": 3})
    assert {"Mill": 3} == wire_fees(second)
    talk.hear(answered(second))
    in_force |= {"Mill": 3}
    assert [] == of(Send, talk.hear(event(2, in_force, in_force)))
    assert [(0, "sent"), (1, "sent"), (2, "held")] == talk.concluded


def test_a_dry_run_asks_and_decides_and_sends_no_fee():
    """Our own fees count as sent: the next slot stands on them."""
    text = "areas: {Mill: import / 1 kWh}\nlimits: {max_change: 2}"
    talk = Talk(program(text), dry_run=True)
    for number, bought in enumerate([1, 9, 9]):
        asked = talk.slot(number, {"Mill": 50})
        assert {} == wire_fees(asked)
        talk.hear(answered(asked, stats(bought)))
    assert [(0, "dry-run"), (1, "dry-run"), (2, "dry-run")] == talk.concluded
    mill = [c.cycle.fee[c.cycle.binding.grid.index["id Mill"]] for c in talk.all(Concluded)]
    assert [48, 46, 44] == mill
    batches = [dict(concluded.batch.fees) for concluded in talk.all(Concluded)]
    assert [{"id Mill": 48}, {"id Mill": 46}, {"id Mill": 44}] == batches


# Transactions


def test_a_transaction_is_named_after_run_rulebook_slot_and_purpose():
    """Held again, a conversation says the same; anything else has another id."""
    ids = set()
    for text in ("areas: {Mill: import / 1 kWh}", "areas: {Mill: export / 1 kWh}"):
        for number in range(3):
            talk = Talk(program(text))
            asked = talk.slot(number)
            (fees,) = of(Send, talk.hear(answered(asked, stats(1, 1))))
            ids |= {asked.transaction, fees.transaction}
    assert 2 * 3 * 2 == len(ids)
    again = Talk(program("areas: {Mill: import / 1 kWh}")).slot(0)
    assert again.transaction in ids
    for each in ids:
        assert str(uuid.UUID(each)) == each


# Events


def test_an_event_that_is_not_new_is_dropped():
    """The same slot twice, or an older one, neither sends nor decides anything."""
    talk = Talk(EVENTS)
    talk.hear(answered(talk.slot(3, volumes=1)))
    for number in (3, 2, 0):
        (dropped,) = talk.hear(event(number, volumes=9))
        assert isinstance(dropped, Dropped)
        assert f"{slot(number):%Y-%m-%dT%H:%M}" in dropped.reason
    assert 1 == len(talk.all(Send))
    assert [(3, "sent")] == talk.concluded


def test_a_second_event_does_not_disturb_a_slot_that_waits():
    """The answer that is waited for still counts."""
    talk = Talk(STATISTICS)
    asked = talk.slot(0)
    talk.hear(event(0))
    (sent,) = of(Send, talk.hear(answered(asked, stats(1))))
    talk.hear(event(0))
    talk.hear(answered(sent))
    assert [(0, "sent")] == talk.concluded


def test_every_slot_without_an_event_is_told_of():
    """One missed slot each, in order, before the slot that came."""
    talk = Talk(EVENTS)
    talk.hear(answered(talk.slot(0, volumes=1)))
    talk.hear(answered(talk.slot(1, volumes=1)))
    talk.hear(answered(talk.slot(5, volumes=1)))
    assert [
        (0, "sent"),
        (1, "sent"),
        (2, "missed"),
        (3, "missed"),
        (4, "missed"),
        (5, "sent"),
    ] == talk.concluded
    assert {"no market event came"} == {c.why for c in talk.all(Concluded) if c.cycle is None}


def test_a_very_long_silence_is_told_in_part():
    """Years without an event neither hang nor fill the memory."""
    talk = Talk(EVENTS)
    talk.slot(0)
    talk.slot(10_000_000)
    assert len(talk.concluded) < 11_000


@pytest.mark.parametrize("when", ["9999-12-31T23:45", "0001-01-01T00:00", "1969-12-31T23:45"])
def test_a_slot_at_the_end_of_time_is_dropped(when):
    """A slot of which there is none after it, or before the epoch, cannot be meant."""
    talk = Talk(STATISTICS)
    payload = event(0).replace(b"2026-01-12T12:00", when.encode())
    assert [Dropped] == [type(effect) for effect in talk.hear(payload)]
    talk.hear(answered(talk.slot(1), stats(1)))
    assert 2 == len(talk.all(Send))


# Answers


def test_a_slot_whose_statistics_never_come_is_missed():
    """Nothing is sent for it, and the next slot goes its way."""
    talk = Talk(STATISTICS)
    late = talk.slot(0)
    asked = talk.slot(1)
    assert [(0, "missed")] == talk.concluded
    assert "statistics were not answered" in talk.all(Concluded)[0].why
    talk.hear(answered(late, stats(7)))  # too late: that slot is over
    assert 2 == len(talk.all(Send))
    (sent,) = of(Send, talk.hear(answered(asked, stats(3))))
    assert {"Mill": 3, "Grid": 2} == wire_fees(sent)


def test_a_batch_that_is_never_answered_was_sent_all_the_same():
    """It is concluded without a receipt, and says why."""
    talk = Talk(EVENTS)
    unanswered = talk.slot(0, volumes=1)
    talk.slot(1, volumes=1)
    (concluded,) = talk.all(Concluded)
    assert ("sent", None, unanswered.transaction) == (
        concluded.status,
        concluded.receipt,
        concluded.transaction,
    )
    assert "the batch was not answered" in concluded.why


def test_the_end_concludes_what_still_waits():
    """The exchange's finish ends the conversation without a fault."""
    for text, status in ((EVENTS, "sent"), (STATISTICS, "missed")):
        talk = Talk(text)
        talk.slot(0, volumes=1)
        talk.hear(FINISH)
        assert [(0, status)] == talk.concluded
        assert [Ended()] == talk.all(Ended)
        assert talk.session.ended


def test_statistics_that_are_missing_are_no_data():
    """An area left out, or one told null, lacks the metric; the others are decided."""
    talk = Talk(program("areas: {'*': {fee: import / 1 kWh, when_no_data: 7}}"))
    asked = talk.slot(0)
    told = json.loads(answered(asked, stats(2)))
    del told["responses"]["id Grid"]
    told["responses"]["id Mill"][0]["market_stats"] = {}
    told["responses"]["id Street"][0] = {"status": "error", "message": "no"}
    told["responses"]["nobody"] = []
    (sent,) = of(Send, talk.hear(json.dumps(told).encode()))
    assert {"Grid": 7, "Street": 7, "Mill": 7, "House 1": 2, "House 2": 2} == wire_fees(sent)


STRAYS = [
    b'{"command": "batch_commands", "transaction_id": "nobody", "responses": {}}',
    b'{"command": "batch_commands", "responses": {}}',
    b'{"event": "market"}',
    b'{"event": "market", "market_slot": "noon", "grid_tree": {"a": {"children": {}}}}',
    b"{",
    b"",
    b"\xff\xfe",
    b"NaN",
    b"[" * 100_000,
]


@pytest.mark.parametrize("stray", STRAYS, ids=lambda stray: repr(stray[:40]))
def test_what_cannot_be_read_or_used_is_dropped(stray):
    """At any moment, and the conversation goes on as if it had not come."""
    talk = Talk(STATISTICS)
    assert [Dropped] == [type(effect) for effect in talk.hear(stray)]
    asked = talk.slot(0)
    assert [Dropped] == [type(effect) for effect in talk.hear(stray)]
    (sent,) = of(Send, talk.hear(answered(asked, stats(1))))
    assert [Dropped] == [type(effect) for effect in talk.hear(stray)]
    talk.hear(answered(sent))
    assert [(0, "sent")] == talk.concluded


OF_NO_USE = [
    b'{"event": "tick"}',
    b'{"event": "trade", "trade_list": []}',
    b'{"time": 1795402439}',
    b"{}",
    b'{"command": "resume", "status": "success"}',
]


@pytest.mark.parametrize("message", OF_NO_USE)
def test_a_message_of_no_use_has_no_effect(message):
    """Ticks, trades and heartbeats pass by."""
    talk = Talk(STATISTICS)
    assert [] == talk.hear(message)
    talk.slot(0)
    assert [] == talk.hear(message)


def test_an_answer_that_carries_the_old_fee_is_no_confirmation():
    """`ready` with another number than was sent is told of, area by area."""
    talk = Talk(EVENTS)
    sent = talk.slot(0, volumes=3)
    error = {"status": "error", "error_message": "no"}
    talk.hear(answered(sent, echo={"Grid": 1, "Mill": error, "House 1": "None"}))
    talk.slot(1)
    concluded = talk.all(Concluded)[0]
    grid = concluded.cycle.binding.grid
    confirmed = dict(zip(grid.names, concluded.receipt.confirmed.tolist(), strict=True))
    assert {
        "Grid": False,
        "Street": True,
        "Mill": False,
        "House 1": False,
        "House 2": True,
    } == confirmed
    assert {"id Mill": "no"} == dict(concluded.receipt.errors)


# What is sent again

SLOT = 900.0
"""Seconds between two events."""


def at_the_second_slot() -> tuple[Talk, Send]:
    """A conversation that knows how far events are apart, and its newest batch."""
    talk = Talk(EVENTS)
    talk.hear(event(0, volumes=1), 0.0)
    talk.hear(answered(talk.all(Send)[0]), 1.0)
    talk.hear(event(1, volumes=3), SLOT)
    return talk, talk.all(Send)[1]


def test_a_batch_without_an_answer_is_sent_again_as_it_was():
    """The same bytes under the same transaction, until the slot's deadline, and no longer."""
    talk, first = at_the_second_slot()
    seen = []
    while (due := talk.session.due) is not None:
        assert SLOT < due <= SLOT + 0.75 * SLOT
        assert [] == talk.tick(due - 0.001)
        seen += talk.tick(due)
    again, concluded = seen[:-1], seen[-1]
    assert 1 <= len(again) <= 5
    for send in again:
        assert (first.payload, first.transaction, True) == (
            send.payload,
            send.transaction,
            send.again,
        )
    assert ("sent", None) == (concluded.status, concluded.receipt)


def test_after_an_answer_only_what_is_not_confirmed_is_sent_again():
    """An area that came back with its old fee is sent once more, the others are not."""
    talk, first = at_the_second_slot()
    talk.hear(answered(first, echo={"Mill": 1, "Grid": 1}), SLOT + 1)
    (again,) = of(Send, talk.tick(talk.session.due))
    assert {"Mill": 3, "Grid": 3} == wire_fees(again)
    assert first.transaction == again.transaction
    talk.hear(answered(again, echo={"Grid": 1}), SLOT + 300)
    (more,) = of(Send, talk.tick(talk.session.due))
    assert {"Grid": 3} == wire_fees(more)
    (concluded,) = talk.hear(answered(more), SLOT + 500)
    assert concluded.receipt.confirmed.all()
    assert None is talk.session.due


def test_an_older_slot_is_never_sent_again():
    """What waited is over with the next event, confirmed or not."""
    talk, _ = at_the_second_slot()
    talk.hear(event(2, volumes=5), 2 * SLOT)
    newest = talk.all(Send)[-1]
    while (due := talk.session.due) is not None:
        for send in of(Send, talk.tick(due)):
            assert newest.transaction == send.transaction


def test_statistics_are_asked_for_again():
    """Under the same transaction; decided too late, the slot's fees are held."""
    talk = Talk(STATISTICS)
    for number in (0, 1):
        talk.hear(event(number), number * SLOT)
        asked = talk.all(Send)[-1]
        if not number:
            talk.hear(answered(asked, stats(1)), 1.0)
            talk.hear(answered(talk.all(Send)[-1]), 2.0)
    (again,) = of(Send, talk.tick(talk.session.due))
    assert (asked.payload, asked.transaction) == (again.payload, again.transaction)
    (sent,) = of(Send, talk.hear(answered(again, stats(5)), SLOT + 300))
    assert {"Mill": 5, "Grid": 2} == wire_fees(sent)


# What ends a conversation


WRONG_LENGTHS = [
    # the rulebook's slots, the events' slots in minutes, the key that the fault names
    (15, 30, "slot_length: 30 min"),
    (15, 60, "slot_length: 60 min"),
    (30, 15, "slot_length: 15 min"),
    (15, 5, "slot_length: 5 min"),
    (60, 15, "slot_length: 15 min"),
]


@pytest.mark.parametrize(("ours", "theirs", "key"), WRONG_LENGTHS)
def test_a_slot_length_that_is_not_the_exchanges_ends_the_run(ours, theirs, key):
    """The fault names the key to change, and comes within a few events."""
    talk = Talk(program(f"slot_length: {ours} min\nareas: {{Grid: volume / 1 kWh}}"))
    for number in range(4):
        if not talk.session.ended:
            talk.hear(event(number, volumes=1, minutes=theirs))
    (ended,) = talk.all(Ended)
    assert f"write `{key}`" in ended.fault


LOST = [[0, 1, 3, 4], [0, 2, 3, 4], [0, 1, 2, 4, 6, 8], [0, 1, 5, 9, 13], [0, 3, 4, 6]]
LOST += [[0, 3, 5, 7, 9], [0, 4, 7, 10, 13]]  # no longer slots would explain these


@pytest.mark.parametrize("numbers", LOST)
def test_lost_events_are_no_wrong_slot_length(numbers):
    """Once events are not all a multiple of several slots apart, gaps are only gaps."""
    talk = Talk(EVENTS)
    for number in numbers:
        talk.hear(answered(talk.slot(number, volumes=1)))
    assert [] == talk.all(Ended)
    sent = [number for number, status in talk.concluded if status == "sent"]
    assert numbers == sent
    assert list(range(numbers[0], numbers[-1] + 1)) == [number for number, _ in talk.concluded]


KINDS = [("ct/kWh", "percent"), ("percent", "ct/kWh")]


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_the_wrong_kind_of_fee_ends_the_run(ours, theirs):
    """An exchange that runs on the other kind refuses every fee: the fault names the key."""
    talk = Talk(program(f"fee_unit: {ours}\nareas: {{Grid: 2}}"))
    refused = {
        "status": "error",
        "error_message": "GridFee parameter conflicting with GlobalConfigFeeType",
    }
    talk.hear(answered(talk.slot(0), echo={"Grid": refused}))
    assert [(0, "sent")] == talk.concluded
    (ended,) = talk.all(Ended)
    assert f"write `fee_unit: {theirs}`" in ended.fault


def test_a_rulebook_that_does_not_fit_the_grid_ends_the_run():
    """The findings say why; nothing is sent."""
    talk = Talk(program("areas: {'Mil*': 1, '*ill': 2}"))
    talk.hear(event(0))
    (refused,) = talk.all(Refused)
    assert ["RG503"] == [finding.code for finding in refused.findings]
    assert "does not fit" in talk.all(Ended)[0].fault
    assert [] == talk.all(Send)
    assert [(0, "missed")] == talk.concluded


ENDS = [event(3, tree={"Elsewhere": {}}), event(3, tree={"Grid": {"Mill": {}, "Bill": {}}})]


@pytest.mark.parametrize("last", ENDS)
def test_the_event_at_which_a_run_ends_is_explained(last):
    """Every slot up to it is concluded, its own with the fault; the end comes last."""
    talk = Talk(program("areas: {'Mil*': 1, '*ill': 2}"))
    talk.hear(event(0, tree={"Grid": {"Bill": {}}}))
    effects = talk.hear(last)
    assert [(0, "sent"), (1, "missed"), (2, "missed"), (3, "missed")] == talk.concluded
    assert Ended(talk.all(Concluded)[-1].why) == effects[-1]


# Trees and memories


def test_a_tree_that_changes_binds_anew_and_keeps_what_is_known():
    """Windows go on for the areas that stay, and the newcomer starts on its own."""
    fee = "{fee: 'total(volume, 3 slots) / 1 kWh'}"
    text = f"areas: {{Mill: {fee}, Barn: {fee}}}"
    talk = Talk(program(text))
    assert {"Mill": 1} == wire_fees(talk.slot(0, volumes={"Mill": 1}))
    grown = {"Barn": {}, "Grid": {"Street": {"House 1": {}}, "Mill": {}}}
    volumes = {"Mill": 2, "Barn": 5}
    assert {"Mill": 3, "Barn": 5} == wire_fees(talk.slot(1, volumes=volumes, tree=grown))
    assert {"Mill": 6, "Barn": 10} == wire_fees(
        talk.slot(2, volumes={"Mill": 3, "Barn": 5}, tree=grown)
    )
    assert 2 == len(talk.all(Bound))


def test_a_tree_that_stays_is_bound_once():
    """The same tree in another event is the same grid."""
    talk = Talk(EVENTS)
    for number in range(3):
        talk.slot(number, volumes=1, tree=json.loads(json.dumps(VILLAGE)))
    assert 1 == len(talk.all(Bound))


def test_without_any_fee_a_slot_is_held():
    """No data, and no fee known that could be kept: there is nothing to send."""
    talk = Talk(program("areas: {Grid: avg_price}"))
    assert [] == of(Send, talk.hear(event(0)))
    assert [(0, "held")] == talk.concluded
    sent = talk.slot(1, {"Grid": 4})  # the fee in force is known now
    assert {"Grid": 4} == wire_fees(sent)


def test_a_rulebook_for_another_grid_asks_and_sends_nothing():
    """An empty batch is never answered, so it is never sent; the fault says what is wrong."""
    talk = Talk(program("areas: {Elsewhere: import / 1 kWh}"))
    assert [] == of(Send, talk.hear(event(0)))
    assert "no selector of the rulebook matches" in talk.all(Ended)[0].fault
