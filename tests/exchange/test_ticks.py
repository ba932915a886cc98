"""When an exchange takes batches over, answers, and tells of slots."""

import json

import msgspec
import pytest

from rulegrid.exchange.faults import Faults
from rulegrid.exchange.messages import Wire, channels
from rulegrid.exchange.messages.joining import create_aggregator, select_area
from rulegrid.exchange.playlist import Playlist
from rulegrid.exchange.recorded import Memory, RecordedExchange
from rulegrid.exchange.ticks import TICKS, Ticks
from rulegrid.gateway.recording import embedded_day

CITY = embedded_day()
GRID, NORTH, *_ = CITY.names
COMMANDS = "aggregator-commands"
EVENTS, ANSWERS = channels.events("A"), channels.batch_answers("A")


class Played:
    """An exchange, tick by tick, and what it has said: the slot, the tick, the message."""

    def __init__(self, memory: Memory | None = None, slots: int | None = None):
        exchange = RecordedExchange(CITY, Wire(), Playlist(CITY, slots=slots), memory)
        self.exchange = exchange
        self.ticks = Ticks(exchange, Faults())
        self.said = []
        self.now = 0

    def select(self, *areas):
        self.ticks.hear(COMMANDS, create_aggregator("A", "dso"))
        for area in areas or (GRID,):
            self.ticks.hear(COMMANDS, select_area("A", area, "S"))

    def send(self, fee, transaction="T", area=GRID):
        command = {"type": "grid_fees", "data": {"fee_const": fee}}
        batch = {"type": "BATCHED", "transaction_id": transaction, "aggregator_uuid": "A"}
        payload = json.dumps(batch | {"batch_commands": {area: [command]}}).encode()
        self.ticks.hear(channels.BATCHES, payload)

    def pass_ticks(self, number, *, between=lambda: None):
        for _ in range(number):
            self.ticks.begin_tick()
            between()
            beat = self.ticks.end_tick()
            self.said += [(*divmod(self.now, TICKS), *each.said) for each in beat.deliveries]
            self.now += 1

    def told(self, channel):
        return [(s, t, json.loads(said)) for s, t, where, said in self.said if where == channel]

    def fees(self):
        return [event["grid_tree"][GRID]["current_market_fee"] for *_, event in self.told(EVENTS)]


@pytest.fixture
def played():
    begun = Played()
    begun.select()
    return begun


def test_an_event_comes_at_the_end_of_the_first_tick_of_each_slot_but_the_first(played):
    """The first slot of a day has none."""
    played.pass_ticks(4 * TICKS)
    assert [
        (1, 0, "2021-07-01T00:15"),
        (2, 0, "2021-07-01T00:30"),
        (3, 0, "2021-07-01T00:45"),
    ] == [(slot, tick, event["market_slot"]) for slot, tick, event in played.told(EVENTS)]


@pytest.mark.parametrize("tick", range(TICKS))
def test_a_batch_is_answered_at_the_end_of_the_tick_after_the_one_in_which_it_came(played, tick):
    """The rest of the current tick and one more."""
    played.pass_ticks(TICKS + tick)
    played.pass_ticks(1, between=lambda: played.send(2))
    played.pass_ticks(2)
    assert [divmod(TICKS + tick + 1, TICKS)] == [at[:2] for at in played.told(ANSWERS)]


@pytest.mark.parametrize("tick", range(TICKS))
def test_a_fee_applies_to_the_next_slot_unless_it_came_in_the_last_tick(played, tick):
    """Then it is executed when the next slot has opened already, and applies to the one after."""
    played.pass_ticks(TICKS + tick)
    played.pass_ticks(1, between=lambda: played.send(7.25))
    played.pass_ticks(4 * TICKS)
    first = played.fees().index(7.25)
    assert first == (2 if tick == TICKS - 1 else 1)
    assert {7.25} == set(played.fees()[first:])


def test_an_answer_just_before_an_event_is_a_slot_late(played):
    """Within a tick answers go out first, and the event still shows the old fee."""
    played.pass_ticks(2 * TICKS - 1)
    played.pass_ticks(1, between=lambda: played.send(7.25))
    played.pass_ticks(1)
    assert [ANSWERS, EVENTS] == [where for *_, where, _ in played.said[-2:]]
    assert 7.25 != played.fees()[-1]


def test_a_batch_before_the_first_event_applies_to_it(played):
    """It is executed in the first slot, and its statistics are empty."""
    played.send(7.25)
    played.pass_ticks(TICKS + 1)
    assert [7.25] == played.fees()


def test_after_the_last_slot_comes_finish():
    """At once, and then there is nothing more."""
    played = Played(slots=2)
    played.select()
    played.pass_ticks(3 * TICKS)
    *_, (slot, tick, finish) = played.told(EVENTS)
    assert (2, TICKS - 1, "finish") == (slot, tick, finish["event"])
    assert played.ticks.is_over


def test_an_operator_pauses_resumes_and_stops():
    """Each is answered at once; a stop ends with `finish` in the same tick, paused or not."""
    played = Played()
    played.select()
    order = b'{"transaction_id": "x"}'
    for command, stands_still in (("pause", True), ("resume", False), ("pause", True)):
        ((channel, answer),) = played.ticks.hear(f"/{command}", order)
        assert f"/response/{command}" == channel
        expected = {"command": command, "simulation_id": "", "transaction_id": "x"}
        assert expected | {"status": "success"} == json.loads(answer)
        assert stands_still is played.ticks.stands_still
    played.ticks.hear("/stop", order)
    assert not played.ticks.stands_still
    played.pass_ticks(1)
    assert ["finish"] == [event["event"] for *_, event in played.told(EVENTS)]
    assert played.ticks.is_over


def test_a_control_without_a_transaction_is_a_mishap():
    """The exchange's ear for its controls does not live through it."""
    played = Played()
    assert () == played.ticks.hear("/pause", b"{}")
    assert ("falls deaf from a message on /pause: no `transaction_id`",) == played.exchange.mishaps
    assert not played.ticks.stands_still


@pytest.mark.parametrize("ticks", [1, 5, 10, 11, 15, 25, 31])
def test_a_restart_changes_nothing_that_is_said_in_the_slots_after_it(ticks):
    """All that counts is in the memory: slot, fees, selections, and what has been announced."""
    plain = Played()
    plain.select(GRID, NORTH)
    plain.send(3)
    plain.pass_ticks(ticks)
    written = msgspec.json.encode(plain.exchange.memory)
    again = Played(msgspec.json.decode(written, type=Memory))
    slot = plain.exchange.memory.slot
    for each in (plain, again):
        each.send(4.5, "U")
        while each.exchange.memory.slot == slot:
            each.pass_ticks(1)
        each.said.clear()
        each.now = 0
        each.pass_ticks(3 * TICKS)
    assert plain.said == again.said
    assert 4.5 == again.fees()[0]


def test_an_event_is_not_said_again_after_a_restart():
    """It was said if the exchange remembers so, and else comes at the end of the tick."""
    for ticks, expected in ((TICKS, 1), (TICKS + 1, 0)):
        begun = Played()
        begun.select()
        begun.pass_ticks(ticks)
        again = Played(begun.exchange.memory)
        again.pass_ticks(2)
        assert expected == len(again.told(EVENTS))


def test_a_market_that_nobody_controls_answers_what_it_is_told_directly():
    """Once it is registered; one that an aggregator controls obeys in silence."""
    played = Played()
    fee = json.dumps({"fee_const": 3.3, "transaction_id": "D"}).encode()
    asked = json.dumps({"transaction_id": "D"}).encode()
    assert () == played.ticks.hear("grid/grid_fees", fee)
    played.ticks.hear("grid/register_participant", asked)
    ((channel, answer),) = played.ticks.hear("grid/grid_fees", fee)
    assert "grid/response/grid_fees" == channel
    told = json.loads(answer)
    assert ("3.3", "D", "ready") == (
        told["market_fee_const"],
        told["transaction_id"],
        told["status"],
    )
    ((channel, answer),) = played.ticks.hear("grid/dso_market_stats", asked)
    assert "grid/response/dso_market_stats" == channel
    assert {} == json.loads(answer)["market_stats"]
    played.select(GRID)
    again = json.dumps({"fee_const": 4.4, "transaction_id": "E"}).encode()
    assert () == played.ticks.hear("grid/grid_fees", again)
    played.pass_ticks(TICKS + 1)
    assert [4.4] == played.fees()


def test_on_the_web_every_market_is_registered_under_its_uuid():
    """So that two of one name are no trouble."""
    played = Played()
    fee = json.dumps({"fee_const": 3.3, "transaction_id": "D"}).encode()
    address = channels.web_address(NORTH)
    ((channel, _),) = played.ticks.hear(f"{address}/grid_fees", fee)
    assert NORTH == channels.answered_directly(channel)
    assert () == played.ticks.hear("external//nowhere/grid_fees", fee)
