"""What we send: no fee that an exchange might choke on can be put into a message."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.exchange.messages import FeeAnswer, FeeBatch, Rails, Wire, decode, statistics_command
from rulegrid.exchange.messages.channels import BATCHES
from rulegrid.exchange.recorded import RecordedExchange
from rulegrid.grid import AreaId, read_slot
from tests.exchange.played import day_of, recorded

A, B = AreaId("a"), AreaId("b")
DAY = day_of(recorded("timing"))
AREAS = list(DAY.names)
FEES = (
    st.floats(0, 1e6) | st.integers(0, 1000).map(float) | st.sampled_from([1e-12, 0.1, 1e18, -0.0])
)


@pytest.mark.parametrize(
    "fee", [-1, -1e-300, float("nan"), float("inf"), -float("inf"), 1e300, 2.0**63, 5.1, 0.9]
)
def test_a_fee_that_must_not_be_sent_makes_no_batch(fee):
    """Not finite, negative, beyond the exchange's integers or outside the rails: a bug."""
    with pytest.raises(ValueError, match=r"the fee .* of area b is outside its rails"):
        FeeBatch({A: 1.0, B: fee}, Rails(1, 5))


def test_what_is_no_number_does_not_get_into_a_batch():
    """A string or null would end the exchange; a number in a string goes out as a number."""
    with pytest.raises(ValueError, match="the fee nan of area a"):
        FeeBatch({A: None}, Rails())
    with pytest.raises(ValueError, match="could not convert"):
        FeeBatch({A: "cheap"}, Rails())
    assert {A: 3.5} == FeeBatch({A: "3.5"}, Rails()).fees


def test_rails_may_differ_from_area_to_area():
    """Each fee is held against its own bounds."""
    rails = Rails(np.array([0.0, 5.0]), np.array([1.0, 10.0]))
    assert {A: 1, B: 10} == FeeBatch({A: 1.0, B: 10.0}, rails).fees
    with pytest.raises(ValueError, match=r"the fee 4\.0 of area b"):
        FeeBatch({A: 1.0, B: 4.0}, rails)


def test_whole_numbers_go_out_as_integers():
    """The documented interface takes whole cents; 3.0 is written 3, and -0.0 is 0."""
    batch = FeeBatch({A: 3.0, B: 0.9, AreaId("c"): -0.0}, Rails())
    assert {
        A: [{"type": "grid_fees", "data": {"fee_const": 3}}],
        B: [{"type": "grid_fees", "data": {"fee_const": 0.9}}],
        "c": [{"type": "grid_fees", "data": {"fee_const": 0}}],
    } == batch.commands
    assert {
        "type": "BATCHED",
        "transaction_id": "T",
        "aggregator_uuid": "G",
        "batch_commands": batch.commands,
    } == json.loads(batch.encode("G", "T"))
    assert b'"fee_const":3}' in batch.encode("G", "T")
    assert b'"fee_const":0}' in batch.encode("G", "T")


def test_percent_fees_have_their_own_key():
    """One kind of fee per exchange."""
    assert {A: [{"type": "grid_fees", "data": {"fee_percent": 12.5}}]} == FeeBatch(
        {A: 12.5}, Rails(0, 100), percent=True
    ).commands


def test_a_batch_does_not_change():
    """What was checked is what is sent."""
    fees = {A: 1.0}
    batch = FeeBatch(fees, Rails(0, 2))
    fees[A] = float("nan")
    assert {A: 1} == batch.fees
    with pytest.raises(TypeError):
        batch.fees[A] = -1


@given(st.lists(FEES, min_size=1, max_size=len(AREAS)))
def test_what_is_sent_comes_back(fees):
    """Any batch that can be built is taken by the exchange and echoed to the last digit."""
    batch = FeeBatch(dict(zip(AREAS, fees, strict=False)), Rails())
    exchange = RecordedExchange(DAY, Wire())
    for area in AREAS:
        select = {"type": "SELECT", "aggregator_uuid": "G", "device_uuid": area}
        payload = json.dumps(select | {"transaction_id": "S"}).encode()
        exchange.hear("aggregator-commands", payload)
    exchange.hear(BATCHES, batch.encode("G", "T"))
    (said,) = exchange.tick()
    answer = decode(said.payload, Wire())
    assert {area: FeeAnswer(fee) for area, fee in batch.fees.items()} == answer.fees
    assert () == exchange.mishaps


def test_statistics_are_asked_for_in_each_dialect():
    """Today one command tells all; in 2020 there were two, and both named the slot."""
    slot = read_slot("2020-11-18T12:45")
    data = {"market_slots": ["2020-11-18T12:45"]}
    today = json.loads(statistics_command("G", "T", slot, [A, B], Wire()))
    one = [{"type": "dso_market_stats", "data": data}]
    assert {A: one, B: one} == today.pop("batch_commands")
    assert {"type": "BATCHED", "transaction_id": "T", "aggregator_uuid": "G"} == today
    then = json.loads(statistics_command("G", "T", slot, [A], Wire("2020")))
    assert {A: [{"type": "market_stats", "data": data}, *one]} == then["batch_commands"]
