"""The words of the exchange's web server."""

import json

import pytest

from rulegrid.exchange.messages import web, web_served
from rulegrid.exchange.messages.served import DeafeningError
from rulegrid.gateway.recording import embedded_day
from rulegrid.grid import AreaId
from tests.exchange.played import recorded

CITY = embedded_day()
GRID, NORTH, *_ = CITY.names
C = "C0FFEE"


@pytest.fixture
def scenario():
    return web_served.Scenario(CITY.slots[0].payload)


def test_a_call_becomes_the_command_that_the_exchange_knows():
    """Whatever else it says is passed on too."""
    body = web.about_area("T", "A", GRID)
    expected = json.loads(body) | {"type": "SELECT"}
    assert expected == json.loads(web_served.forwarded("SELECT", body))
    assert "A" == web_served.aggregator_of(body)
    assert "" == web_served.aggregator_of(web.create_aggregator("T", "dso"))


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("CREATE", b'{"transaction_id": "T"}', "no `name`"),
        ("CREATE", b'{"name": "dso"}', "no `transaction_id`"),
        ("SELECT", b'{"transaction_id": "T", "aggregator_uuid": "A"}', "no `device_uuid`"),
        ("BATCHED", b'{"transaction_id": "T", "aggregator_uuid": "A"}', "no `batch_commands`"),
        ("BATCHED", b"", "not JSON"),
        ("BATCHED", b"[]", "not a JSON object"),
    ],
)
def test_a_call_that_lacks_something_is_not_passed_on(kind, body, reason):
    """The exchange would not live through it."""
    with pytest.raises(DeafeningError, match=reason):
        web_served.forwarded(kind, body)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "ready", "name": "dso", "transaction_id": "T"}, {"uuid": "T", "name": "dso"}),
        (
            {"status": "SELECTED", "aggregator_uuid": "A", "device_uuid": "g"},
            {"aggregator_uuid": "A", "device_uuid": "g"},
        ),
        ({"status": "deleted", "aggregator_uuid": "A"}, {"aggregator_uuid": "A"}),
    ],
)
def test_what_the_exchange_did_is_the_answer_to_the_call(answer, expected):
    """In the words that were recorded."""
    is_done, told = web_served.answered(json.dumps(answer).encode())
    assert (True, expected) == (is_done, json.loads(told))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "error", "msg": "Device already have selected B"}, "B"),
        ({"status": "error", "transaction_id": "T"}, ""),
    ],
)
def test_what_the_exchange_refused_names_the_owner(answer, expected):
    """So that a client can say whose the market is."""
    is_done, told = web_served.answered(json.dumps(answer).encode())
    assert not is_done
    assert expected == web.read_owner(told)


def test_a_selection_is_told_to_its_aggregator():
    """And so is its end; nothing else is."""
    said = {"aggregator_uuid": "A", "device_uuid": "g", "transaction_id": "S"}
    for status, event in (("SELECTED", "selected"), ("UNSELECTED", "unselected")):
        answer = json.dumps(said | {"status": status}).encode()
        aggregator, frame = web_served.selection_frame(answer)
        expected = {"event": f"{event}_by_device", "device_uuid": "g", "aggregator_uuid": "A"}
        assert ("A", expected) == (aggregator, json.loads(frame))
    assert web_served.selection_frame(json.dumps(said | {"status": "error"}).encode()) is None


def test_events_name_the_simulation_on_the_web():
    """Everything else is as on Redis, and so is what names no simulation or cannot be read."""
    event = CITY.slots[3].payload
    ours = json.loads(web_served.frame(event, C))
    assert C == ours["simulation_id"]
    assert json.loads(event) | {"simulation_id": C} == ours
    for other in (b'{"command": "batch_commands"}', b'{"simulation_id": null', b"\xff"):
        assert other == web_served.frame(other, C)


def test_the_registry_is_the_tree_with_who_controls_what(scenario):
    """Markets are areas and registered; assets are not."""
    told = web.read_registry(scenario.registry({NORTH: "A", GRID: "gone"}, {"A": "dso"}))
    assert dict(CITY.names) == dict(told.names)
    assert {NORTH: "dso"} == told.owners
    root = json.loads(scenario.registry({}, {}))
    assert ("Grid", GRID, "Area", True, None) == tuple(
        root[key] for key in ("name", "uuid", "type", "registered", "aggregator_name")
    )


def test_the_recorded_registry_has_the_same_keys(scenario):
    """As the stand-in for the real web server told them."""
    (body,) = [
        line["data"]
        for line in recorded("web_bridge")
        if line.get("path", "").endswith("registry") and line["dir"] == "web->sdk"
    ][:1]
    assert body.keys() == json.loads(scenario.registry({}, {})).keys()


def test_the_scenario_is_read_with_graphql(scenario):
    """As a text within the answer, for this configuration only."""
    query = f'query {{ readConfiguration(uuid: "{C}")\n {{ scenarioData {{ latest }} }} }}'
    body = json.dumps({"query": query, "variables": None, "operationName": None}).encode()
    read = json.loads(scenario.answer(body, C))["data"]["readConfiguration"]
    root = json.loads(read["scenarioData"]["latest"]["serialized"])
    names = {}

    def walk(area):
        names[AreaId(area["uuid"])] = area["name"]
        for child in area.get("children", ()):
            walk(child)

    walk(root)
    assert {**CITY.names, **CITY.assets} == names
    refused = json.loads(scenario.answer(body, "another"))
    assert refused["data"] == {"readConfiguration": None}
    assert "does not exist" in refused["errors"][0]["message"]


def test_the_small_words():
    """A token, a refusal, the aggregators, and a login."""
    assert "T.T.T" == web.read_token(web_served.token("T.T.T"))
    assert {"detail": "no"} == json.loads(web_served.detail("no"))
    assert {"A": "dso"} == web.read_aggregators(web_served.aggregators({"A": "dso"}))
    assert ("u", "p") == web_served.read_login(web.login("u", "p"))
    assert {"transaction_id": "T"} == json.loads(web_served.accepted(web.body("T", a="b")))
