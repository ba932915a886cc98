"""The files of a journal: finished, torn, taken away, written by one run at a time."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.gateway.journal import (
    Journal,
    JournalError,
    Rotation,
    default_path,
    records_backwards,
    verify,
)
from rulegrid.rehearsal.recall import recall, restored
from tests.building import after
from tests.exchange.said import Talk
from tests.gateway.journals import MADE, OPENING, Clock, keep, kinds, records, slots, written

HEAD = ["run", "rulebook", "grid"]
SMALL = Rotation(most_bytes=11_000, daily=False)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_is_large_enough_is_finished(tmp_path):
    """The next one begins with run, rulebook and grid again, and goes on with the chain."""
    path = written(tmp_path / "j", 12, SMALL)
    finished = [f"j.2026-10-07{end}" for end in ("", "-2", "-3")]
    assert ["j", *finished] == names(tmp_path)
    for file in tmp_path.iterdir():
        assert HEAD == kinds(file)[:3]
        assert file.stat().st_size <= 11_000 + 400
    assert [False, True, True, True] == [
        records(tmp_path / name)[0]["goes_on"] for name in [*finished, "j"]
    ]
    verdict = verify(path)
    assert ("", 4, "2026-01-12T12:00", "2026-01-12T14:45") == (
        verdict.fault,
        verdict.files,
        verdict.first_slot,
        verdict.last_slot,
    )


def test_each_day_has_a_file_of_its_own(tmp_path):
    """It is called after the day of its records, which is that of the clock in UTC."""
    path, clock = tmp_path / "j", Clock(datetime(2026, 12, 31, 23, 50, tzinfo=UTC))
    journal, talk = Journal(path, OPENING, clock), Talk(MADE.program)
    for number in range(4):
        keep(journal, slots(number, number + 1, talk))
        clock.now += timedelta(hours=9)
    journal.close()
    assert ["j", "j.2026-12-31", "j.2027-01-01"] == names(tmp_path)
    assert ["2027-01-02"] == sorted({record["at"][:10] for record in records(path)})
    assert "" == verify(path).fault


def test_a_run_that_starts_on_another_day_begins_a_file(tmp_path):
    """What an earlier run has written is finished first."""
    path = written(tmp_path / "j")
    Journal(path, OPENING, Clock(datetime(2026, 10, 9, tzinfo=UTC))).close()
    assert ["j", "j.2026-10-07"] == names(tmp_path)
    assert ["run", "rulebook"] == kinds(path)
    assert "" == verify(path).fault


def test_a_clock_that_goes_back_keeps_the_files_in_order(tmp_path):
    """The names of finished files never go back, so that the chain can be followed."""
    path, clock = tmp_path / "j", Clock()
    journal, talk = Journal(path, OPENING, clock), Talk(MADE.program)
    for number, day in enumerate([7, 20, 6, 8, 20]):
        clock.now = datetime(2026, 10, day, tzinfo=UTC)
        keep(journal, slots(number, number + 1, talk))
    journal.close()
    assert ["j", "j.2026-10-07", *(f"j.2026-10-20{n}" for n in ("", "-2", "-3"))] == names(
        tmp_path
    )
    assert ("", 5) == (verify(path).fault, verify(path).files)


def test_a_journal_is_read_across_its_files(tmp_path):
    """Any fee can be worked out, and the newest slots are those of the newest file."""
    path = written(tmp_path / "j", 12, SMALL)
    for number in range(12):
        assert after(number) == recall(str(path), after(number + 1)).slot
    with records_backwards(path) as found:
        told = [record.head.slot for record in found if record.head.kind == "cycle"]
    assert 12 == len(told)
    assert sorted(told, reverse=True) == told


def test_without_the_oldest_files_the_others_are_read(tmp_path):
    """Finished files may be moved away; what is told of is what is left."""
    path = written(tmp_path / "j", 12, SMALL)
    (tmp_path / "j.2026-10-07").unlink()
    verdict = verify(path)
    assert ("", 3) == (verdict.fault, verdict.files)
    assert verdict.first != "0" * 64
    assert after(11) == restored(str(path), MADE.program).newest


def test_a_file_that_is_missing_between_is_told(tmp_path):
    """The chain does not go on over it."""
    path = written(tmp_path / "j", 12, SMALL)
    (tmp_path / "j.2026-10-07-2").unlink()
    assert verify(path).fault.startswith(f"{tmp_path / 'j.2026-10-07-3'}:1: ")


def test_a_finished_file_is_checked_alone(tmp_path):
    """Each is a journal of its own, too."""
    path = written(tmp_path / "j", 12, SMALL)
    verdict = verify(path.with_name("j.2026-10-07-2"))
    assert ("", 1) == (verdict.fault, verdict.files)
    assert after(5) == recall(f"{path}.2026-10-07-2", after(6)).slot


@pytest.mark.parametrize("left", ["nothing", "an empty file", "half a record"])
def test_a_crash_while_a_file_is_finished_does_no_harm(tmp_path, left):
    """The next run goes on with the chain of the newest finished file."""
    path = written(tmp_path / "j", 4)
    path.rename(tmp_path / "j.2026-10-07")
    if left != "nothing":
        path.write_bytes(b"" if left == "an empty file" else b'{"before":"12')
    assert after(3) == restored(str(path), MADE.program).newest
    Journal(path, OPENING, Clock()).close()
    assert ("", 2) == (verify(path).fault, verify(path).files)


@settings(max_examples=30)
@given(data=st.data())
def test_a_journal_that_is_torn_anywhere_goes_on(data, tmp_path_factory):
    """Half a record is set aside as it is, whole records stay, and the chain goes on."""
    path = tmp_path_factory.mktemp("torn") / "j"
    whole = written(path).read_bytes()
    cut = data.draw(st.integers(1, len(whole)))
    garbage = data.draw(st.sampled_from([b"", b"\0" * 40]))
    path.write_bytes(whole[:cut] + garbage)
    stays = whole[:cut].rfind(b"\n") + 1
    journal = Journal(path, OPENING, Clock())
    keep(journal, slots(9, 11))
    journal.close()
    assert "" == verify(path).fault
    assert path.read_bytes().startswith(whole[:stays])
    torn = (whole[:cut] + garbage)[stays:]
    assert torn == (journal.torn.read_bytes() if journal.torn else b"")
    assert bool(torn) == (journal.torn == path.with_name("j.torn-1"))


def test_zeros_in_place_of_the_last_record_are_set_aside(tmp_path):
    """What a disk may show after its power was cut: the length is there, the bytes are not."""
    path = written(tmp_path / "j")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + b"\0" * (len(lines[-1]) - 1) + b"\n")
    journal = Journal(path, OPENING, Clock())
    journal.close()
    assert "" == verify(path).fault
    assert journal.torn is not None


@pytest.mark.parametrize(
    "content", [b"rulegrid: 1\n", b"a line\nanother", b"{}\n", b'{"before":"x"}\n{}\n', b"x" * 99]
)
def test_what_is_no_journal_is_not_touched(tmp_path, content):
    """A mistyped name never costs a file."""
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    with pytest.raises(JournalError):
        Journal(path, OPENING)
    assert content == path.read_bytes()
    assert ["rules.yaml"] == names(tmp_path)


def test_a_journal_whose_end_was_changed_is_not_touched(tmp_path):
    """More than a crash can tear is for a person to look at."""
    path = written(tmp_path / "j")
    lines = path.read_bytes().splitlines(keepends=True)
    changed = b"".join([*lines[:-2], lines[-2].replace(b"0", b"1", 1), lines[-1][:-9]])
    path.write_bytes(changed)
    with pytest.raises(JournalError, match=re.escape(f"the end of {path} has been changed")):
        Journal(path, OPENING)
    assert changed == path.read_bytes()


def test_one_run_at_a_time_writes_a_journal(tmp_path):
    """The second is told so; when the first is gone, it may."""
    path = tmp_path / "j"
    first = Journal(path, OPENING, Clock())
    with pytest.raises(JournalError, match="another run is writing the journal"):
        Journal(path, OPENING, Clock())
    first.close()
    Journal(path, OPENING, Clock()).close()
    assert "" == verify(path).fault


@pytest.mark.parametrize("what", ["removed", "moved", "emptied"])
def test_a_file_that_somebody_takes_away_is_begun_anew(tmp_path, what):
    """Other programs rotate files as well; nothing is written where nobody finds it."""
    path, talk = tmp_path / "j", Talk(MADE.program)
    journal = Journal(path, OPENING, Clock())
    keep(journal, slots(0, 2, talk))
    if what == "removed":
        path.unlink()
    elif what == "moved":
        path.rename(tmp_path / "j.1")
    else:
        path.write_bytes(b"")
    keep(journal, slots(2, 4, talk))
    journal.close()
    assert HEAD == kinds(path)[:3]
    assert "" == verify(path).fault
    assert after(3) == recall(str(path), after(4)).slot


def test_a_live_run_has_a_place_for_its_journal(tmp_path, monkeypatch):
    """One for each rulebook and exchange, in the user's state directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = default_path("rules/my bands.yaml", "https://gsy.example:8000/api")
    assert tmp_path / "state" / "rulegrid" == path.parent
    assert re.fullmatch(r"my-bands-gsy\.example-8000-[0-9a-f]{8}\.journal", path.name)
    assert path.parent.is_dir()
    assert path != default_path("rules/my bands.yaml", "https://gsy.example:8000/other")
    assert path != default_path("rules/flat.yaml", "https://gsy.example:8000/api")
    assert path == default_path("my bands.yaml", "https://me:secret@gsy.example:8000/api")
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path / ".local/state/rulegrid" == default_path("a.yaml", "redis://h/0").parent


def test_a_place_that_cannot_be_made_is_told(tmp_path, monkeypatch):
    """In words."""
    (tmp_path / "state").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with pytest.raises(JournalError, match="cannot be made: Not a directory"):
        default_path("a.yaml", "redis://h/0")
