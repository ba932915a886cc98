"""A slot as plain data: exactly what the documentation names, whatever became of it."""

import json

import pytest

from rulegrid.exchange.effects import Concluded, Send
from rulegrid.exchange.record import number, record
from tests.building import column, program
from tests.exchange.said import FINISH, Talk, answered, event, of, stats

KEYS = ["slot", "applies_to", "rulebook", "transaction", "status", "batch", "fees"]
FEE_KEYS = [
    "area",
    "uuid",
    "raw",
    "fee",
    "reason",
    "limits",
    "no_data",
    "sent",
    "echo",
    "confirmed",
]
TEXT = """\
areas:
  Grid: {fee: import / 1 kWh, when_no_data: skip}
  Street: import / 1 kWh
  Mill: {fee: 2.4, because: Agreed}
limits: {max: 5}
"""


def records(talk: Talk) -> list[dict]:
    made = [record(concluded, talk.session.program) for concluded in talk.all(Concluded)]
    return [json.loads(json.dumps(each, allow_nan=False)) for each in made]


def sent() -> dict:
    talk = Talk(program(TEXT))
    fees = {"Street": 3}
    (batch,) = of(Send, talk.hear(answered(talk.slot(0, fees), {})))
    talk.hear(answered(batch, echo={"Mill": 1}))
    talk.hear(FINISH)
    return records(talk)[0]


def dry_run() -> dict:
    talk = Talk(program(TEXT), dry_run=True)
    talk.hear(answered(talk.slot(0), stats(9)))
    return records(talk)[0]


def held() -> dict:
    talk = Talk(program("areas: {Grid: avg_price}"))
    talk.hear(event(0))
    return records(talk)[0]


def missed() -> dict:
    talk = Talk(program(TEXT))
    talk.slot(0)
    talk.hear(FINISH)
    return records(talk)[0]


def unanswered() -> dict:
    talk = Talk(program("areas: {Grid: 2}"))
    talk.slot(0)
    talk.hear(FINISH)
    return records(talk)[0]


@pytest.mark.parametrize("made", [sent, dry_run, held, missed, unanswered])
def test_a_record_has_the_documented_keys_in_their_order(made):
    """Whatever became of a slot, its record has these keys and no other."""
    found = made()
    assert KEYS == list(found)
    for fee in found["fees"]:
        assert FEE_KEYS == list(fee)


def test_the_record_of_a_slot_that_was_sent():
    """The batch as it went out, and of each area what was decided and what was answered."""
    found = sent()
    assert ("2026-01-12T12:00", "2026-01-12T12:15", "sent") == (
        found["slot"],
        found["applies_to"],
        found["status"],
    )
    assert found["rulebook"].startswith("sha256:")
    assert {
        "id Street": [{"type": "grid_fees", "data": {"fee_const": 0}}],
        "id Mill": [{"type": "grid_fees", "data": {"fee_const": 2}}],
        "id Grid": [{"type": "grid_fees", "data": {"fee_const": 0}}],
    } == found["batch"]
    mill = next(fee for fee in found["fees"] if fee["area"] == "Grid/Mill")
    assert {
        "area": "Grid/Mill",
        "uuid": "id Mill",
        "raw": 2.4,
        "fee": 2,
        "reason": "Agreed",
        "limits": ["decimals"],
        "no_data": [],
        "sent": True,
        "echo": 1,
        "confirmed": False,
    } == mill


def test_the_record_of_an_area_that_lacks_data():
    """What was kept is the fee, what was skipped is none, and the metric is named."""
    talk = Talk(program(TEXT))
    told = answered(talk.slot(0, {"Street": 3, "Grid": 4}), stats(None, None))
    (batch,) = of(Send, talk.hear(told))
    talk.hear(answered(batch))
    by_area = {fee["area"]: fee for fee in records(talk)[0]["fees"]}
    kept, skipped = by_area["Grid/Street"], by_area["Grid"]
    assert (None, 3, True, 3, True) == tuple(
        kept[key] for key in ("raw", "fee", "sent", "echo", "confirmed")
    )
    assert (None, None, False, None, False) == tuple(
        skipped[key] for key in ("raw", "fee", "sent", "echo", "confirmed")
    )
    assert ["import"] == kept["no_data"] == skipped["no_data"]
    assert "no data: import" == kept["reason"]


def test_the_record_of_a_dry_run():
    """Decided, in a batch as it would have gone out, and neither sent nor confirmed."""
    found = dry_run()
    assert "dry-run" == found["status"]
    assert {5, 2} == {commands[0]["data"]["fee_const"] for commands in found["batch"].values()}
    assert {(False, None, False)} == {
        (fee["sent"], fee["echo"], fee["confirmed"]) for fee in found["fees"]
    }
    limits = {fee["area"]: fee["limits"] for fee in found["fees"]}
    assert {"Grid": ["max"], "Grid/Street": ["max"], "Grid/Mill": ["decimals"]} == limits


def test_the_record_of_a_slot_without_a_decision():
    """Nothing was decided, so there is nothing to tell of any area."""
    found = missed()
    assert ("missed", "", {}, []) == tuple(
        found[key] for key in ("status", "transaction", "batch", "fees")
    )
    assert ("held", {}) == (held()["status"], held()["batch"])
    assert [False] == [fee["sent"] for fee in held()["fees"]]
    assert [(True, None, False)] == [
        (fee["sent"], fee["echo"], fee["confirmed"]) for fee in unanswered()["fees"]
    ]


NUMBERS = [
    (2.0, "2"),
    (0.5, "0.5"),
    (-0.0, "0"),
    (0.1, "0.1"),
    (None, "null"),
    (2.0**53, "9007199254740992"),
    (2.0**60, "1.152921504606847e+18"),
    (1e300, "1e+300"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers_are_written_as_every_reader_has_them(value, text):
    """Whole numbers as integers where those are safe, no data as null, the rest in full."""
    assert text == json.dumps(number(column(value), 0))
