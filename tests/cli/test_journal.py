"""`rulegrid journal`: one line about a journal, or a line for each of its records."""

import json

import pytest

from rulegrid.exchange.effects import (
    Claimed,
    Deaf,
    Dropped,
    Ended,
    Foreign,
    LinkChanged,
    Proved,
)
from rulegrid.gateway.journal import Journal, Rotation, verify
from tests.building import after, column
from tests.console import rulegrid
from tests.exchange.said import Talk
from tests.gateway.journals import MADE, OPENING, Clock, keep, slots, written

SMALL = Rotation(most_bytes=11_000, daily=False)


def test_a_sound_journal_is_one_line(tmp_path):
    """How many records, of which slots, and the hash of the last."""
    path = written(tmp_path / "j", 4)
    last = verify(path).last_hash
    ran = rulegrid("journal", "verify", str(path))
    told = "slots 2026-01-12T12:00 to 2026-01-12T12:45, chain unbroken"
    assert (0, f"17 records, {told}, last hash {last}\n", "") == (ran.code, ran.out, ran.err)


def test_finished_files_are_verified_with_it(tmp_path):
    """And it is said where the oldest are gone, and where the last run has not ended."""
    path = written(tmp_path / "j", 12, SMALL)
    assert " records in 4 files, slots " in rulegrid("journal", "verify", str(path)).out
    (tmp_path / "j.2026-10-07").unlink()
    Journal(path, OPENING, Clock()).close()
    ran = rulegrid("journal", "verify", str(path))
    assert 0 == ran.code
    assert ran.out.endswith(
        "; those before them are in files that are not here; the last run has not ended\n"
    )


def test_a_journal_that_was_changed_is_told_in_a_line(tmp_path):
    """The first bad record with its place, and exit code 3."""
    path = written(tmp_path / "j", 4)
    path.write_bytes(path.read_bytes().replace(b'"fee":2,', b'"fee":3,', 1))
    ran = rulegrid("journal", "verify", str(path))
    assert (3, "") == (ran.code, ran.out)
    assert f"rulegrid: {path}:5: record 5: this record has been changed\n" == ran.err


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_journal_that_was_changed_is_shown_and_told(tmp_path, form):
    """All of it is shown, and nobody takes it for what was written."""
    path = written(tmp_path / "j", 4)
    sound = rulegrid("journal", "show", str(path), "--format", form)
    path.write_bytes(path.read_bytes().replace(b'"fee":2,', b'"fee":3,', 1))
    ran = rulegrid("journal", "show", str(path), "--format", form)
    assert 3 == ran.code
    assert len(sound.out.splitlines()) == len(ran.out.splitlines())
    assert f"rulegrid: {path}:5: record 5: this record has been changed\n" == ran.err


@pytest.mark.parametrize("command", ["verify", "show"])
def test_what_cannot_be_read_is_told(tmp_path, command):
    """A file that is not there is a matter of usage; another kind of file is none of a journal."""
    ran = rulegrid("journal", command, str(tmp_path / "nothing"))
    assert (2, f"Error: there is no file `{tmp_path / 'nothing'}`") == (
        ran.code,
        ran.err.splitlines()[-1],
    )
    ran = rulegrid("journal", command, str(tmp_path))
    assert (3, f"rulegrid: {tmp_path}: this is a directory, not a file\n") == (ran.code, ran.err)
    (tmp_path / "text").write_text("no journal\n")
    ran = rulegrid("journal", command, str(tmp_path / "text"))
    assert 3 == ran.code
    assert f"rulegrid: {tmp_path / 'text'}:1: " in ran.err


def test_an_empty_journal_has_no_record(tmp_path):
    """That is no mistake."""
    (tmp_path / "j").touch()
    ran = rulegrid("journal", "verify", str(tmp_path / "j"))
    assert (0, "no record: this journal is empty\n") == (ran.code, ran.out)
    assert (0, "") == (rulegrid("journal", "show", str(tmp_path / "j")).code, "")


def test_each_record_is_a_line(tmp_path):
    """When, of which slot, and what."""
    path, talk = tmp_path / "j", Talk(MADE.program)
    journal = Journal(path, OPENING, Clock())
    keep(journal, slots(0, 2, talk))
    grid = talk.session.binding.grid
    fees = column([1.0, 2, None, 3, 4])
    for effect in (
        Proved(after(1), grid, fees, column([1, 5.5, 2, 3, None])),
        Foreign(after(1), grid, fees, fees, fees > 3, 2),
        Deaf(2),
        Claimed(grid, {grid.ids[0]: "another"}, grid.ids[1:2]),
        LinkChanged(up=False, trouble="reset\x1b[31m"),
        Dropped("not JSON"),
        Ended("the slots have another length"),
    ):
        journal(effect)
    ran = rulegrid("journal", "show", str(path))
    assert [
        "2026-10-07 08:00:02                    run a-run",
        f"2026-10-07 08:00:03                    rulebook test.yaml, {MADE.program.digest[:15]}",
        "2026-10-07 08:00:04                    grid of 5 areas",
        "2026-10-07 08:00:05  2026-01-12T12:00  3 fees to be sent",
        "2026-10-07 08:00:06  2026-01-12T12:00  sent, 3 of 3 fees confirmed",
    ] == ran.out.splitlines()[:5]
    assert [
        "not what was sent: Grid/Street (5.5 sent, 2 in force), Grid/Mill (2 sent, - in force)",
        "somebody else's fees: Grid/Street/House 2 (4 sent, 4 in force)",
        "no answer for 2 slots: the exchange is deaf",
        "areas of others: 1; that could not be selected: 1",
        "link lost: reset\\x1b[31m",
        "message dropped: not JSON",
        "end: the slots have another length",
    ] == [line[39:] for line in ran.out.splitlines()[-7:]]


def test_the_records_as_they_are_are_json(tmp_path):
    """Byte for byte."""
    path = written(tmp_path / "j")
    ran = rulegrid("journal", "show", str(path), "--format", "json")
    assert path.read_bytes() == ran.out.encode()


def test_a_slot_is_shown_with_its_fees(tmp_path):
    """That in which they were in force, from finished files too, in UTC or with an offset."""
    path = written(tmp_path / "j", 12, SMALL)
    ran = rulegrid("journal", "show", str(path), "--slot", "2026-01-12T13:30+01:00")
    assert [
        "3 fees to be sent",
        "sent, 3 of 3 fees confirmed",
        "area              fee      echo  reason",
        "Grid                1         1  fee",
        "Grid/Street         2         2  fee",
        "Grid/Mill           2         2  fee",
    ] == [line[39:] if line[0] == "2" else line.strip() for line in ran.out.splitlines()][:6]
    ran = rulegrid("journal", "show", str(path), "--slot", "2026-01-12T12:30", "--format", "json")
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert ["intent", "cycle", "proof"] == [record["kind"] for record in told]


@pytest.mark.parametrize("slot", ["2026-01-12T09:00", "noon"])
def test_a_slot_that_is_not_there_is_told(tmp_path, slot):
    """As one that cannot be read is."""
    ran = rulegrid("journal", "show", str(written(tmp_path / "j")), "--slot", slot)
    assert 2 == ran.code
    assert slot in ran.err.splitlines()[-1]


def test_the_schema_of_a_journal_is_printed():
    """For whoever reads journals with other tools."""
    ran = rulegrid("schema", "journal")
    assert "urn:rulegrid:journal:1" == json.loads(ran.out)["$id"]
