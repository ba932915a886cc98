"""Both wires of a sandbox are ways to one exchange."""

import pytest

from rulegrid.gateway.sandbox.simulation import CONFIGURATION
from tests.gateway.sandbox.clients import (
    CITY,
    GRID,
    NORTH,
    SOUTH,
    Sandbox,
    fee_of,
    fees,
    sandbox,
    statistics,
)

SLOTS = 8
MARKETS = tuple(CITY.names)


@pytest.fixture
def served(shared_redis):
    """A sandbox on both wires, whose time stands still until a client listens."""
    options = ("--listen", "127.0.0.1:0", "--redis", shared_redis.url, "--wait")
    running = Sandbox(*options, "--speed", "10", "--slots", str(SLOTS))
    yield running
    running.kill()


def held(event, answer, send):
    """A day held over a wire: asked about and answered with fees, slot by slot."""
    heard = []
    for slot in range(SLOTS):
        heard.append(event())
        heard.append(answer(send(statistics(*MARKETS))))
        heard.append(answer(send(fees(slot / 4, *MARKETS))))
    return heard


def told(messages):
    """What was said, without the names that each client gives itself and its simulation."""
    own = {"transaction_id", "aggregator_uuid", "simulation_id"}
    return [{key: said[key] for key in said.keys() - own} for said in messages]


def over_redis(served, url):
    client = served.bus(url).become(*MARKETS)
    return held(client.event, client.answer, client.send)


def over_the_web(served, _):
    client = served.web().become()
    client.select(*MARKETS)
    socket = client.socket()
    return held(
        lambda: socket.next_of(event="market"),
        lambda transaction: socket.next_of(transaction_id=transaction),
        client.send,
    )


def test_the_same_day_over_both_wires_gives_the_same_answers(shared_redis):
    """Every event and every answer, to the last number."""
    days = []
    for wire in (over_redis, over_the_web):
        options = ("--listen", "127.0.0.1:0", "--redis", shared_redis.url, "--wait")
        with sandbox(*options, "--speed", "5", "--slots", str(SLOTS)) as served:
            days.append(told(wire(served, shared_redis.url)))
            assert "The day is over" in served.rest()
    assert 3 * SLOTS == len(days[0])
    assert days[0] == days[1]


def test_all_that_is_said_to_an_aggregator_is_said_on_both_wires(served, shared_redis):
    """In the same words, but that events name the simulation on the web only."""
    web = served.web().become()
    bus = served.bus(shared_redis.url, web.aggregator)
    web.select(*MARKETS)
    socket = web.socket()
    for slot in range(4):
        event = socket.next_of(event="market")
        assert CONFIGURATION == event["simulation_id"]
        assert event | {"simulation_id": None} == bus.event()
        for commands in (statistics(*MARKETS), fees(slot, *MARKETS)):
            transaction = (web, bus)[slot % 2].send(commands)
            assert bus.answer(transaction) == socket.next_of(transaction_id=transaction)


def test_a_market_selected_on_one_wire_is_controlled_on_the_other(served, shared_redis):
    """The registry shows it, a second selection is refused, and its fee can be set."""
    bus = served.bus(shared_redis.url).become(GRID, NORTH)
    web = served.web().become("on the web")
    owners = [each["aggregator_name"] for each in (web.registry(), web.registry()["children"][0])]
    assert ["dso", "dso"] == owners
    refused = web.aggregators(
        "select-aggregator", aggregator_uuid=web.aggregator, device_uuid=NORTH
    )
    assert 400 == refused.status
    web.select(SOUTH)
    socket = web.socket()
    socket.next_of(event="market")
    transaction = web.send(fees(8.5))
    assert [GRID] == list(socket.next_of(transaction_id=transaction)["responses"])
    event = bus.event()
    while fee_of(event) != 8.5:
        event = bus.event()
    names = {each["name"] for each in web.aggregators("list-aggregators").body}
    assert {"dso", "on the web"} == names


def test_the_end_of_the_day_is_said_on_both_wires(served, shared_redis):
    """To every aggregator, and then the connections are closed."""
    bus = served.bus(shared_redis.url).become(GRID)
    web = served.web().become()
    web.select(NORTH)
    socket = web.socket()
    assert bus.event(event="finish")["simulation_id"] is None
    assert CONFIGURATION == socket.next_of(event="finish")["simulation_id"]
    assert f"{SLOTS} of {SLOTS}, 2 markets selected" in served.rest()
    assert 0 == served.code
