"""Becoming an aggregator on Redis: questions, and answers that may be anything."""

import json

import pytest

from rulegrid.exchange.messages.joining import (
    create_aggregator,
    read_aggregator_answer,
    read_area_map,
    select_area,
    unselect_area,
)
from rulegrid.grid import AreaId

GRID = AreaId("g")


def test_commands_are_spelled_as_the_exchange_reads_them():
    """An exchange falls deaf of anything else."""
    select, unselect = (ask("A", GRID, "S") for ask in (select_area, unselect_area))
    asked = {"aggregator_uuid": "A", "device_uuid": "g", "transaction_id": "S"}
    assert {**asked, "type": "SELECT"} == json.loads(select)
    assert {**asked, "type": "UNSELECT"} == json.loads(unselect)
    create = {"name": "dso", "type": "CREATE", "transaction_id": "A"}
    assert create == json.loads(create_aggregator("A", "dso"))


@pytest.mark.parametrize(
    ("answer", "owner"),
    [
        ({"status": "SELECTED", "device_uuid": "g"}, "A"),
        ({"status": "error", "msg": "Device already have selected A"}, "A"),
        ({"status": "error", "msg": "Device already have selected B"}, "B"),
        ({"status": "error", "msg": "Device is on holiday"}, None),
        ({"status": "UNSELECTED"}, None),
        ({}, None),
    ],
)
def test_an_answer_tells_who_controls_an_area(answer, owner):
    """That it was ours already is as good as being given it; another owner is named."""
    read = read_aggregator_answer(json.dumps({"transaction_id": "S", **answer}).encode())
    assert owner == read.owner("A")


def test_an_aggregator_can_be_told_from_one_that_was_there_before():
    """Only an exchange that did not know it says `ready`."""
    ready = read_aggregator_answer(b'{"status": "ready", "name": "dso", "transaction_id": "A"}')
    taken = read_aggregator_answer(
        b'{"status": "error", "aggregator_uuid": "A", "transaction_id": "A"}'
    )
    assert [("A", True), ("A", False)] == [(a.transaction, a.is_new) for a in (ready, taken)]


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"[]", b"{", b'{"transaction_id": 1}', b"[" * 100_000, b'{"a":' * 9000],
)
def test_what_is_no_answer_is_none(payload):
    """Whatever somebody says on the channels that all share."""
    assert read_aggregator_answer(payload) is None
    assert read_area_map(payload) is None


def test_the_area_map_keeps_the_order_of_the_exchange():
    """Its root comes first, each area before those below it."""
    said = json.dumps({"area_mapping": {"z": "Grid", "a": "Street", "m": "Load"}}).encode()
    assert ["z", "a", "m"] == list(read_area_map(said))
    assert read_area_map(b'{"area_mapping": {"a": null}}') is None
