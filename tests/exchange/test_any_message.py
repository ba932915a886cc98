"""Laws that hold for whatever comes over the wire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.exchange.day import read_day
from rulegrid.exchange.messages import (
    BatchAnswer,
    Finish,
    Heartbeat,
    Ignored,
    MarketEvent,
    Message,
    Unreadable,
    Wire,
    decode,
    with_statistics,
)
from rulegrid.exchange.messages.channels import BATCHES
from rulegrid.exchange.messages.raw import RawMessage, read_raw
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.metrics import METRICS
from tests.exchange.played import day_of, messages, recorded

WIRES = [Wire(), Wire("2020"), Wire(price_unit="EUR/kWh"), Wire(percent=True)]
REAL = [json.dumps(message).encode() for message in messages("errors")[:12]]
ERRORS = day_of(recorded("errors"))

KEYS = st.sampled_from(
    [
        "event",
        "command",
        "market_slot",
        "grid_tree",
        "children",
        "area_name",
        "last_market_stats",
        "last_market_fee",
        "current_market_fee",
        "next_market_fee",
        "content",
        "grid_stats_tree",
        "area_uuid",
        "start_time",
        "name",
        "time",
        "transaction_id",
        "aggregator_uuid",
        "responses",
        "status",
        "market_stats",
        "market_fee_const",
        "type",
        "data",
        "batch_commands",
        "fee_const",
        "market_slots",
        "total_traded_energy_kWh",
        "min_trade_rate",
        "message",
    ]
)
WORDS = st.sampled_from(
    [
        "market",
        "finish",
        "tick",
        "batch_commands",
        "dso_market_stats",
        "grid_fees",
        "market_stats",
        "ready",
        "error",
        "None",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=5)
    ),
    max_leaves=30,
)
LIKE_MESSAGES = st.dictionaries(KEYS, JSON, max_size=8).map(lambda said: json.dumps(said).encode())


@st.composite
def damaged(draw):
    """A real message with a part cut out, doubled or overwritten."""
    payload = draw(st.sampled_from(REAL))
    start = draw(st.integers(0, len(payload)))
    end = draw(st.integers(start, min(len(payload), start + 40)))
    return (
        payload[:start]
        + draw(st.binary(max_size=20) | st.just(payload[start:end] * 2))
        + payload[end:]
    )


ANYTHING = st.binary() | LIKE_MESSAGES | damaged()


@given(ANYTHING, st.sampled_from(WIRES))
def test_any_bytes_are_a_message(payload, wire):
    """Whatever arrives is one of the six kinds of messages, and never an exception."""
    message = decode(payload, wire)
    assert isinstance(message, Message)
    if isinstance(message, MarketEvent):
        snapshot = with_statistics(message, None)
        assert set(METRICS) == set(snapshot.columns)


@given(ANYTHING)
def test_any_bytes_are_plain_data_or_unreadable(payload):
    """Operators who write code get an object or nothing."""
    assert isinstance(read_raw(payload), RawMessage | Unreadable)


@given(st.lists(ANYTHING, max_size=5))
def test_any_lines_are_a_day_or_a_finding(lines):
    """A recording that is none is told of in words."""
    day, findings = read_day(lines)
    assert (day is None) <= any(finding.severity == "error" for finding in findings)


@given(st.lists(ANYTHING, max_size=5), st.sampled_from(["today", "2020"]))
def test_any_command_leaves_the_exchange_alive(payloads, dialect):
    """Whatever is sent on its channels, the recorded exchange goes on with its day."""
    exchange = RecordedExchange(ERRORS, Wire(dialect))
    for payload in payloads:
        for channel in (BATCHES, "aggregator-commands", "aggregator", "grid/register_participant"):
            exchange.hear(channel, payload)
        exchange.hear("grid/grid_fees", payload)
        exchange.tick()
        exchange.open_slot()
    assert not exchange.is_over


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"event": "finish", "simulation_id": null, "num_ticks": 10.0}', Finish()),
        (b'{"event": "finish", "content": [{"event": "finish"}]}', Finish()),
        (b'{"time": 1795402439}', Heartbeat(1795402439.0)),
        (b'{"event": "tick", "grid_tree": {}, "slot_completion": "10%"}', Ignored("tick")),
        (b'{"event": "trade", "trade_list": [], "grid_tree": {}}', Ignored("trade")),
        (b'{"event": "selected_by_device", "device_uuid": "d"}', Ignored("selected_by_device")),
        (b'{"status": "SELECTED", "device_uuid": "d"}', Ignored("other")),
    ],
)
def test_the_small_messages(payload, expected):
    """What is no market event and no answer is told apart by its keys."""
    assert expected == decode(payload, Wire())


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "Input data was truncated"),
        (b"this is not json", "JSON is malformed: invalid character (byte 4)"),
        (b"[1, 2]", "Expected `object`, got `array`"),
        (b'{"event": "market", "x": NaN}', "JSON is malformed: invalid character (byte 25)"),
        (b'{"event": "\xff"}', "'utf-8' codec can't decode byte 0xff in position 0: invalid"),
        (b'{"x": ' + b"[" * 65 + b"]" * 65 + b"}", "nested more than 64 levels deep"),
        (b'{"x": ' + b"[" * 100_000, "nested more than 64 levels deep"),
        (b'{"event": "market"}', "a market event without its slot or tree"),
        (
            b'{"event": "market", "market_slot": "noon", "grid_tree": {"a": {"children": {}}}}',
            "no market slot: `noon`",
        ),
        (
            b'{"event": "market", "market_slot": "2021-07-01T00:15", "grid_tree": {"a": {}}}',
            "a market event without a market",
        ),
        (
            (
                b'{"event": "market", "market_slot": "2021-07-01T00:15", "grid_tree":'
                b' {"a": {"children": {"b": {"children": {}}}}, "b": {"children": {}}}}'
            ),
            "a market event with one area in two places",
        ),
        (b'{"command": "batch_commands", "responses": {}}', "the answer to no transaction"),
    ],
)
def test_what_cannot_be_read_says_why(payload, reason):
    """An unreadable message is dropped with a reason that can be logged."""
    message = decode(payload, Wire())
    assert isinstance(message, Unreadable)
    assert message.reason.startswith(reason)


def test_a_message_over_the_limit_is_not_read():
    """The size is looked at first: the limit is a setting."""
    payload = b'{"time": 1}'
    assert Unreadable("11 bytes, more than the 10 that are read") == decode(
        payload, Wire(), max_bytes=10
    )
    assert Heartbeat(1.0) == decode(payload, Wire(), max_bytes=11)


def test_brackets_within_strings_do_not_count():
    """An area may be called `Street [[[`; only real nesting is limited."""
    names = ", ".join(f'"{n}": "\\"[{{[ \\\\"' for n in range(200))
    assert Ignored("tick") == decode(f'{{"event": "tick", {names}}}'.encode(), Wire())
    hidden = (
        b'{"event": "tick", "name": "' + b"]" * 100 + b'", "x": ' + b"[" * 80 + b"]" * 80 + b"}"
    )
    assert Unreadable("nested more than 64 levels deep") == decode(hidden, Wire())


def test_every_recorded_message_is_read():
    """All that real exchanges said in the recordings is understood."""
    kinds = set()
    for name in ("errors", "timing", "time_of_use", "crash_cases", "big341", "web"):
        for message in messages(name):
            kinds.add(type(decode(json.dumps(message).encode(), Wire())))
    assert {MarketEvent, BatchAnswer, Finish, Ignored} == kinds
