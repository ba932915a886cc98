"""Aggregators, registrations and selections, as the real exchange answered them."""

import json

import pytest

from rulegrid.exchange.messages import Wire
from rulegrid.exchange.messages.channels import slug
from rulegrid.exchange.messages.joining import create_aggregator, select_area
from rulegrid.exchange.registrations import Registrations
from rulegrid.grid import AreaId

NAMES = {AreaId("g"): "Grid", AreaId("h"): "House 1", AreaId("k"): "House-1"}
COMMANDS = "aggregator-commands"


@pytest.fixture
def markets():
    return Registrations(NAMES, {AreaId("l"): "Load"}, Wire())


def said(answers):
    return [(channel, json.loads(payload)) for channel, payload in answers]


def command(kind, area="g", aggregator="A"):
    return json.dumps(
        {"type": kind, "transaction_id": "T", "aggregator_uuid": aggregator, "device_uuid": area}
    ).encode()


def test_the_uuid_of_an_aggregator_is_its_transaction(markets):
    """The same uuid twice is an error; the same name is fine."""
    ready = {"status": "ready", "name": "dso", "transaction_id": "A"}
    taken = {"status": "error", "aggregator_uuid": "A", "transaction_id": "A"}
    assert [("aggregator-response", ready)] == said(
        markets.hear(COMMANDS, create_aggregator("A", "dso"))
    )
    assert [("aggregator-response", taken)] == said(
        markets.hear(COMMANDS, create_aggregator("A", "x"))
    )
    other = said(markets.hear(COMMANDS, create_aggregator("B", "dso")))
    assert "ready" == other[0][1]["status"]


def test_a_market_is_selected_once(markets):
    """The second one is told who has it, even if it is the same aggregator."""
    ((_, payload),) = markets.hear(COMMANDS, select_area("A", AreaId("g"), "S"))
    assert "SELECTED" == json.loads(payload)["status"]
    ((_, refused),) = markets.hear(COMMANDS, select_area("B", AreaId("g"), "S"))
    assert "Device already have selected A" == json.loads(refused)["msg"]
    assert {"A": {"g"}} == markets.selected


def test_nothing_is_checked_when_a_market_is_selected(markets):
    """An unknown market and an unknown aggregator are fine."""
    ((_, payload),) = markets.hear(COMMANDS, select_area("nobody", AreaId("nothing"), "S"))
    assert ["SELECTED", "nothing"] == [json.loads(payload)[k] for k in ("status", "device_uuid")]


def test_the_end_of_a_selection_is_said_twice(markets):
    """And not at all where there was none."""
    assert () == markets.hear(COMMANDS, command("UNSELECT"))
    markets.hear(COMMANDS, command("SELECT"))
    twice = said(markets.hear(COMMANDS, command("UNSELECT")))
    assert ["UNSELECTED", "UNSELECTED"] == [answer["status"] for _, answer in twice]
    assert not markets.is_selected(AreaId("g"))


def test_markets_stay_bound_to_a_deleted_aggregator(markets):
    """Its events go on."""
    markets.hear(COMMANDS, command("SELECT"))
    ((_, answer),) = said(markets.hear(COMMANDS, command("DELETE")))
    assert {"status": "deleted", "aggregator_uuid": "A", "transaction_id": "T"} == answer
    assert markets.is_selected(AreaId("g"))


def test_a_market_registers_once(markets):
    """The second registration is not answered until the first has ended."""
    payload = b'{"name": "grid", "transaction_id": "R"}'
    once = said(markets.hear("grid/register_participant", payload))
    assert "grid/response/register_participant" == once[0][0]
    assert {
        "command": "register",
        "status": "ready",
        "registered": True,
        "transaction_id": "R",
        "device_uuid": "g",
    } == once[0][1]
    assert () == markets.hear("grid/register_participant", payload)
    ((channel, gone),) = said(markets.hear("grid/unregister_participant", payload))
    assert ("grid/response/unregister_participant", True) == (channel, gone["unregistered"])
    assert () == markets.hear("grid/unregister_participant", payload)
    assert once == said(markets.hear("grid/register_participant", payload))


def test_an_unknown_market_is_not_answered(markets):
    """Nor is an asset, or a command of an unknown type."""
    payload = b'{"transaction_id": "R"}'
    assert () == markets.hear("street/register_participant", payload)
    assert () == markets.hear("load/register_participant", payload)
    assert () == markets.hear(COMMANDS, command("DANCE"))
    assert markets.hear("grid/dance", payload) is None


def test_two_markets_of_one_slug_share_their_channels(markets):
    """The first one answers; the other cannot be reached by name."""
    payload = b'{"transaction_id": "R"}'
    ((_, answer),) = said(markets.hear("house-1/register_participant", payload))
    assert "h" == answer["device_uuid"]


def test_the_area_map_names_markets_and_assets(markets):
    """Flat, without the tree."""
    ((channel, answer),) = said(markets.hear("/area-map", b"{}"))
    assert "/response/area-map" == channel
    assert {"area_mapping": NAMES | {"l": "Load"}} == answer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Grid", "grid"),
        ("House 1", "house-1"),
        ("House-1", "house-1"),
        ("Straße Ünique 7/2 #3", "strasse-unique-7-2-3"),
    ],
)
def test_a_slug_is_ascii_in_lower_case(name, expected):
    """As the exchange names its channels."""
    assert expected == slug(name)
