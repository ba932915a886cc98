"""A journal that cannot be written: fees are held or not, as was said, and nothing is missing."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.exchange.effects import Concluded, Dropped, LinkChanged, Send
from rulegrid.gateway.journal import Bookkeeper, Journal, JournalError, verify
from rulegrid.gateway.journal import writing as journal_writing
from rulegrid.rehearsal.recall import restored
from tests.building import after
from tests.console import ROOT
from tests.exchange.said import Talk, answered, event
from tests.gateway.journals import MADE, OPENING, Clock, kinds, records

ENDLESS = resource.RLIM_INFINITY


@contextmanager
def full(path: Path, room: int = 100) -> Iterator[None]:
    """While files may only grow by so many bytes: a record breaks off in the middle."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ENDLESS, most))


class Agent:
    """A conversation whose journal is kept as a run does."""

    def __init__(self, path: Path, on_error: str) -> None:
        self.alarms: list[str] = []
        self.talk = Talk(MADE.program)
        self.journal = Journal(path, OPENING, Clock())
        self.books = Bookkeeper(self.journal, on_error, self.alarms.append)
        self.sent: list[int] = []

    def slot(self, number: int) -> None:
        """Live a slot: what may not be sent is withheld."""
        effects = self.talk.hear(event(number, {"Grid": number / 2}, 3.25))
        for effect in effects:
            self.books(effect)
            if isinstance(effect, Send) and self.books.intend(effect):
                self.sent.append(number)
                effects += self.talk.hear(answered(effect))
            elif isinstance(effect, Send):
                self.talk.session, held = self.talk.session.withheld("no journal")
                effects += held
                self.talk.effects += held


def slots_of(path: Path, kind: str) -> list[str]:
    return [record["slot"][-5:] for record in records(path) if record["kind"] == kind]


def test_what_cannot_be_written_whole_is_not_written_at_all(tmp_path):
    """What was written of it is cut off again; the error says what is wrong."""
    path = tmp_path / "j"
    agent = Agent(path, "hold")
    agent.slot(0)
    before = path.read_bytes()
    with full(path), pytest.raises(JournalError, match="cannot be written: File too large"):
        agent.journal(LinkChanged(up=False, trouble="x" * 200))
    assert before == path.read_bytes()


def test_what_is_not_on_the_disk_is_not_written(tmp_path, monkeypatch):
    """Whether it is there the system says only when it is asked to wait for it."""
    path = tmp_path / "j"
    agent = Agent(path, "hold")
    agent.slot(0)
    before = path.read_bytes()

    def fail(file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), file)

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        agent.slot(1)
    assert [0] == agent.sent
    assert before == path.read_bytes()
    assert any("Input/output error: no fees are sent" in alarm for alarm in agent.alarms)
    agent.slot(2)
    assert [0, 2] == agent.sent
    assert "" == verify(path).fault


def test_nothing_is_sent_while_the_journal_cannot_be_written(tmp_path):
    """With `hold`: it is an alarm in each slot, and goes on when it works again."""
    path = tmp_path / "j"
    agent = Agent(path, "hold")
    agent.slot(0)
    with full(path):
        agent.slot(1)
        agent.slot(2)
    agent.slot(3)
    assert [0, 3] == agent.sent
    told = {alarm.removesuffix(": no fees are sent") for alarm in agent.alarms[:-1]}
    assert {f"the journal {path} cannot be written: File too large"} == told
    assert 2 == sum(alarm.endswith(": no fees are sent") for alarm in agent.alarms)
    assert "the journal can be written again" == agent.alarms[-1]
    assert ["12:00", "12:45"] == slots_of(path, "intent")


def test_what_happened_meanwhile_is_written_afterwards(tmp_path):
    """The slots that were held are in the journal: the next run knows them as this one does."""
    path = tmp_path / "j"
    agent = Agent(path, "hold")
    for number in range(6):
        if number in {1, 2}:
            with full(path):
                agent.slot(number)
        else:
            agent.slot(number)
    assert "" == verify(path).fault
    assert [f"12:{15 * n:02}" for n in range(4)] + ["13:00", "13:15"] == slots_of(path, "cycle")
    statuses = [r["status"] for r in records(path) if r["kind"] == "cycle"]
    assert ["sent", "held", "held", "sent", "sent", "sent"] == statuses
    found = restored(str(path), MADE.program)
    assert after(5) == found.newest
    assert agent.talk.session.ours.newest.tobytes() == found.ours.newest.tobytes()


def test_fees_are_sent_without_a_journal_where_that_was_asked_for(tmp_path):
    """With `continue`: alarms, and afterwards the journal has all that was sent."""
    path = tmp_path / "j"
    agent = Agent(path, "continue")
    agent.slot(0)
    with full(path):
        agent.slot(1)
        agent.slot(2)
    agent.slot(3)
    assert [0, 1, 2, 3] == agent.sent
    assert 2 == sum("cannot be written" in alarm for alarm in agent.alarms[1:])
    assert ["12:00", "12:15", "12:30", "12:45"] == slots_of(path, "intent")
    assert "" == verify(path).fault


def test_what_is_sent_again_needs_no_second_intent(tmp_path):
    """Its intent is in the journal; that it was sent again is written when that works."""
    path = tmp_path / "j"
    agent = Agent(path, "hold")
    (send,) = (e for e in agent.talk.hear(event(0, {}, 2.5)) if isinstance(e, Send))
    agent.books(agent.talk.effects[0])
    assert agent.books.intend(send)
    again = Send(send.payload, send.transaction, send.cycle, send.batch, again=True)
    with full(path, 10):
        assert agent.books.intend(again)
    agent.books(LinkChanged(up=True))
    intents = [record for record in records(path) if record["kind"] == "intent"]
    assert [False, True] == [record["again"] for record in intents]
    assert intents[0]["fees"] == intents[1]["fees"]


def test_what_is_too_much_to_remember_is_counted(tmp_path, monkeypatch):
    """The oldest records are given up, and the journal says how many."""
    monkeypatch.setattr(journal_writing, "MOST_WAITING_BYTES", 300)
    path = tmp_path / "j"
    agent = Agent(path, "hold")
    with full(path, 0):
        for number in range(20):
            agent.books(LinkChanged(up=False, trouble=f"trouble {number}"))
    assert ["run", "rulebook"] == kinds(path)
    agent.books(LinkChanged(up=True))
    links = [record for record in records(path) if record["kind"] == "link"]
    (gap,) = (record for record in records(path) if record["kind"] == "gap")
    assert 21 == gap["records"] + len(links)
    assert ["trouble 19", ""] == [record["why"] for record in links[-2:]]
    assert "" == verify(path).fault


def test_messages_that_were_dropped_meanwhile_are_counted(tmp_path):
    """And the slot in which they were dropped is in the journal too."""
    path = tmp_path / "j"
    agent = Agent(path, "continue")
    with full(path, 0):
        for _ in range(500):
            agent.books(Dropped("rubbish"))
        agent.slot(0)
    agent.slot(1)
    dropped = [record for record in records(path) if record["kind"] == "dropped"]
    assert [*[None] * 10, 490] == [record.get("messages") for record in dropped]
    assert ["12:00", "12:15"] == slots_of(path, "cycle")


def test_a_journal_that_could_not_be_begun_is_let_go(tmp_path):
    """Whoever tries again is not told that another run is writing it."""
    path = tmp_path / "j"
    path.touch()
    with full(path, 200), pytest.raises(JournalError, match="File too large"):
        Journal(path, OPENING, Clock())
    Journal(path, OPENING, Clock()).close()
    assert "" == verify(path).fault


@settings(max_examples=30)
@given(rooms=st.lists(st.one_of(st.none(), st.integers(0, 6000)), min_size=1, max_size=8))
def test_however_often_it_fails_nothing_is_missing(rooms, tmp_path_factory):
    """Each slot is in the journal at last, once, in order; and no intent of what was not sent."""
    path = tmp_path_factory.mktemp("full") / "j"
    agent = Agent(path, "hold")
    for number, room in enumerate(rooms):
        if room is None:
            agent.slot(number)
        else:
            with full(path, room):
                agent.slot(number)
    agent.books.end("enough")
    agent.journal.close()
    assert "" == verify(path).fault
    told = [f"{after(number):%H:%M}" for number in range(len(rooms))]
    assert told == slots_of(path, "cycle")
    assert [told[number] for number in agent.sent] == slots_of(path, "intent")
    assert len(rooms) == len(agent.talk.all(Concluded))


def run_in(room_in_blocks: int, journal: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A run that may write files of so many blocks of 512 bytes."""
    command = f"ulimit -f {room_in_blocks}; exec {sys.executable} -m rulegrid run rules/flat.yaml"
    words = [command, "--slots 8 --format json --journal", str(journal), *options]
    return subprocess.run(
        ["/bin/sh", "-c", " ".join(words)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_run_on_a_full_disk_holds_its_fees(tmp_path):
    """It goes on to its end; what could be sent is sent, and the others are held."""
    ran = run_in(60, tmp_path / "j")
    assert 0 == ran.returncode, ran.stderr
    statuses = [line.split('"status": "')[1].split('"')[0] for line in ran.stdout.splitlines()]
    assert 8 == len(statuses)
    assert "sent" == statuses[0]
    assert "held" == statuses[-1]
    assert "cannot be written: File too large: no fees are sent" in ran.stderr
    assert "" == verify(tmp_path / "j").fault


def test_a_run_on_a_full_disk_goes_on_where_that_was_asked_for(tmp_path):
    """Every slot is sent, with an alarm."""
    ran = run_in(60, tmp_path / "j", "--on-journal-error continue")
    assert 8 == ran.stdout.count('"status": "sent"')
    assert "cannot be written: File too large" in ran.stderr


@pytest.mark.parametrize("options", ["", "--on-journal-error continue"])
def test_a_run_does_not_begin_without_its_journal(tmp_path, options):
    """Where it cannot be written at the start, one line says so: exit code 6."""
    ran = run_in(1, tmp_path / "j", options)
    assert (6, "") == (ran.returncode, ran.stdout)
    assert (
        f"rulegrid: the journal {tmp_path / 'j'} cannot be written: File too large\n" == ran.stderr
    )


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small disk of its own, where one may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


def test_a_disk_that_was_full_is_written_again(tmp_path):
    """Somebody else has filled it, and makes room again."""
    with mounted(tmp_path, "size=64k") as disk:
        agent = Agent(disk / "j", "hold")
        agent.slot(0)
        filling = disk / "other"
        with pytest.raises(OSError, match="No space"):
            filling.write_bytes(b"x" * 2**17)
        agent.slot(1)
        filling.unlink()
        agent.slot(2)
        agent.journal.close()
        assert [0, 2] == agent.sent
        assert "No space left on device: no fees are sent" in "".join(agent.alarms)
        assert "" == verify(disk / "j").fault
        assert ["12:00", "12:15", "12:30"] == slots_of(disk / "j", "cycle")


def test_a_disk_that_is_only_read_is_told(tmp_path):
    """The system's own words."""
    with mounted(tmp_path, "size=64k,ro") as disk, pytest.raises(JournalError) as told:
        Journal(disk / "j", OPENING)
    assert f"the journal {tmp_path / 'j'} cannot be written: Read-only file system" == str(
        told.value
    )
