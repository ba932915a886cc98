"""The faults of a sandbox as clients feel them on real wires."""

import json
from contextlib import suppress

import pytest
import redis
import urllib3
import websocket

from rulegrid.exchange.messages import Unreadable, Wire, decode
from rulegrid.grid import read_slot
from tests.gateway.exchanges import until
from tests.gateway.sandbox.clients import (
    CITY,
    GRID,
    NORTH,
    CutError,
    Sandbox,
    fee_of,
    fees,
    statistics,
)


@pytest.fixture
def faulty(redis_server):
    """Starts a sandbox with faults on both wires, which is gone in the end."""
    running = []

    def start(*faults, speed="20"):
        named = [word for fault in faults for word in ("--fault", fault)]
        wires = ("--listen", "127.0.0.1:0", "--redis", redis_server.url)
        running.append(Sandbox(*wires, "--loop", "--speed", speed, *named))
        return running[-1], running[-1].bus(redis_server.url)

    yield start
    for each in running:
        each.kill()


def test_answers_lack_indicators_and_tell_the_old_value(faulty):
    """The rest is as ever; the fee is not taken, as the next events show, too."""
    _, bus = faulty("null-kpis", "old-value=1")
    bus.become(GRID)
    bus.event()
    before = bus.event()
    answer = bus.answer(bus.send({GRID: statistics()[GRID] + fees(9.75)[GRID]}))
    stats, fee = answer["responses"][GRID]
    assert stats["market_stats"]["self_sufficiency"] is None
    assert stats["market_stats"]["self_consumption"] is None
    assert stats["market_stats"]["area_throughput"]["import"] is not None
    assert "ready" == fee["status"]
    assert "9.75" != fee["market_fee_const"]
    assert 9.75 not in {fee_of(event) for event in (before, bus.event(), bus.event())}


def connected(bus, *names):
    """The connections there are, of these names or any; asking may be cut off as well."""
    while True:
        with suppress(redis.ConnectionError):
            listed = bus.redis.client_list()
            return {each["id"] for each in listed if not names or each["name"] in names}


def test_all_connections_are_cut_on_both_wires(faulty):
    """Those of the sandbox itself are not: a new connection works at once."""
    served, bus = faulty("cut=0.5", speed="4")
    bus.become(GRID)
    web = served.web()

    def logs_in():
        try:
            return web.log_in().status == 200
        except urllib3.exceptions.HTTPError:
            return False

    until(logs_in)
    socket = web.socket(NORTH)
    mine = connected(bus, "")
    with pytest.raises(CutError):
        socket.next()
    until(lambda: mine.isdisjoint(connected(bus)))
    out = served.end()
    assert "Faults: cut " in out
    assert "" == served.errors, "it was not cut itself"


def test_tokens_expire_before_their_time(faulty):
    """For calls and handshakes, until the next login; the token says otherwise."""
    served, _ = faulty("expire=0.5")
    web = served.web().become()

    def opens():
        try:
            web.socket(NORTH).socket.close()
        except websocket.WebSocketBadStatusException as refused:
            return refused.status_code
        return 101

    until(lambda: opens() == 401)
    assert 401 == web.aggregators("list-aggregators").status
    until(lambda: web.log_in() and web.aggregators("list-aggregators").status == 200)
    until(lambda: web.log_in() and opens() == 101)


def test_a_deaf_exchange_says_nothing_but_events(faulty):
    """On both wires; the web server itself still answers, but not for it."""
    served, bus = faulty("deaf=2")
    bus.become(GRID)
    web = served.web().become()
    until(lambda: bus.event()["market_slot"] >= "2021-07-01T00:45")
    refused = web.aggregators(
        "select-aggregator", aggregator_uuid=web.aggregator, device_uuid=NORTH
    )
    assert (504, {"detail": "the exchange does not answer"}) == (refused.status, refused.body)
    bus.send(fees(3))
    web.send(fees(4))
    assert {bus.channels[0]} == {bus.raw()[0] for _ in range(6)}
    bus.listen("/response/area-map")
    bus.publish("/area-map")
    assert {**CITY.names, **CITY.assets} == bus.next_on("/response/area-map")["area_mapping"]


def test_messages_come_late_twice_in_disorder_and_between_garbage(faulty):
    """All at once; but every slot is told, by the one after it at the latest."""
    served, bus = faulty("late=0.5", "duplicate=0.5", "reorder=0.5", "garbage=0.3", speed="10")
    bus.become(GRID)
    heard = [bus.raw()[1] for _ in range(40)]
    unreadable = [each for each in heard if isinstance(decode(each, Wire()), Unreadable)]
    assert unreadable
    slots = [read_slot(json.loads(e)["market_slot"]) for e in heard if e not in unreadable]
    assert len(set(slots)) < len(slots), "some came twice"
    assert sorted(slots) != slots, "some came behind the next one"
    expected = (max(slots) - min(slots)) // CITY.slot_length
    assert len(set(slots)) >= expected, "but for the newest, which may be on its way"
    out = served.end()
    assert all(f"{fault} " in out for fault in ("late", "duplicate", "reorder", "garbage"))
