"""Recordings on disk."""

import gzip
import json
import os
from math import isnan

import pytest

from rulegrid.diagnostics import Severity
from rulegrid.exchange.messages import Wire, decode, with_statistics
from rulegrid.exchange.messages.kinds import BatchAnswer
from rulegrid.gateway import recording
from rulegrid.gateway.recording import embedded_day, read_recorded, read_recording
from rulegrid.gateway.replay import Replay
from rulegrid.grid import write_slot
from tests.exchange.played import RECORDINGS, day_of, recorded
from tests.exchange.test_day import event, lines


def test_the_day_that_ships_with_rulegrid_is_a_whole_city_day():
    """95 slots of 22 markets on 4 levels; in five slots the statistics did not come in time."""
    day = embedded_day()
    assert 95 == len(day.slots)
    assert ["2021-07-01T00:15", "2021-07-01T23:45"] == [
        write_slot(day.slots[place].slot) for place in (0, -1)
    ]
    assert 22 == len(day.names)
    assert (900, False, ()) == (day.slot_length.seconds, day.percent, day.left_out)
    short = {write_slot(slot.slot)[-5:]: len(slot.statistics) for slot in day.slots}
    assert {"03:45": 0, "04:00": 14, "04:30": 0, "12:00": 0, "17:30": 0} == {
        time: areas for time, areas in short.items() if areas < 22
    }


def test_the_day_that_ships_with_rulegrid_decodes_in_full():
    """Every event has its columns; 923 of 2,090 market slots saw no trade."""
    untraded = 0
    known = None
    for slot in embedded_day().slots:
        said = decode(slot.payload, Wire(), known)
        assert known is None or known is said.grid
        known = said.grid
        untraded += int((said.columns["volume"] == 0).sum())
    assert 923 == untraded
    assert [4, 22] == [known.levels.max() + 1, len(known)]


def test_a_recording_reads_the_same_plain_and_gzipped(tmp_path):
    """The content decides, not the name."""
    packed = RECORDINGS / "time_of_use.jsonl.gz"
    plain = tmp_path / "day.jsonl"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    odd = tmp_path / "day.txt"
    odd.write_bytes(packed.read_bytes())
    day = day_of(recorded("time_of_use"))
    for path in (packed, plain, odd):
        read, findings = read_recording(str(path))
        assert () == findings
        assert [slot.slot for slot in day.slots] == [slot.slot for slot in read.slots]
        assert [set(s.statistics) for s in day.slots] == [set(s.statistics) for s in read.slots]


def test_a_torn_recording_is_read_up_to_the_tear():
    """A recorder that was killed leaves half a file; what is whole is played, with a warning."""
    packed = (RECORDINGS / "time_of_use.jsonl.gz").read_bytes()
    day, (finding, *_) = read_recorded(packed[: len(packed) // 2])
    assert 4 < len(day.slots) < 16
    assert ("RG701", Severity.WARNING) == (finding.code, finding.severity)
    torn = bytearray(packed)
    torn[20:60] = bytes(40)
    day, (finding,) = read_recorded(bytes(torn))
    assert day is None
    assert "RG701" == finding.code
    assert finding.message.startswith("its compression is damaged")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "RG702"),
        (b"\n" * 10_000_000, "RG702"),
        (os.urandom(10_000_000), "RG701"),
        (b"\x1f\x8b", "RG701"),
        (b"[" * 10_000_000, "RG701"),
        (b'{"event":"market"}\n' * 500_000, "RG701"),
        (b"{}\n" * 3_000_000, "RG702"),
        (json.dumps({"rulegrid": 1}).encode(), "RG702"),
    ],
    ids=["empty", "blank", "binary", "gzip", "deep", "hollow", "objects", "json"],
)
def test_a_file_that_is_no_recording_is_a_finding(raw, code, tmp_path):
    """Whatever its bytes, a file gives a day or an error, and quickly."""
    path = tmp_path / "day.jsonl"
    path.write_bytes(raw)
    day, (finding,) = read_recording(str(path))
    assert day is None
    assert (code, Severity.ERROR) == (finding.code, finding.severity)


@pytest.mark.parametrize("raw", [b"PAR1\x15\x04", b"slot,area,import\n", b"slot;area;import\n"])
def test_a_table_of_metrics_is_told_from_a_recording(raw, tmp_path):
    """And which commands read it."""
    path = tmp_path / "year.parquet"
    path.write_bytes(raw)
    day, (finding,) = read_recording(str(path))
    assert day is None
    assert finding.code == "RG701"
    assert "backtest" in (finding.hint or "")


def test_what_is_no_file_is_a_finding(tmp_path):
    """A directory or a pipe is not read, and nothing waits for it; no file at all is usage."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        day, (finding,) = read_recording(str(path))
        assert day is None
        assert "RG701" == finding.code
    with pytest.raises(FileNotFoundError):
        read_recording(str(tmp_path / "nothing"))


def test_a_recording_over_the_limits_is_not_read(tmp_path, monkeypatch):
    """Bytes are counted before and after they are unpacked."""
    path = tmp_path / "bomb.jsonl.gz"
    said = lines(event("00:15"), event("00:30"))
    path.write_bytes(gzip.compress(b"".join(said) + b" " * 1_000_000))
    monkeypatch.setattr(recording, "MOST_TEXT", 500_000)
    day, (finding,) = read_recording(str(path))
    assert 2 == len(day.slots)
    assert finding.message.startswith("the recording is read up to slot 00:30: it holds more than")
    monkeypatch.setattr(recording, "MOST_BYTES", 100)
    day, (finding,) = read_recording(str(path))
    assert day is None
    assert finding.message.startswith("this file is too large")


def test_recorded_statistics_are_those_the_replay_tells():
    """What was recorded for a slot is what a link tells of it, and null where nothing was."""
    day = embedded_day()
    link = Replay(day, Wire())
    areas = tuple(link.open().areas)
    for recorded_slot in day.slots[12:18]:
        while decode(payload := link.receive(), Wire()).slot != recorded_slot.slot:
            pass
        command = {"type": "BATCHED", "transaction_id": "T", "aggregator_uuid": link.aggregator}
        asked = {area: [{"type": "dso_market_stats", "data": {}}] for area in areas}
        link.send(json.dumps(command | {"batch_commands": asked}).encode())
        answer = decode(link.receive(), Wire())
        assert isinstance(answer, BatchAnswer)
        snapshot = with_statistics(decode(payload, Wire()), answer)
        for place, area in enumerate(snapshot.grid.ids):
            told = recorded_slot.statistics.get(area)
            imported = snapshot.columns["import"][place]
            if told is None:
                assert isnan(imported)
            else:
                assert json.loads(told)["area_throughput"]["import"] == imported
