"""What the records of a journal hold, and when they are written."""

import json
import re
from datetime import UTC, datetime

import jsonschema
import numpy as np
import pytest

from rulegrid.exchange.effects import (
    Claimed,
    Deaf,
    Dropped,
    Effect,
    Ended,
    Foreign,
    LinkChanged,
    Proved,
    Send,
    Unreported,
)
from rulegrid.gateway.files import schema
from rulegrid.gateway.journal import Bookkeeper, Journal
from rulegrid.grid import Grid
from tests.building import after, column
from tests.exchange.said import FINISH, Talk, answered, event, of, stats
from tests.gateway.journals import MADE, OPENING, Clock, keep, kinds, records, slots, written


def anything_else(grid: Grid) -> list[Effect]:
    """An effect of each kind that a calm conversation does not have."""
    fees = column([1.0, 2, None, 3, 4])
    return [
        Proved(after(1), grid, fees, column([1, 5, 2, 3, None])),
        Foreign(after(1), grid, fees, fees, ~np.isnan(fees), 2),
        Deaf(2),
        Unreported(("self_sufficiency",)),
        Claimed(grid, {grid.ids[0]: "another"}, grid.ids[1:2]),
        Claimed(grid, {}, ()),
        LinkChanged(up=False, trouble="reset"),
        LinkChanged(up=True),
        *[Dropped("not JSON")] * 12,
    ]


def test_a_record_of_any_kind_is_as_the_schema_says(tmp_path):
    """`schemas/journal.schema.json` describes each record, and no kind is left out."""
    path, talk = tmp_path / "j", Talk(MADE.program)
    journal = Journal(path, OPENING, Clock())
    keep(journal, slots(0, 2, talk))
    keep(journal, anything_else(talk.session.binding.grid))
    (send,) = of(Send, talk.hear(event(6, {"Mill": 9.5}, None)))
    keep(journal, talk.effects[-6:])
    keep(journal, [Send(send.payload, send.transaction, send.cycle, send.batch, again=True)])
    keep(journal, talk.hear(FINISH))
    check = jsonschema.Draft202012Validator(schema("journal"))
    for record in records(path):
        assert [] == [error.message for error in check.iter_errors(record)], record["kind"]
    left_out = {"gap"}  # see the tests of errors
    assert set(schema("journal")["properties"]["kind"]["enum"]) - left_out == set(kinds(path))


def test_the_schema_takes_nothing_else(tmp_path):
    """A record of an unknown kind, or with a key too many, is none."""
    check = jsonschema.Draft202012Validator(schema("journal"))
    sound = records(written(tmp_path / "j"))[0]
    assert check.is_valid(sound)
    assert not check.is_valid({**sound, "kind": "other"})
    assert not check.is_valid({**sound, "password": "x"})
    assert not check.is_valid({key: value for key, value in sound.items() if key != "sum"})


def test_an_intent_holds_exactly_what_is_sent(tmp_path):
    """And it is on the disk before it is: whoever is told may send."""
    path, talk = tmp_path / "j", Talk(MADE.program)
    journal = Journal(path, OPENING, Clock())
    books = Bookkeeper(journal, "hold", print)
    for effect in talk.hear(event(0, {"Grid": 2}, 4.5)):
        books(effect)
        if isinstance(effect, Send):
            assert "intent" not in kinds(path)
            assert books.intend(effect)
            intent = records(path)[-1]
            sent = json.loads(effect.payload)
    assert intent["transaction"] == sent["transaction_id"]
    assert intent["fees"] == {
        area: commands[0]["data"]["fee_const"] for area, commands in sent["batch_commands"].items()
    }


def test_asking_for_statistics_is_no_intent(tmp_path):
    """Only what sets a fee is written down before it is sent."""
    journal = Journal(tmp_path / "j", OPENING, Clock())
    assert Bookkeeper(journal, "hold", print).intend(Send(b"", "asked"))
    assert ["run", "rulebook"] == kinds(tmp_path / "j")


def test_a_flood_of_rubbish_does_not_fill_the_journal(tmp_path):
    """The first ten messages of a slot are told of, and then how many more there were."""
    path, talk = tmp_path / "j", Talk(MADE.program)
    journal = Journal(path, OPENING, Clock())
    for _ in range(2):
        for _ in range(500):
            journal(Dropped("rubbish"))
        keep(journal, slots(len(talk.effects), len(talk.effects) + 1, talk))
    told = [record.get("messages") for record in records(path) if record["kind"] == "dropped"]
    assert [*[None] * 10, 490] * 2 == told


@pytest.mark.parametrize("fault", ["", "the slots have another length"])
def test_the_end_of_a_run_is_told_once(tmp_path, fault):
    """By the conversation, or else by who ends it."""
    path = tmp_path / "j"
    journal = Journal(path, OPENING, Clock())
    journal(Ended(fault))
    journal.end("stopped")
    journal.close()
    assert [fault] == [record["why"] for record in records(path) if record["kind"] == "end"]


def test_the_time_is_that_of_the_clock_in_utc(tmp_path):
    """With milliseconds, whatever the zone of the clock."""
    berlin = datetime.fromisoformat("2026-10-07T00:30:00.1239+02:00")
    Journal(tmp_path / "j", OPENING, lambda: berlin).close()
    assert "2026-10-06T22:30:00.123Z" == records(tmp_path / "j")[0]["at"]
    Journal(tmp_path / "k", OPENING).close()
    at = datetime.fromisoformat(records(tmp_path / "k")[0]["at"])
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60


def test_every_record_names_those_it_leans_on(tmp_path):
    """Where in its file they begin, so that no other has to be read."""
    path = written(written(tmp_path / "j"))
    text = path.read_bytes()
    for record in records(path):
        for kind, place in record.get("places", {}).items():
            line = text[place : text.index(b"\n", place)]
            assert re.match(rb'\{"before":"[0-9a-f]{64}","kind":"%s",' % kind.encode(), line)


def test_what_is_not_a_number_is_null(tmp_path):
    """Metrics have an entry for each area; a missing one has null in each."""
    path = tmp_path / "j"
    talk = Talk(MADE.program)
    journal = Journal(path, OPENING, Clock())
    talk.hear(event(0, {"Grid": 2}, None))
    talk.hear(answered(talk.all(Send)[-1], stats()))
    keep(journal, talk.effects)
    cycle = records(path)[-1]
    assert [None] * 5 == cycle["metrics"]["avg_price"]
    assert [2.0, None, None, None, None] == cycle["ours"]["shown"]
