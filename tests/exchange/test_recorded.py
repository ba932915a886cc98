"""What the recorded exchange does that no recording shows, or not alone."""

import json

import numpy as np
import pytest

from rulegrid.exchange.day import read_day
from rulegrid.exchange.messages import Wire, decode, with_statistics
from rulegrid.exchange.messages.channels import BATCHES, batch_answers
from rulegrid.exchange.recorded import RecordedExchange
from tests.exchange.played import day_of, recorded
from tests.exchange.test_day import answer, event, lines

TODAY = Wire()


def exchange(*said, select=("a",)):
    day, _ = read_day(lines(*said))
    started = RecordedExchange(day, TODAY)
    for area in select:
        command = {"type": "SELECT", "aggregator_uuid": "G", "device_uuid": area}
        payload = json.dumps(command | {"transaction_id": area}).encode()
        started.hear("aggregator-commands", payload)
    return started


def send(started, commands, transaction="T"):
    batch = {"type": "BATCHED", "transaction_id": transaction, "aggregator_uuid": "G"}
    started.hear(BATCHES, json.dumps(batch | {"batch_commands": commands}).encode())


def fee(value, key="fee_const"):
    return [{"type": "grid_fees", "data": {key: value}}]


def executed(started):
    return [json.loads(payload)["responses"] for _, payload in started.tick()]


def shown(started):
    """The fees that the next event shows: of the closed slot, of the open one."""
    ((_, payload),) = started.open_slot()
    node = json.loads(payload)["grid_tree"]["a"]
    return node["last_market_fee"], node["current_market_fee"]


FOUR = [event("00:15"), event("00:30", last=1.0), event("00:45"), event("01:00")]
PERCENT = [event("00:15", current=12.5), event("00:30", last=0.125, current=12.5)]
PERCENT.append(event("00:45", last=0.125))


def test_a_fee_applies_to_the_next_slot_and_stays():
    """What is recorded shows until our first fee is in force, then ours."""
    started = exchange(*FOUR)
    assert (1.0, 1) == shown(started)
    send(started, {"a": fee(2.5)})
    assert "2.5" == executed(started)[0]["a"][0]["market_fee_const"]
    assert (1.0, 2.5) == shown(started)
    assert (2.5, 2.5) == shown(started)
    send(started, {"a": fee(value=True)})
    executed(started)
    send(started, {"a": fee(3)})
    executed(started)
    assert (2.5, 3) == shown(started)


def test_a_batch_not_yet_executed_misses_the_slot():
    """Execution waits for a tick; here it comes after the next slot has opened."""
    started = exchange(*FOUR)
    shown(started)
    send(started, {"a": fee(2)})
    assert (1.0, 1) == shown(started)
    executed(started)
    assert (1.0, 2) == shown(started)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 1e300])
def test_a_refused_fee_is_answered_with_the_old_one(value):
    """Without an error: the recorded fee, or the last of ours."""
    started = exchange(*FOUR)
    shown(started)
    for old in ("1", "4"):
        send(started, {"a": fee(value)})
        ((entry,),) = (responses["a"] for responses in executed(started))
        assert ("ready", old) == (entry["status"], entry["market_fee_const"])
        send(started, {"a": fee(4)})
        executed(started)


def test_an_exchange_of_percentages():
    """The key is `fee_percent`, the closed slot's fee a fraction, and few values are refused."""
    started = exchange(*PERCENT)
    assert started.wire.percent
    assert (1.0, 12.5) == shown(started)
    send(started, {"a": [*fee(150, "fee_percent"), *fee(2)]})
    taken, conflict = executed(started)[0]["a"]
    assert ("None", "150") == (taken["market_fee_const"], taken["market_fee_percent"])
    assert "GridFee parameter conflicting with GlobalConfigFeeType" == conflict["error_message"]
    assert (0.125, 150) == shown(started)
    send(started, {"a": fee(-3, "fee_percent")})
    assert "-3" == executed(started)[0]["a"][0]["market_fee_percent"]
    assert (1.5, -3) == shown(started)


def test_a_negative_percentage_is_charged_as_nothing():
    """It is taken all the same."""
    started = exchange(*PERCENT)
    send(started, {"a": fee(-3, "fee_percent")})
    executed(started)
    assert -3 == shown(started)[1]
    assert 0.0 == shown(started)[0]


def test_two_batches_of_one_transaction_in_a_tick_lose_the_first():
    """Of different transactions both are executed, in order."""
    started = exchange(*FOUR)
    send(started, {"a": fee(2)})
    send(started, {"a": fee(3)})
    assert ["3"] == [each["a"][0]["market_fee_const"] for each in executed(started)]
    send(started, {"a": fee(4)}, "T")
    send(started, {"a": fee(5)}, "U")
    assert ["4", "5"] == [each["a"][0]["market_fee_const"] for each in executed(started)]
    assert 5 == shown(started)[1]


@pytest.mark.parametrize("commands", [{}, {"unknown": fee(1)}])
def test_a_batch_without_a_known_area_is_never_answered(commands):
    """And an unknown area among others is left out."""
    started = exchange(*FOUR)
    send(started, commands)
    assert [] == executed(started)
    send(started, commands | {"a": fee(1)})
    assert [["a"]] == [list(responses) for responses in executed(started)]


def test_an_area_that_nobody_has_selected_is_not_known():
    """Selected by anyone is enough: ownership is not checked."""
    started = exchange(*FOUR, select=())
    send(started, {"a": fee(1)})
    assert [] == executed(started)
    other = (
        b'{"type": "SELECT", "aggregator_uuid": "X", "device_uuid": "a", "transaction_id": "S"}'
    )
    started.hear("aggregator-commands", other)
    send(started, {"a": fee(1)})
    ((channel, _),) = started.tick()
    assert batch_answers("G") == channel


def test_statistics_without_a_record_are_null():
    """The trades repeat the event's; import, export and shares are no data."""
    started = exchange(event("00:15", 2.0), event("00:30", 3.0), answer(3.0))
    send(started, {"a": [{"type": "dso_market_stats", "data": {}}]})
    assert {} == executed(started)[0]["a"][0]["market_stats"]
    ((_, payload),) = started.open_slot()
    send(started, {"a": [{"type": "dso_market_stats", "data": {}}]})
    ((_, told),) = started.tick()
    stats = json.loads(told)["responses"]["a"][0]["market_stats"]
    assert 2.0 == stats["total_traded_energy_kWh"]
    assert {"import": None, "export": None} == stats["area_throughput"]
    snapshot = with_statistics(decode(payload, TODAY), decode(told, TODAY))
    assert np.isnan(snapshot.columns["import"])
    assert [2.0] == snapshot.columns["volume"]


def test_after_the_last_slot_comes_the_finish():
    """Once for each aggregator, and it is over."""
    started = exchange(event("00:15"))
    shown(started)
    assert not started.is_over
    ((_, payload),) = started.open_slot()
    assert {"event": "finish", "simulation_id": None, "num_ticks": 10.0} == json.loads(payload)
    assert started.is_over


def test_a_deadly_batch_is_not_executed_at_all():
    """A real exchange would have died before it could answer for the other areas."""
    started = exchange(*FOUR)
    send(started, {"a": fee(2), "b": fee("3")})
    assert [] == executed(started)
    assert ('dies of the batch T: a fee that is no number: "3"',) == started.mishaps
    assert 1 == shown(started)[1]


def test_the_day_is_left_as_it_was():
    """Two exchanges may play one day."""
    day = day_of(recorded("timing"))
    before = [slot.payload for slot in day.slots]
    for value in (2, 3):
        started = RecordedExchange(day, TODAY)
        for area in day.names:
            command = {"type": "SELECT", "aggregator_uuid": "G", "device_uuid": area}
            payload = json.dumps(command | {"transaction_id": area}).encode()
            started.hear("aggregator-commands", payload)
        send(started, dict.fromkeys(day.names, fee(value)))
        executed(started)
        ((_, payload),) = started.open_slot()
        assert [value] * len(day.names) == decode(payload, TODAY).columns["current_fee"].tolist()
    assert before == [slot.payload for slot in day.slots]
