"""The web wire of the sandbox: every call and frame that clients of the exchange expect."""

import base64
import json
from contextlib import suppress

import pytest
import websocket

from rulegrid.gateway.sandbox.simulation import CONFIGURATION
from tests.exchange.played import RECORDINGS, recorded
from tests.gateway.exchanges import big_day, until
from tests.gateway.sandbox.clients import (
    CITY,
    FEE,
    GRID,
    NORTH,
    SOUTH,
    CutError,
    Sandbox,
    fee_of,
    fees,
    sandbox,
    statistics,
)

BIG = RECORDINGS / "big341.jsonl.gz"
ANYWHERE = ("--listen", "127.0.0.1:0")
QUERY = f"""query {{ readConfiguration(uuid: "{CONFIGURATION}")
                {{ scenarioData {{ latest {{ serialized }} }} }} }}"""


@pytest.fixture(scope="module")
def served():
    """A sandbox whose day never ends; each test has its own aggregator and markets."""
    running = Sandbox(*ANYWHERE, "--speed", "20", "--loop")
    yield running
    running.kill()


@pytest.fixture
def client(served):
    """An aggregator that lets go of its markets in the end."""
    made = served.web().become()
    yield made
    for area in CITY.names:
        made.aggregators("unselect-aggregator", aggregator_uuid=made.aggregator, device_uuid=area)
    made.close()


def kept(kind, path):
    """The keys of what the web server answered in the recording, for each such call."""
    return [
        set(line["data"]) if isinstance(line["data"], dict) else None
        for line in recorded("web_bridge")
        if line["dir"] == "web->sdk" and line["what"] == kind and path in line.get("path", "")
    ]


def test_a_login_gives_a_token_that_tells_when_it_expires(served):
    """A JSON Web Token, of two days unless told otherwise."""
    answer = served.web().log_in()
    assert 200 == answer.status
    assert kept("http", "token-auth")[0] == answer.body.keys()
    claims = answer.body["access"].split(".")[1]
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert 48 * 3600 == pytest.approx(read["exp"] - read["iat"])


@pytest.mark.parametrize("token", ["", "no-token", "a.b.c", "ä.ö.ü"])
def test_nobody_gets_in_without_a_token(served, token):
    """Neither to a call nor to a websocket."""
    client = served.web()
    client.token = token.encode().decode("latin-1")
    assert 401 == client.aggregators("list-aggregators").status
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        client.socket(GRID)
    assert 401 == refused.value.status_code


def test_an_aggregator_is_created_and_found_again(client):
    """Its uuid is the transaction of the call, which is never good for two."""
    told = client.aggregators("create-aggregator", name="mine", transaction_id="my-own")
    assert (200, {"uuid": "my-own", "name": "mine"}) == (told.status, told.body)
    assert kept("http", "create-aggregator")[0] == told.body.keys()
    assert {"name": "mine", "uuid": "my-own"} in client.aggregators("list-aggregators").body
    again = client.aggregators("create-aggregator", name="other", transaction_id="my-own")
    assert 400 == again.status
    gone = client.aggregators("delete-aggregator", aggregator_uuid="my-own")
    assert 200 == gone.status
    assert "my-own" not in str(client.aggregators("list-aggregators").body)


def test_a_market_is_selected_once(client):
    """In the call's answer, in a frame, and in the registry; a second one is told the owner."""
    socket = client.socket()
    told = client.aggregators(
        "select-aggregator", aggregator_uuid=client.aggregator, device_uuid=GRID
    )
    expected = {"aggregator_uuid": client.aggregator, "device_uuid": GRID}
    assert (200, expected) == (told.status, told.body)
    assert {"event": "selected_by_device", **expected} == socket.next()
    assert "dso" == client.registry()["aggregator_name"]
    again = client.aggregators("select-aggregator", aggregator_uuid="B", device_uuid=GRID)
    assert 400 == again.status
    assert f"already have selected {client.aggregator}" in again.body["detail"]
    let_go = client.aggregators(
        "unselect-aggregator", aggregator_uuid=client.aggregator, device_uuid=GRID
    )
    assert 200 == let_go.status
    assert expected | {"event": "unselected_by_device"} == socket.next_of(
        event="unselected_by_device"
    )
    assert client.registry()["aggregator_name"] is None


def test_a_websocket_that_opens_later_is_told_what_is_selected(client):
    """So that a client which selects first loses nothing."""
    client.select(NORTH, SOUTH)
    socket = client.socket()
    told = [socket.next(), socket.next()]
    assert {NORTH, SOUTH} == {each["device_uuid"] for each in told}
    assert {"selected_by_device"} == {each["event"] for each in told}


def test_a_batch_is_accepted_in_the_call_and_answered_on_the_websocket(client):
    """And the fee is in force in the next slot, as the event says on the same socket."""
    client.select(GRID)
    socket = client.socket()
    opened = socket.next_of(event="market")
    assert CONFIGURATION == opened["simulation_id"]
    transaction = client.send(statistics() | fees(7.125))
    answer = socket.next_of(command="batch_commands")
    assert (transaction, client.aggregator) == (
        answer["transaction_id"],
        answer["aggregator_uuid"],
    )
    (entry,) = answer["responses"][GRID]
    assert ("ready", "7.125") == (entry["status"], entry["market_fee_const"])
    assert 7.125 == fee_of(socket.next_of(event="market"))


def test_statistics_come_with_the_recorded_indicators(client):
    """Unlike on the real web, where they are null."""
    client.select(GRID)
    socket = client.socket()
    seen = set()
    while len(seen) < 5:
        socket.next_of(event="market")
        client.send(statistics())
        (entry,) = socket.next_of(command="batch_commands")["responses"][GRID]
        seen.add(entry["market_stats"].get("self_sufficiency"))
        assert "Grid" == entry["name"]
    assert seen - {None}


def test_the_registry_is_the_tree(client):
    """Every market and asset by name, uuid and kind, with who controls it."""
    client.select(NORTH)
    root = client.registry()
    assert kept("http", "registry")[0] == root.keys()
    owners = {child["uuid"]: child["aggregator_name"] for child in root["children"]}
    assert "dso" == owners[NORTH]
    assert {"Area", "Load"} == {child["type"] for child in root["children"]}


def test_the_scenario_is_read_with_graphql(client):
    """The names and uuids of all areas."""
    body = client.call("POST", "/graphql/", query=QUERY, variables=None, operationName=None).body
    root = json.loads(body["data"]["readConfiguration"]["scenarioData"]["latest"]["serialized"])
    assert ("Grid", GRID) == (root["name"], root["uuid"])
    assert NORTH in {child["uuid"] for child in root["children"]}


def test_a_market_that_nobody_controls_is_told_its_fee_directly(client):
    """The answer comes on its own websocket; one that is controlled obeys in silence."""
    socket = client.socket(SOUTH)
    path = f"/external-connection/api/{CONFIGURATION}/{SOUTH}"
    told = client.call("POST", f"{path}/grid-fee/", fee_const=3.5)
    answer = socket.next()
    assert (FEE, told.body["transaction_id"]) == (answer["command"], answer["transaction_id"])
    assert "3.5" == answer["market_fee_const"]
    told = client.call("GET", f"{path}/dso-market-stats")
    answer = socket.next()
    assert told.body["transaction_id"] == answer["transaction_id"]
    assert "dso_market_stats" == answer["command"]


def test_a_market_that_is_controlled_obeys_directly_but_in_silence(client):
    """Its aggregator sees the fee in force."""
    socket = client.socket(SOUTH)
    client.select(SOUTH)
    path = f"/external-connection/api/{CONFIGURATION}/{SOUTH}"
    client.call("POST", f"{path}/grid-fee/", fee_const=4.5)
    events = client.socket()

    def fee():
        root = events.next_of(event="market")["grid_tree"][GRID]
        return fee_of({"grid_tree": root["children"]}, SOUTH)

    until(lambda: fee() == 4.5)
    socket.socket.settimeout(0.05)
    with pytest.raises(websocket.WebSocketTimeoutException):
        socket.next()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/external-connection/aggregator-api/elsewhere/list-aggregators/"),
        ("GET", "/external-connection/configurations/elsewhere/registry"),
        ("POST", f"/external-connection/api/{CONFIGURATION}/nowhere/grid-fee/"),
        ("GET", f"/external-ws/{CONFIGURATION}/aggregator/nobody/"),
        ("GET", f"/external-ws/{CONFIGURATION}/nowhere/"),
    ],
)
def test_what_is_not_there_is_not_found(client, method, path):
    """Another simulation, another market, another aggregator."""
    assert 404 == client.call(method, path).status


def test_a_call_that_lacks_something_is_refused(client):
    """And is not passed on to an exchange that would not live through it."""
    told = client.aggregators("batch-commands", aggregator_uuid=client.aggregator)
    assert (400, {"detail": "no `batch_commands`"}) == (told.status, told.body)
    told = client.aggregators("create-aggregator")
    assert (400, {"detail": "no `name`"}) == (told.status, told.body)


def test_a_batch_of_megabytes_is_taken(client):
    """10,000 areas make about one."""
    client.select(GRID)
    socket = client.socket()
    unknown = {f"unknown-{number:0100}": fees(1)[GRID] for number in range(20_000)}
    client.send(unknown | fees(2.5))
    answer = socket.next_of(command="batch_commands")
    assert [GRID] == list(answer["responses"])


def test_a_client_that_does_not_read_is_cut_and_hinders_nobody():
    """After 16 MiB; the others hear everything."""
    batches = 120
    markets = tuple(big_day().names)
    with sandbox(*ANYWHERE, "--data", str(BIG), "--speed", "10", "--loop") as served:
        reading, stalled = served.web().become("reads"), served.web().become("does not read")
        stalled.select(*markets[1:])
        unread = stalled.socket(small=True)
        reading.select(markets[0])
        socket = reading.socket()
        slots = [socket.next_of(event="market")["market_slot"]]
        for number in range(batches):
            stalled.send(statistics(*markets))
            if number % 12 == 0:
                slots.append(socket.next_of(event="market")["market_slot"])
        assert sorted(set(slots)) == slots
        socket.next_of(event="market")
        with pytest.raises(CutError):
            assert [] == [unread.next_of(command="batch_commands") for _ in range(batches)]


def test_only_the_login_of_the_environment_is_let_in():
    """Where there is one; so a client can practise being refused."""
    login = {"API_CLIENT_USERNAME": "dso", "API_CLIENT_PASSWORD": "secret"}
    with sandbox(*ANYWHERE, **login) as served:
        refused = served.web("dso", "wrong").log_in()
        assert 401 == refused.status
        assert "secret" not in str(refused.body) + "\n".join(served.told)
        assert 200 == served.web("dso", "secret").log_in().status


def test_a_token_expires():
    """After its time it opens nothing; a new login does, and open websockets stay open."""
    with sandbox(*ANYWHERE, "--token-lifetime", "0.4", "--speed", "20", "--loop") as served:
        client = served.web().become()
        client.select(GRID)
        socket = client.socket()
        until(lambda: client.aggregators("list-aggregators").status == 401)
        socket.next_of(event="market")
        with pytest.raises(websocket.WebSocketBadStatusException):
            client.socket()
        client.log_in()
        assert 200 == client.aggregators("list-aggregators").status
        with suppress(websocket.WebSocketException):
            client.socket().socket.close()
