"""The Redis wire of the sandbox, on a real Redis: every channel of the exchange's protocol."""

import signal
import time

import pytest

from rulegrid.exchange.messages import channels
from tests.gateway.exchanges import until
from tests.gateway.sandbox.clients import (
    CITY,
    FEE,
    GRID,
    NORTH,
    SOUTH,
    BusClient,
    Sandbox,
    fee_of,
    fees,
    sandbox,
    statistics,
)

ONLY = ("--listen", "off", "--redis")
CONTROLS = [f"/response/{command}" for command in channels.CONTROLS]


@pytest.fixture(scope="module")
def served(shared_redis):
    """A sandbox whose day never ends."""
    running = Sandbox(*ONLY, shared_redis.url, "--speed", "20", "--loop")
    yield running
    running.kill()


@pytest.fixture
def client(served, shared_redis, request):
    """A client with an aggregator of its own, whose markets are let go of in the end."""
    made = served.bus(shared_redis.url, request.node.name)
    yield made
    for area in made.mine:
        made.command("UNSELECT", aggregator_uuid=made.aggregator, device_uuid=area)


def test_the_area_map_names_every_market_and_asset(client):
    """Flat, by uuid."""
    client.listen("/response/area-map")
    client.publish("/area-map")
    told = client.next_on("/response/area-map")
    assert {**CITY.names, **CITY.assets} == told["area_mapping"]


def test_an_aggregator_is_who_it_says(client):
    """The uuid is the client's own transaction, and good for one."""
    ready = {"status": "ready", "name": "dso", "transaction_id": "mine"}
    assert ready == client.command("CREATE", name="dso", transaction_id="mine")
    taken = {"status": "error", "aggregator_uuid": "mine", "transaction_id": "mine"}
    assert taken == client.command("CREATE", name="dso", transaction_id="mine")
    gone = client.command("DELETE", name="dso", aggregator_uuid="mine")
    assert "deleted" == gone["status"]


def test_a_market_registers_once(client):
    """The second time there is no answer at all, until it has unregistered."""
    client.listen("grid/response/register_participant", "grid/response/unregister_participant")
    told = client.ask("grid/register_participant", "grid/response/register_participant")
    assert ("register", "ready", True, GRID) == tuple(
        told[key] for key in ("command", "status", "registered", "device_uuid")
    )
    client.publish("grid/register_participant", name="grid", transaction_id="again")
    told = client.ask("grid/unregister_participant", "grid/response/unregister_participant")
    assert told["unregistered"], "and nothing came before"
    client.ask("grid/register_participant", "grid/response/register_participant")
    client.ask("grid/unregister_participant", "grid/response/unregister_participant")


def test_a_market_is_selected_by_uuid(client):
    """Without a registration; a second one is told who has it."""
    client.become(NORTH)
    told = client.command("SELECT", aggregator_uuid="B", device_uuid=NORTH)
    assert f"Device already have selected {client.aggregator}" == told["msg"]
    client.publish(
        "aggregator-commands",
        type="UNSELECT",
        aggregator_uuid=client.aggregator,
        device_uuid=NORTH,
        transaction_id="U",
    )
    client.next_on("aggregator-response", status="UNSELECTED", transaction_id="U")
    client.next_on("aggregator-response", status="UNSELECTED", transaction_id="U")
    client.mine.remove(NORTH)


def test_a_batch_is_answered_and_its_fee_is_in_force_in_the_next_slot(client):
    """In the order of the batch, on the aggregator's own channel."""
    client.become(GRID, SOUTH)
    client.event()
    both = {area: statistics(area)[area] + fees(7.125, area)[area] for area in (GRID, SOUTH)}
    transaction = client.send(both | fees(1, "unknown"))
    answer = client.answer(transaction)
    assert {GRID, SOUTH} == set(answer["responses"])
    told, fee = answer["responses"][SOUTH]
    assert ("dso_market_stats", CITY.names[SOUTH]) == (told["command"], told["name"])
    assert (FEE, "7.125") == (fee["command"], fee["market_fee_const"])
    event = client.event()
    assert event["simulation_id"] is None
    assert 7.125 == fee_of(event)


def test_a_fee_on_a_markets_own_channel_is_obeyed_in_silence(client):
    """Where an aggregator controls the market."""
    client.become(GRID)
    client.listen("grid/response/grid_fees")
    client.publish("grid/grid_fees", fee_const=9.5, transaction_id="D")
    until(lambda: fee_of(client.event()) == 9.5)


def test_many_commands_at_once_are_all_answered(client):
    """As a client sends them that does not wait for each."""
    client.command("CREATE", name="dso", transaction_id=client.aggregator)
    pipeline = client.redis.pipeline(transaction=False)
    for area in CITY.names:
        pipeline.publish("aggregator-commands", client.selection(area))
    pipeline.execute()
    selected = {
        client.next_on("aggregator-response", status="SELECTED")["device_uuid"] for _ in CITY.names
    }
    assert set(CITY.names) == selected
    assert set(CITY.names) == set(client.answer(client.send(fees(3, *CITY.names)))["responses"])


def test_the_exchange_gives_signs_of_life(redis_server):
    """From its start on, in Unix seconds, paused or not."""
    client = BusClient(redis_server.url)
    client.listen("gsy-e-heartbeat/")
    with sandbox(*ONLY, redis_server.url, "--wait"):
        told = client.next_on("gsy-e-heartbeat/")
        assert ["time"] == list(told)
        assert isinstance(told["time"], int)
        assert abs(told["time"] - time.time()) < 5
    client.close()


def test_an_operator_pauses_resumes_and_stops(redis_server):
    """While it is paused no slot opens and no batch is answered; a stop ends it with `finish`."""
    with sandbox(*ONLY, redis_server.url, "--speed", "20") as served:
        client = served.bus(redis_server.url).become(GRID)
        client.listen(*CONTROLS)
        client.event()
        expected = {"command": "pause", "simulation_id": "", "transaction_id": "x"}
        told = client.ask("/pause", "/response/pause", transaction_id="x")
        assert expected | {"status": "success"} == told
        transaction = client.send(fees(3))
        client.publish("/resume", transaction_id="y")
        heard = []
        while not heard or heard[-1] != client.channels[1]:
            heard.append(client.raw()[0])
        assert "/response/resume" in heard, "before the answer"
        assert transaction
        client.ask("/stop", "/response/stop")
        client.event(event="finish")
        assert "The day is over" in served.rest()
        assert 0 == served.code


def test_a_lost_redis_is_found_again(redis_server):
    """Events go on and commands are heard, and it is told that a real one would be deaf."""
    with sandbox(*ONLY, redis_server.url, "--speed", "20", "--loop") as served:
        first = served.bus(redis_server.url, "A").become(GRID)
        slot = first.event()["market_slot"]
        redis_server.kill()
        redis_server.start()
        second = served.bus(redis_server.url, "A")
        until(lambda: len(second.redis.pubsub_channels("/area-map")) == 1)
        assert slot < second.event()["market_slot"]
        second.answer(second.send(fees(6.5)))
        until(lambda: fee_of(second.event()) == 6.5)
        out = served.end()
        assert "falls deaf: its connection to Redis was lost" in served.errors
        assert "A real exchange would have died no times and fallen deaf 1 time." in out


def test_a_redis_that_stands_still_does_not_stop_time(redis_server):
    """Nor does it keep the sandbox from ending within two seconds."""
    with sandbox(*ONLY, redis_server.url, "--speed", "20", "--loop") as served:
        client = served.bus(redis_server.url).become(GRID)
        client.event()
        with redis_server.frozen():
            began = time.monotonic()
            served.signal(signal.SIGTERM)
            served.process.join(2)
            assert 0 == served.code
            assert time.monotonic() - began < 2


def test_what_would_end_a_real_exchange_is_told_and_does_no_harm(redis_server):
    """In the log and in the last lines, each kind counted."""
    with sandbox(*ONLY, redis_server.url, "--speed", "20", "--loop") as served:
        client = served.bus(redis_server.url).become(GRID)
        client.redis.publish("external-aggregator//batch_commands", b"this is not json")
        client.redis.publish("grid/register_participant", b"{}")
        client.send({GRID: [{"type": FEE, "data": {"fee_const": "3.5"}}]})
        client.answer(client.send(fees(4)))
        out = served.end()
        for told in (
            "falls deaf from a message on external-aggregator//batch_commands: not JSON",
            "falls deaf from a message on grid/register_participant: no `transaction_id`",
            'a fee that is no number: "3.5"',
        ):
            assert told in served.errors.replace('\\"', '"')
        assert "A real exchange would have died 1 time and fallen deaf 2 times." in out
