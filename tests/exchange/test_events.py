"""Market events become a grid and columns."""

import json

import numpy as np
import pytest

from rulegrid.exchange.messages import MarketEvent, Wire, decode, with_statistics
from rulegrid.grid import Area, AreaId, Grid, read_slot
from rulegrid.metrics import METRICS
from tests.exchange.played import messages, recorded

NOTHING = dict.fromkeys(
    ["min_trade_rate", "max_trade_rate", "avg_trade_rate", "median_trade_rate"]
) | {"total_traded_energy_kWh": None}
TRADES = {
    "min_trade_rate": 34.0,
    "max_trade_rate": 57,
    "avg_trade_rate": 42.5,
    "median_trade_rate": 36.25,
    "total_traded_energy_kWh": 0.375,
}


def market(name, children, **more):
    return {
        "area_name": name,
        "children": children,
        "last_market_stats": TRADES,
        "last_market_fee": 1.0,
        "current_market_fee": 2,
        **more,
    }


TREE = {
    "grid": market(
        "Grid",
        {
            "north": market("North", {"house": market("House", {"load": {"area_name": "Load"}})}),
            "maker": {"area_name": "Market Maker"},
            "south": market("South", {}, last_market_stats=NOTHING, current_market_fee=None),
        },
    )
}


def event(tree=TREE, wire=Wire(), known=None, **more):  # noqa: B008 - it is frozen
    message = {"event": "market", "market_slot": "2021-07-01T00:15", "grid_tree": tree} | more
    read = decode(json.dumps(message).encode(), wire, known)
    assert isinstance(read, MarketEvent), read
    return read


def test_markets_are_listed_by_level_and_assets_left_out():
    """A node with children is a market, one without is an asset; parents come first."""
    read = event()
    areas = [
        ("grid", "Grid", -1),
        ("north", "North", 0),
        ("south", "South", 0),
        ("house", "House", 1),
    ]
    assert Grid.from_areas(Area(AreaId(i), name, parent) for i, name, parent in areas) == read.grid
    assert ("Grid", "Grid/North", "Grid/South", "Grid/North/House") == read.grid.paths
    assert read_slot("2021-07-01T00:15") == read.slot


def test_the_known_grid_is_used_again_while_the_tree_is_the_same():
    """A binding to the grid lasts as long as ids, names and parents do."""
    known = event().grid
    assert known is event(known=known).grid
    renamed = {"grid": TREE["grid"] | {"area_name": "Net"}}
    assert ("Net", "North", "South", "House") == event(renamed, known=known).grid.names
    moved = {"grid": market("Grid", {"north": market("North", {}), "south": market("South", {})})}
    moved["grid"]["children"]["south"]["children"]["house"] = market("House", {})
    assert [-1, 0, 0, 2] == event(moved, known=known).grid.parents.tolist()


def test_metrics_stand_in_their_columns():
    """Prices and volume are of the closed slot, `current_fee` of the one that has just opened."""
    columns = event(feed_in_tariff_rate=7, market_maker_rate=30).columns
    expected = {
        "min_price": [34, 34, np.nan, 34],
        "median_price": [36.25, 36.25, np.nan, 36.25],
        "avg_price": [42.5, 42.5, np.nan, 42.5],
        "max_price": [57, 57, np.nan, 57],
        "volume": [0.375, 0.375, 0, 0.375],
        "last_fee": [1, 1, 1, 1],
        "current_fee": [2, 2, np.nan, 2],
        "feed_in_tariff": [7],
        "market_maker_rate": [30],
    }
    assert expected.keys() == columns.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(values, columns[name], name)
        assert not columns[name].flags.writeable
        assert np.float64 == columns[name].dtype


def test_volume_is_zero_where_null_and_unknown_where_missing():
    """Null says that nothing was traded; a market without statistics says nothing."""
    tree = {"a": market("A", {}, last_market_stats=NOTHING), "b": market("B", {})}
    tree["c"] = market("C", {}, last_market_stats=None)
    tree["d"] = market("D", {}, last_market_stats={})
    np.testing.assert_array_equal([0, 0.375, np.nan, np.nan], event(tree).columns["volume"])


def test_a_fee_of_true_is_one():
    """The exchange stores a JSON true as it is, and charges 1."""
    assert [1.0] == event({"a": market("A", {}, current_market_fee=True)}).columns["current_fee"]


def test_prices_in_eur_become_ct():
    """0.29 EUR is exactly 29 ct; fees are ct in either case."""
    trades = TRADES | {"min_trade_rate": 0.29, "max_trade_rate": 0.35001, "avg_trade_rate": -0.05}
    wire = Wire(price_unit="EUR/kWh")
    read = event({"a": market("A", {}, last_market_stats=trades)}, wire, feed_in_tariff_rate=0.07)
    assert [29.0] == read.columns["min_price"]
    assert [35.001] == read.columns["max_price"]
    assert [-5.0] == read.columns["avg_price"]
    assert [0.375] == read.columns["volume"]
    assert [2.0] == read.columns["current_fee"]
    assert [7.0] == read.columns["feed_in_tariff"]
    assert np.isnan(read.columns["market_maker_rate"])


def test_a_price_beyond_all_floats_is_no_data():
    """No infinity gets into a column."""
    trades = TRADES | {"max_trade_rate": 1e307}
    read = event({"a": market("A", {}, last_market_stats=trades)}, Wire(price_unit="EUR/kWh"))
    assert np.isnan(read.columns["max_price"])


def test_percent_fees_are_points():
    """The exchange tells the closed slot's fee as a fraction, the open slot's in percent."""
    tree = {"a": market("A", {}, last_market_fee=0.07, current_market_fee=12.5)}
    read = event(tree, Wire(percent=True))
    assert [7.0] == read.columns["last_fee"]
    assert [12.5] == read.columns["current_fee"]


def test_a_snapshot_has_every_metric():
    """Without an answer all that statistics tell is no data; the next fee is the current one."""
    read = event()
    snapshot = with_statistics(read, None)
    assert list(METRICS) == list(snapshot.columns)
    assert snapshot.columns["next_fee"] is snapshot.columns["current_fee"]
    for name in ("import", "export", "self_sufficiency", "self_consumption", "fee_revenue"):
        assert np.isnan(snapshot.columns[name]).all()
        assert (4,) == snapshot.columns[name].shape
    assert (1,) == snapshot.columns["feed_in_tariff"].shape
    assert all(not column.flags.writeable for column in snapshot.columns.values())


def test_an_event_of_341_markets():
    """The largest recorded event: every market and number of its JSON is in the columns."""
    message = messages("big341")[0]
    read = event(message["grid_tree"], market_slot=message["market_slot"])
    assert 341 == len(read.grid)
    found, nodes = {}, [message["grid_tree"]]
    for tree in nodes:
        for area, node in tree.items():
            if "children" in node:
                found[area] = node
                nodes.append(node["children"])
    assert list(found) == list(read.grid.ids)
    for metric, key in (("min_price", "min_trade_rate"), ("avg_price", "avg_trade_rate")):
        told = [node["last_market_stats"][key] for node in found.values()]
        np.testing.assert_array_equal(np.array(told, dtype=float), read.columns[metric])
    np.testing.assert_array_equal(
        [node["current_market_fee"] for node in found.values()], read.columns["current_fee"]
    )


@pytest.mark.parametrize("name", ["errors", "timing", "time_of_use", "web"])
def test_the_tree_of_a_recording_stays_the_same(name):
    """From event to event of a run the grid is one object."""
    known = None
    slots = []
    for line in recorded(name):
        said = line.get("data")
        if isinstance(said, dict) and said.get("event") == "market":
            read = event(said["grid_tree"], known=known, market_slot=said["market_slot"])
            assert known is None or known is read.grid
            known = read.grid
            slots.append(read.slot)
    assert slots == sorted(slots)
    assert len(slots) > 7
