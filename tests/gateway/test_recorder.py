"""Recordings of what an exchange says, made on a replay."""

import gzip
from threading import Event

import pytest

from rulegrid.exchange.messages import Wire
from rulegrid.gateway.files import FileRefusedError
from rulegrid.gateway.recorder import recorded, recording_file
from rulegrid.gateway.recording import read_recorded
from rulegrid.gateway.replay import open_replay


def played(stop, **options):
    link, _ = open_replay("replay:", Wire())
    link.open()
    return recorded(link, stop, **options)


def test_a_recording_of_a_replay_is_the_day_it_played():
    """What was recorded plays the same slots, with statistics for every market that had some."""
    lines = list(played(Event()))
    day, findings = read_recorded(b"".join(line.text for line in lines))
    assert () == findings
    assert 95 == len(day.slots) == sum(line.is_event for line in lines)
    assert 22 == len(day.slots[0].statistics)


def test_without_statistics_only_events_are_kept():
    """`--grid-only` needs one event and asks for nothing."""
    line = next(played(Event(), with_statistics=False))
    assert line.is_event
    assert line.ends_slot


def test_a_recorder_stops_when_it_is_told():
    """Setting `stop` ends a recording between two messages."""
    stop = Event()
    lines = played(stop)
    next(lines)
    stop.set()
    assert [] == list(lines)


@pytest.mark.parametrize("name", ["day.jsonl", "day.jsonl.gz"])
def test_a_file_is_gzipped_by_its_name(tmp_path, name):
    """A name that ends in .gz is gzipped, any other plain."""
    path = tmp_path / name
    with recording_file(str(path)) as file:
        file.write(b"{}\n")
    raw = path.read_bytes()
    assert b"{}\n" == (gzip.decompress(raw) if name.endswith(".gz") else raw)


def test_a_recording_never_replaces_a_file(tmp_path):
    """A file that is there already is refused and stays as it is."""
    path = tmp_path / "day.jsonl"
    path.write_bytes(b"mine")
    with pytest.raises(FileRefusedError, match="there already"), recording_file(str(path)):
        pass
    assert b"mine" == path.read_bytes()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """A recording that cannot be written says why."""
    with (
        pytest.raises(FileRefusedError, match="cannot be written"),
        recording_file(str(tmp_path / "no" / "day.jsonl")),
    ):
        pass
