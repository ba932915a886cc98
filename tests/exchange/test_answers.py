"""Answers to batches, in both dialects."""

import json
from math import isnan

import numpy as np
import pytest

from rulegrid.exchange.messages import (
    BatchAnswer,
    FeeAnswer,
    MarketEvent,
    Statistics,
    Wire,
    decode,
    with_statistics,
)
from tests.exchange.played import messages

TOLD = {
    "area_throughput": {"import": 1.5, "export": 0.0},
    "self_sufficiency": 75.0,
    "self_consumption": 100,
    "market_fee_revenue": 0,
    "market_energy_deviance": None,
}


def answered(responses, wire=Wire()):  # noqa: B008 - it is frozen
    message = {
        "command": "batch_commands",
        "transaction_id": "T",
        "aggregator_uuid": "A",
        "responses": responses,
    }
    answer = decode(json.dumps(message).encode(), wire)
    assert isinstance(answer, BatchAnswer), answer
    assert "T" == answer.transaction
    return answer


def statistics(**told):
    return {"command": "dso_market_stats", "status": "ready", "market_stats": told}


def fee(constant, percent="None"):
    return {
        "command": "grid_fees",
        "status": "ready",
        "market_fee_const": constant,
        "market_fee_percent": percent,
    }


def test_statistics_are_read_by_area():
    """Import and export in kWh, shares in percent, revenue in ct."""
    answer = answered({"a": [statistics(**TOLD)], "b": [statistics(**TOLD), fee("2")]})
    assert {"a": Statistics(1.5, 0.0, 75.0, 100.0, 0.0)} | {"b": answer.statistics["a"]} == dict(
        answer.statistics
    )
    assert {"b": FeeAnswer(2.0)} == answer.fees
    assert {} == answer.errors


def test_null_statistics_are_no_data():
    """Web mode reports no shares; a slot without a record reports nothing."""
    told = answered({"a": [statistics(area_throughput={"import": None, "export": 0.5})]})
    values = told.statistics["a"]
    assert [True, False, True, True, True] == [isnan(value) for value in values]
    assert answered({"a": [statistics()]}).statistics["a"] is not None
    unknown = {"command": "dso_market_stats", "status": "ready", "market_stats": None}
    assert answered({"a": [unknown]}).statistics["a"] is None


@pytest.mark.parametrize(
    ("echo", "expected"),
    [
        ("2", 2.0),
        ("1.2345678901", 1.2345678901),
        ("1e-12", 1e-12),
        ("1e+18", 1e18),
        ("0", 0.0),
        ("True", 1.0),
        ("False", 0.0),
        ("None", None),
        ("nan", None),
        ("", None),
        (None, None),
        (3, 3.0),
        (True, 1.0),
    ],
)
def test_an_echo_is_written_as_python_does(echo, expected):
    """The fee an answer carries, whatever its type; nothing that is not a number."""
    assert FeeAnswer(expected) == answered({"a": [fee(echo)]}).fees["a"]


def test_percent_fees_have_their_own_echo():
    """On an exchange of percentages the other key holds None."""
    answer = answered({"a": [fee("None", "12.5")]}, Wire(percent=True))
    assert FeeAnswer(12.5) == answer.fees["a"]


@pytest.mark.parametrize("key", ["error_message", "message", "msg"])
def test_errors_come_under_three_keys(key):
    """Whichever it is, the text is kept."""
    answer = answered({"a": [{"command": "grid_fees", "status": "error", key: "no such fee"}]})
    assert {"a": FeeAnswer(None, "no such fee")} == answer.fees
    assert {"a": ("no such fee",)} == answer.errors
    nameless = answered({"a": [{"status": "error", key: "what?"}, fee("1")]})
    assert {"a": ("what?",)} == nameless.errors
    assert {"a": FeeAnswer(1.0)} == nameless.fees


def test_a_fee_of_the_wrong_kind_is_told_apart():
    """The exchange runs on percentages and was sent ct/kWh, or the other way round."""
    conflict = {
        "command": "grid_fees",
        "status": "error",
        "error_message": "GridFee parameter conflicting with GlobalConfigFeeType",
    }
    assert answered({"a": [conflict]}).fees["a"].is_wrong_kind
    assert not answered({"a": [fee("2")]}).fees["a"].is_wrong_kind


def test_the_last_of_two_fees_counts():
    """A batch may set an area's fee twice."""
    assert FeeAnswer(6.0) == answered({"a": [fee("5"), fee("6")]}).fees["a"]


def test_an_area_with_no_commands_has_no_answer():
    """An empty list is answered with an empty list."""
    assert BatchAnswer("T", {}, {}, {}) == answered({"a": []})


def test_the_documented_answers_are_lists_keyed_by_slot():
    """In 2020 the area stands in each entry, and statistics under the slot asked for."""
    slot = "2020-11-18T12:45"
    plain = {"command": "market_stats", "status": "ready", "area_uuid": "a"}
    plain |= {"market_stats": {slot: {"min_trade_rate": 30.0, "market_bill": None}}}
    dso = plain | {"command": "dso_market_stats"}
    dso["market_stats"] = {slot: {"area_throughput": {"import": 2.0, "export": None}}}
    set_fee = {
        "command": "grid_fees",
        "status": "ready",
        "area_uuid": "b",
        "market_fee_const": "3",
    }
    answer = answered([[plain, dso], [set_fee], [None], []], Wire("2020"))
    assert ["a"] == list(answer.statistics)
    assert 2.0 == answer.statistics["a"].import_kwh
    assert isnan(answer.statistics["a"].export_kwh)
    assert {"b": FeeAnswer(3.0)} == answer.fees


def test_a_documented_answer_may_hold_an_error_for_statistics():
    """A slot that could not be read gives `ERROR` in place of a slot."""
    entry = {"command": "market_stats", "status": "ready", "area_uuid": "a"}
    answer = answered([[entry | {"market_stats": {"ERROR": "no such time"}}]], Wire("2020"))
    assert {"a": None} == answer.statistics
    assert {"a": ("no such time",)} == answer.errors


def test_an_answer_without_an_entry_says_so():
    """The exchange of 2020 answers null where it refuses a fee."""
    entry = {"command": "grid_fees", "status": "ready", "area_uuid": "a", "market_fee_const": "3"}
    assert {"a": ("no answer",)} == answered([[entry, None]], Wire("2020")).errors


def test_statistics_join_the_event():
    """Columns of the answer stand beside those of the event; areas not answered are no data."""
    event_json, answer_json = messages("big341")[:2]
    event = decode(json.dumps(event_json).encode(), Wire())
    assert isinstance(event, MarketEvent)
    some = dict(list(answer_json["responses"].items())[:200])
    snapshot = with_statistics(event, answered(some | {"unknown": [statistics(**TOLD)]}))
    for area, (entry,) in some.items():
        place = event.grid.index[area]
        told = entry["market_stats"]
        assert told["area_throughput"]["import"] == snapshot.columns["import"][place]
        assert told["area_throughput"]["export"] == snapshot.columns["export"][place]
        assert told["self_sufficiency"] == snapshot.columns["self_sufficiency"][place]
        assert told["self_consumption"] == snapshot.columns["self_consumption"][place]
        assert told["market_fee_revenue"] == snapshot.columns["fee_revenue"][place]
    assert 141 == np.isnan(snapshot.columns["import"]).sum()
    np.testing.assert_array_equal(event.columns["avg_price"], snapshot.columns["avg_price"])
    assert all(not column.flags.writeable for column in snapshot.columns.values())
