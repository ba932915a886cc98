"""The dialect of November 2020, from a recorded day of today and back into a grid and columns."""

import json

import numpy as np
import pytest

from rulegrid.exchange.messages import (
    FeeBatch,
    Finish,
    MarketEvent,
    Rails,
    Unreadable,
    Wire,
    decode,
    statistics_command,
    with_statistics,
)
from rulegrid.exchange.messages.channels import BATCHES, events
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.grid import AreaId, later, read_slot, write_slot
from rulegrid.metrics import METRICS
from tests.exchange.played import TODAY, day_of, recorded

DOCUMENTED = Wire("2020")
DAY = day_of(recorded("time_of_use"))
CITY = day_of(recorded("big341"))
ALL = tuple(DAY.names)


def exchange(wire, areas=ALL, day=DAY):
    started = RecordedExchange(day, wire)
    channel = "aggregator" if wire.dialect == "2020" else "aggregator-commands"
    for area in areas:
        select = {"type": "SELECT", "aggregator_uuid": "G", "device_uuid": area}
        started.hear(channel, json.dumps(select | {"transaction_id": area}).encode())
    return started


def opened(started, wire, known=None):
    ((channel, payload),) = started.open_slot()
    assert events("G") == channel
    event = decode(payload, wire, known)
    assert isinstance(event, MarketEvent), event
    return event, json.loads(payload)


def asked(started, event, areas, wire):
    closed = later(event.slot, DAY.slot_length, -1)
    started.hear(BATCHES, statistics_command("G", "T", closed, areas, wire))
    ((_, payload),) = started.tick()
    return decode(payload, wire), json.loads(payload)


def test_both_dialects_tell_the_same():
    """Grid, prices, fees and statistics of every slot are the same in either dialect."""
    today, documented = exchange(TODAY), exchange(DOCUMENTED)
    known = None
    for number in range(len(DAY.slots)):
        one, _ = opened(today, TODAY)
        other, _ = opened(documented, DOCUMENTED, known)
        assert one.slot == other.slot
        assert one.grid == other.grid
        assert known is None or known is other.grid
        known = other.grid
        first = with_statistics(one, asked(today, one, ALL, TODAY)[0])
        second = with_statistics(other, asked(documented, other, ALL, DOCUMENTED)[0])
        silent = {"feed_in_tariff", "market_maker_rate", "self_consumption", "fee_revenue"}
        for metric in METRICS.keys() - silent:
            np.testing.assert_array_equal(first.columns[metric], second.columns[metric], metric)
        for metric in silent:
            assert np.isnan(second.columns[metric]).all(), metric
        fees = dict.fromkeys(ALL[:2], number + 0.25)
        for started in (today, documented):
            started.hear(BATCHES, FeeBatch(fees, Rails()).encode("G", "F"))
            assert fees == {a: f.fee for a, f in decode(started.tick()[0][1], TODAY).fees.items()}


def test_the_documented_event_has_the_documented_shape():
    """One entry with the tree under names, then one entry for each area of ours."""
    ours = ALL[:2]
    _, event = opened(exchange(DOCUMENTED, ours), DOCUMENTED)
    assert {"event", "content"} == event.keys()
    tree, *entries = event["content"]
    assert {"grid_stats_tree", "area_uuid"} == tree.keys()
    (grid,) = tree["grid_stats_tree"].items()
    assert "Grid" == grid[0]
    assert {
        "last_market_slot",
        "last_market_bill",
        "last_market_stats",
        "last_market_fee",
        "next_market_fee",
        "children",
    } == grid[1].keys()
    assert {} == grid[1]["children"]["Market Maker"]
    assert "2021-07-01T00:00" == grid[1]["last_market_slot"]
    assert list(ours) == [entry["area_uuid"] for entry in entries]
    assert {
        "name": "Grid",
        "id": ours[0],
        "start_time": "2021-07-01T00:15",
        "duration_min": 15,
        "current_market_fee": 4.0,
        "next_market_fee": 4,
        "last_market_stats": grid[1]["last_market_stats"],
        "self_sufficiency": 99.99999999999997,
        "area_uuid": ours[0],
    } == entries[0]


def test_documented_answers_are_keyed_by_slot():
    """`market_stats` tells trades and bill, `dso_market_stats` the throughput too."""
    started = exchange(DOCUMENTED)
    event, _ = opened(started, DOCUMENTED)
    _, answer = asked(started, event, ALL[:2], DOCUMENTED)
    assert 2 == len(answer["responses"])
    plain, dso = answer["responses"][1]
    assert ["market_stats", "dso_market_stats"] == [plain["command"], dso["command"]]
    assert ["2021-07-01T00:00"] == list(plain["market_stats"])
    told = dso["market_stats"]["2021-07-01T00:00"]
    assert {"import": 0.5197519999999999, "export": 0.0} == told.pop("area_throughput")
    assert plain["market_stats"]["2021-07-01T00:00"] == told
    assert "name" not in plain


@pytest.mark.parametrize("slot", ["12:45", "2020-11-18 12:45", "2020-11-18T12:45:00", 7, None])
def test_a_slot_in_the_wrong_format_is_an_error(slot):
    """The slot is a time to the minute, and nothing else."""
    started = exchange(DOCUMENTED)
    opened(started, DOCUMENTED)
    command = [{"type": "market_stats", "data": {"market_slots": [slot]}}]
    batch = {"type": "BATCHED", "transaction_id": "T", "aggregator_uuid": "G"}
    started.hear(BATCHES, json.dumps(batch | {"batch_commands": {ALL[0]: command}}).encode())
    ((_, payload),) = started.tick()
    assert ["ERROR"] == list(json.loads(payload)["responses"][0][0]["market_stats"])
    assert [ALL[0]] == list(decode(payload, DOCUMENTED).errors)


def test_other_slots_are_not_known():
    """Only the slot that has just closed has statistics; all else is null."""
    started = exchange(DOCUMENTED)
    event, _ = opened(started, DOCUMENTED)
    ancient = read_slot("2020-01-01T00:00")
    started.hear(BATCHES, statistics_command("G", "T", ancient, ALL[:1], DOCUMENTED))
    ((_, payload),) = started.tick()
    plain, dso = json.loads(payload)["responses"][0]
    nothing = dict.fromkeys(plain["market_stats"][write_slot(ancient)])
    assert nothing == plain["market_stats"][write_slot(ancient)]
    assert (
        nothing | {"area_throughput": {"import": None, "export": None}}
        == (dso["market_stats"][write_slot(ancient)])
    )
    assert np.isnan(with_statistics(event, decode(payload, DOCUMENTED)).columns["import"]).all()


def test_areas_of_others_are_known_by_their_path():
    """Only our own areas have a uuid there; the metrics of the others can still be read."""
    event, _ = opened(exchange(DOCUMENTED, ALL[1:2]), DOCUMENTED)
    assert ("Grid", ALL[1]) == event.grid.ids[:2]
    assert event.grid.ids[2].startswith("Grid/Community/")
    assert not np.isnan(event.columns["current_fee"][:2]).any()
    assert [False, True] == np.isnan(event.columns["self_sufficiency"])[[1, 0]].tolist()


def test_areas_of_one_name_take_their_uuids_in_order():
    """A tree of names cannot tell them apart; the order of the entries can."""
    day = day_of(recorded("errors"))
    twice = [area for area, name in day.names.items() if name == "House 1"]
    event, _ = opened(exchange(DOCUMENTED, tuple(day.names), day), DOCUMENTED)
    assert ["Grid/Street A/House 1", "Grid/Street B/House 1"] == [
        event.grid.paths[event.grid.index[AreaId(area)]] for area in twice
    ]


def test_an_event_without_a_tree_is_a_flat_grid():
    """Early events had no tree: our own areas stand side by side."""
    _, event = opened(exchange(DOCUMENTED, ALL[:3]), DOCUMENTED)
    flat = decode(json.dumps(event | {"content": event["content"][1:]}).encode(), DOCUMENTED)
    assert ALL[:3] == flat.grid.ids
    assert [-1, -1, -1] == flat.grid.parents.tolist()
    assert [4.0] == flat.columns["current_fee"][:1].tolist()


def test_an_event_without_an_area_of_ours_is_not_read():
    """Without an entry there is no slot."""
    assert Unreadable("a market event without an area of ours") == decode(
        b'{"event": "market", "content": []}', DOCUMENTED
    )


def test_the_documented_finish():
    """The end is told in a list, too."""
    started = exchange(DOCUMENTED, tuple(CITY.names), CITY)
    opened(started, DOCUMENTED)
    opened(started, DOCUMENTED)
    ((_, payload),) = started.open_slot()
    assert {"event": "finish", "content": [{"event": "finish"}]} == json.loads(payload)
    assert Finish() == decode(payload, DOCUMENTED)
    assert started.is_over
