"""What the exchange made of a batch: its echo beside what was sent."""

import numpy as np

from rulegrid.exchange.messages import BatchAnswer, FeeAnswer, FeeBatch, Rails
from rulegrid.exchange.receipt import compare
from rulegrid.gateway.grids import named_grid
from rulegrid.grid import AreaId

GRID = named_grid({"Grid": {"A": {}, "B": {}, "C": {}}})
A, B, C = (AreaId(f"Grid/{name}") for name in "ABC")
KIND = "GridFee parameter conflicting with GlobalConfigFeeType"


def received(fees: dict[AreaId, FeeAnswer], sent: dict[AreaId, float]):
    return compare(FeeBatch(sent, Rails()), GRID, BatchAnswer("t", {}, fees, {}))


def echoes(receipt) -> list:
    return [None if np.isnan(echo) else float(echo) for echo in receipt.echo]


def test_only_the_very_fee_that_was_sent_is_confirmed():
    """`ready` can carry the old fee, and an area can be missing from the answer."""
    receipt = received({A: FeeAnswer(2), B: FeeAnswer(1)}, {A: 2, B: 3, C: 4})
    assert [None, 2, 1, None] == echoes(receipt)
    assert [False, True, False, False] == receipt.confirmed.tolist()


def test_a_fee_comes_back_as_it_was_sent_whatever_it_looks_like():
    """The echo is text: 2 and 2.0 are one fee, and so are 0.1 and its seventeen digits."""
    receipt = received({A: FeeAnswer(2.0), B: FeeAnswer(0.1)}, {A: 2, B: 0.1})
    assert [True, True] == receipt.confirmed[1:3].tolist()


def test_errors_are_kept_by_area():
    """What the exchange says of an area, and nothing of those it took."""
    receipt = received({A: FeeAnswer(None, "no"), B: FeeAnswer(3)}, {A: 2, B: 3})
    assert {A: "no"} == receipt.errors
    assert not receipt.wrong_kind
    assert [False, True] == receipt.confirmed[1:3].tolist()


def test_a_fee_of_the_wrong_kind_is_told_from_other_errors():
    """An exchange that runs on the other kind says so for every area."""
    assert received({A: FeeAnswer(None, KIND)}, {A: 2}).wrong_kind


def test_an_answer_about_other_areas_means_nothing():
    """An echo of what was not sent is not taken for ours."""
    receipt = received({B: FeeAnswer(5)}, {A: 2})
    assert [None] * 4 == echoes(receipt)
    assert not receipt.confirmed.any()


def test_the_answer_to_the_rest_of_a_batch_is_added():
    """After a second send for some areas both answers count, and of two echoes the later."""
    first = received({A: FeeAnswer(2), B: FeeAnswer(1)}, {A: 2, B: 3, C: 4})
    both = first.merged(received({B: FeeAnswer(3)}, {B: 3, C: 4}))
    assert [None, 2, 3, None] == echoes(both)
    batch = FeeBatch({A: 2, B: 3}, Rails())
    assert both.confirms(batch, GRID)
    assert not first.confirms(batch, GRID)
