"""What each fault does to messages, and that the same dice fall the same way."""

import json
import re
from itertools import pairwise

import pytest

from rulegrid.exchange.faults import FAULTS, LATEST, Faults, read_fault
from rulegrid.exchange.messages import Unreadable, Wire, channels, decode
from rulegrid.exchange.messages.joining import select_area
from rulegrid.exchange.messages.spoiled import GARBAGE
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.exchange.registrations import Said
from rulegrid.exchange.ticks import TICKS, Ticks
from rulegrid.gateway.recording import embedded_day

CITY = embedded_day()
GRID = next(iter(CITY.names))
TODAY = Wire()
EVENT = Said(channels.events("A"), b'{"event": "market"}')
ANSWER = Said(channels.batch_answers("A"), b'{"command": "batch_commands"}')
OTHERS = (
    Said(channels.aggregator_answers(TODAY), b'{"status": "SELECTED"}'),
    Said(channels.AREA_MAP_ANSWER, b"{}"),
    Said("grid/response/register_participant", b"{}"),
    Said(channels.HEARTBEAT, b'{"time": 1}'),
)


def numbered(count):
    return [Said(EVENT.channel, str(number).encode()) for number in range(count)]


def after(faults, said):
    """What goes out, in order, when these messages are said."""
    deliveries = [each for one in said for each in faults.on_the_way_out(one)]
    return [each.said for each in (*deliveries, *faults.held_back())]


class Exchange:
    """An exchange with faults, a market selected, and a batch for every slot."""

    def __init__(self, rates, wire=TODAY, day=CITY, seed=0):
        self.faults = Faults(rates, seed)
        self.exchange = RecordedExchange(day, wire)
        self.ticks = Ticks(self.exchange, self.faults)
        commands = channels.aggregator_commands(wire)
        self.ticks.hear(commands, select_area("A", next(iter(day.names)), "S"))
        self.beats = []

    def pass_slots(self, number, command):
        for slot in range(number):
            for tick in range(TICKS):
                if tick == 1:
                    self._send(command(slot), f"T{slot}")
                self.ticks.begin_tick()
                self.beats.append(self.ticks.end_tick())
        return self

    def _send(self, command, transaction):
        batch = {"type": "BATCHED", "transaction_id": transaction, "aggregator_uuid": "A"}
        area = next(iter(self.exchange.registrations.selected["A"]))
        payload = json.dumps(batch | {"batch_commands": {area: [command]}}).encode()
        self.ticks.hear(channels.BATCHES, payload)

    def told(self, kind):
        return [
            json.loads(each.said.payload)
            for beat in self.beats
            for each in beat.deliveries
            if channels.addressed(each.said.channel)[0] == kind
        ]


def fee(slot):
    return {"type": "grid_fees", "data": {"fee_const": slot + 0.5}}


def statistics(_):
    return {"type": "dso_market_stats", "data": {}}


@pytest.mark.parametrize("rates", [{}, dict.fromkeys(FAULTS, 0.0) | {"deaf": 10.0}])
def test_without_faults_everything_goes_out_as_it_is(rates):
    """At once, in order, and nothing is counted."""
    faults = Faults(rates)
    said = [EVENT, ANSWER, *OTHERS]
    assert said == after(faults, said)
    assert 0 == faults.done.total()


@pytest.mark.parametrize("name", FAULTS)
def test_only_events_and_answers_are_harmed(name):
    """Registrations, selections and heartbeats always go out."""
    assert list(OTHERS) == after(Faults({name: 1.0}), OTHERS)


def test_a_dropped_message_is_lost():
    """Events and answers alike."""
    faults = Faults({"drop": 1.0})
    assert [] == after(faults, [EVENT, ANSWER])
    assert 2 == faults.done["drop"]


def test_a_duplicate_comes_a_little_after_the_first():
    """Events and answers alike."""
    faults = Faults({"duplicate": 1.0})
    for said in (EVENT, ANSWER):
        first, second = faults.on_the_way_out(said)
        assert said == first.said == second.said
        assert first.after < second.after < 1


def test_a_late_event_still_comes_before_the_next_one():
    """Each by a time of its own; answers are not late."""
    faults = Faults({"late": 1.0})
    assert (0.0,) == tuple(each.after for each in faults.on_the_way_out(ANSWER))
    delays = [faults.on_the_way_out(EVENT)[0].after for _ in range(100)]
    assert 0 <= min(delays) < 0.1 < LATEST - 0.1 < max(delays) <= LATEST
    assert LATEST < 1 - 1 / TICKS


def test_a_reordered_message_comes_behind_the_next_one():
    """To the same aggregator; none is lost, the last of all not either."""
    faults = Faults({"reorder": 1.0})
    said = numbered(5)
    assert [said[i] for i in (1, 0, 3, 2, 4)] == after(faults, said)
    elsewhere = Said(channels.events("B"), b"B")
    assert [said[1], said[0], elsewhere] == after(faults, [said[0], elsewhere, said[1]])


def test_garbage_comes_before_a_message_and_nobody_can_read_it():
    """In all its kinds, and the message itself is whole."""
    faults = Faults({"garbage": 1.0})
    event = Exchange({}).pass_slots(3, fee).told("event")[-1]
    said = Said(EVENT.channel, json.dumps(event).encode())
    seen = set()
    for _ in range(100):
        garbage, message = (each.said for each in faults.on_the_way_out(said))
        assert said == message
        assert isinstance(decode(garbage.payload, TODAY), Unreadable)
        seen.add(garbage.payload)
    assert len(GARBAGE) == len(seen)


def test_a_fee_that_is_not_taken_is_answered_as_ready_with_the_old_one():
    """And the old one stays in force."""
    exchange = Exchange({"old-value": 1.0}).pass_slots(4, fee)
    recorded = Exchange({}).pass_slots(4, statistics)
    old, ours = (
        [each["grid_tree"][GRID]["current_market_fee"] for each in played.told("event")]
        for played in (recorded, exchange)
    )
    assert old == ours
    entries = [entry for each in exchange.told("answer") for entry in each["responses"][GRID]]
    assert [("ready", str(fee)) for fee in (old[0], *old)] == [
        (entry["status"], entry["market_fee_const"]) for entry in entries
    ]
    assert 4 == exchange.faults.done["old-value"]
    assert () == exchange.exchange.mishaps


def test_some_fees_of_a_batch_are_not_taken():
    """By the rate, area by area."""
    exchange = Exchange({"old-value": 0.5}).pass_slots(60, fee)
    entries = [entry for each in exchange.told("answer") for entry in each["responses"][GRID]]
    taken = [float(e["market_fee_const"]) == slot + 0.5 for slot, e in enumerate(entries)]
    assert 60 - exchange.faults.done["old-value"] == sum(taken)
    assert 15 < sum(taken) < 45


@pytest.mark.parametrize(
    "payload",
    [b"no json", b'{"batch_commands": []}', b'{"batch_commands": {"a": [null, {}], "b": 3}}'],
)
def test_what_is_no_batch_comes_to_the_exchange_as_it_was_sent(payload):
    """It has its own way with them."""
    passed = Faults({"old-value": 1.0}).on_the_way_in(channels.BATCHES, payload)
    assert passed == payload or json.loads(passed) == json.loads(payload)


def test_a_deaf_exchange_answers_no_batch_while_events_go_on():
    """From the slot on that was named; its controls and the area map are another ear's."""
    exchange = Exchange({"deaf": 3.0}).pass_slots(8, fee)
    assert ["T0", "T1", "T2", "T3"] == [each["transaction_id"] for each in exchange.told("answer")]
    assert 7 == len(exchange.told("event"))
    assert () == exchange.ticks.hear("aggregator-commands", select_area("A", GRID, "S"))
    assert () != exchange.ticks.hear("/area-map", b"{}")
    assert () != exchange.ticks.hear("/pause", b'{"transaction_id": "x"}')
    assert 5 == exchange.faults.done["deaf"]


def test_null_kpis_are_those_of_the_web():
    """The rest of the statistics is as recorded, digit by digit."""
    told = Exchange({"null-kpis": 1.0}).pass_slots(3, statistics).told("answer")
    plain = Exchange({}).pass_slots(3, statistics).told("answer")
    kpis = {"self_sufficiency": None, "self_consumption": None}
    for nulled, known in zip(told[1:], plain[1:], strict=True):
        ours, theirs = (each["responses"][GRID][0]["market_stats"] for each in (nulled, known))
        assert theirs["self_sufficiency"] is not None
        assert theirs | kpis == ours


def test_null_kpis_in_the_dialect_of_2020():
    """There the event tells of self-sufficiency, too."""
    exchange = Exchange({"null-kpis": 1.0}, Wire("2020")).pass_slots(3, fee)
    for event in exchange.told("event"):
        assert {None} == {entry.get("self_sufficiency") for entry in event["content"]}


def test_cuts_and_expiries_are_struck_once_a_slot():
    """A cut at any tick of it, an expiry when it opens; the first slot has none."""
    exchange = Exchange({"cut": 1.0, "expire": 1.0}).pass_slots(40, fee)
    cuts = [divmod(tick, TICKS) for tick, beat in enumerate(exchange.beats) if beat.cuts]
    assert list(range(1, 40)) == [slot for slot, _ in cuts]
    assert len({tick for _, tick in cuts}) > 5
    assert list(range(TICKS - 1, 400, TICKS)) == [
        tick for tick, beat in enumerate(exchange.beats) if beat.expires
    ]


@pytest.mark.parametrize("name", ["drop", "duplicate", "garbage", "reorder", "late"])
def test_a_rate_is_the_share_of_messages_that_are_struck(name):
    """Over many messages."""
    faults = Faults({name: 0.3})
    for slot in range(1000):
        faults.begin_slot(slot)
        faults.on_the_way_out(EVENT)
    struck = faults.done[name] * (2 if name == "reorder" else 1)
    assert 220 < struck < (600 if name == "reorder" else 380)


def test_the_same_seed_gives_the_same_faults():
    """Another one others; and a fault more does not change what the others do."""
    rates = {"drop": 0.4, "late": 0.5}

    def run(rates, seed):
        exchange = Exchange(rates, seed=seed).pass_slots(30, fee)
        return [beat.deliveries for beat in exchange.beats]

    assert run(rates, 7) == run(rates, 7) != run(rates, 8)
    times = [
        [[d.after for d in deliveries if d.said != b""] for deliveries in run(r, 7)]
        for r in (rates, rates | {"expire": 0.5, "old-value": 0.5})
    ]
    assert times[0] == times[1]


def test_a_slot_has_its_faults_whatever_was_before():
    """So a restarted sandbox goes on with the same."""
    ways = []
    for before in (0, 5):
        faults = Faults({"drop": 0.5}, 3)
        after(faults, numbered(before))
        faults.begin_slot(12)
        ways.append(after(faults, numbered(20)))
    assert ways[0] == ways[1]
    assert any(a != b for a, b in pairwise(ways[0]))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_read_with_or_without_its_rate(name):
    """Without one it has the rate that `--help` tells."""
    assert (name, FAULTS[name].rate) == read_fault(name)
    assert (name, 0.5) == read_fault(f"{name}=0.5")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lat", "there is no fault `lat`: did you mean `late`?"),
        ("xyzzy", "there is no fault `xyzzy`"),
        ("drop=2", "`drop=2`: a rate lies between 0 and 1"),
        ("drop=-1", "`drop=-1`: a rate lies between 0 and 1"),
        ("drop=often", "`drop=often`: a rate lies between 0 and 1"),
        ("drop=nan", "`drop=nan`: a rate lies between 0 and 1"),
        ("deaf=-2", "`deaf=-2`: a rate lies between 0 and 1"),
    ],
)
def test_a_fault_that_cannot_be_read_says_why(text, reason):
    """In words for the one who wrote it."""
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        read_fault(text)
