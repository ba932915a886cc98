"""The journal: a chain of records from which every fee can be worked out again."""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from rulegrid.gateway.journal import FIRST, JournalError, verify
from rulegrid.grid import read_slot
from rulegrid.rehearsal.recall import recall
from tests.console import ROOT, rulegrid

BANDS = ROOT / "rules" / "import_bands.yaml"
CALM = ROOT / "rules" / "scarcity.yaml"


def broken_link(lines: list[bytes]) -> int | None:
    """The number of the first record that is not what stood there when the next was written."""
    before = FIRST
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)["before"]
        except (ValueError, KeyError, TypeError):
            return number
        if found != before:
            return number - 1
        before = sha256(line).hexdigest()
    return None


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def run(path: Path, rulebook: Path = BANDS, *options: str) -> None:
    ran = rulegrid("run", str(rulebook), "--journal", str(path), "--format", "json", *options)
    assert 0 == ran.code, ran.err


@pytest.fixture(scope="session")
def whole_day(tmp_path_factory):
    """The journal of a rulebook on the whole recorded day, which is played once."""
    journals: dict[Path, Path] = {}

    def of(rulebook: Path) -> Path:
        if rulebook not in journals:
            journals[rulebook] = tmp_path_factory.mktemp("days") / rulebook.stem
            run(journals[rulebook], rulebook)
        return journals[rulebook]

    return of


def test_each_record_carries_the_hash_of_the_one_before(tmp_path):
    """The chain begins with zeros and goes over the exact bytes of every record."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "4")
    lines = lines_of(journal)
    kinds = [json.loads(line)["kind"] for line in lines]
    assert ["run", "rulebook", "grid"] == kinds[:3]
    assert 4 == kinds.count("cycle")
    assert None is broken_link(lines)
    assert "" == verify(journal).fault


ALTERATIONS = {
    "a digit": lambda lines: [*lines[:4], lines[4].replace(b"0", b"1", 1), *lines[5:]],
    "a record cut out": lambda lines: [*lines[:4], *lines[5:]],
    "two records swapped": lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
    "the beginning cut off": lambda lines: lines[1:],
    "a blank": lambda lines: [*lines[:4], lines[4] + b" ", *lines[5:]],
}


@pytest.mark.parametrize("alteration", ALTERATIONS.values(), ids=ALTERATIONS)
def test_whatever_is_altered_breaks_the_chain(tmp_path, alteration):
    """A change of a byte, a record that is gone, or an order that is another one."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "4")
    altered = alteration(lines_of(journal))
    assert None is not broken_link(altered)
    journal.write_bytes(b"\n".join(altered) + b"\n")
    assert "" != verify(journal).fault


def test_a_new_run_goes_on_with_the_chain(tmp_path):
    """A journal is only ever appended to: what stood there stands there still."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "2")
    before = journal.read_bytes()
    run(journal, CALM, "--slots", "2")
    assert journal.read_bytes().startswith(before)
    assert None is broken_link(lines_of(journal))
    texts = [json.loads(line).get("text") for line in lines_of(journal)]
    assert [BANDS.read_text(), CALM.read_text()] == [text for text in texts if text]


def test_a_journal_holds_only_json_that_everybody_reads(tmp_path):
    """No NaN, no infinity, one object a line; no data is null."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "40")

    def refuse(text: str) -> None:
        raise AssertionError(text)

    records = [json.loads(line, parse_constant=refuse) for line in lines_of(journal)]
    metrics = [record["metrics"] for record in records if record["kind"] == "cycle"]
    assert {"import", "export", "next_fee"} == {name for each in metrics for name in each}
    assert any(None in each["import"] for each in metrics)


def test_the_record_of_a_cycle_is_that_of_run_format_json_and_more(tmp_path):
    """The same keys with the same values, and besides all that was read."""
    journal = tmp_path / "j"
    keep = ("--journal", str(journal))
    ran = rulegrid("run", str(BANDS), *keep, "--format", "json", "--slots", "3")
    told = [json.loads(line) for line in ran.out.splitlines()]
    kept = [json.loads(line) for line in lines_of(journal)]
    cycles = [record for record in kept if record["kind"] == "cycle"]
    assert told == [{key: each[key] for key in told[0]} for each in cycles]


@pytest.mark.parametrize("rulebook", [BANDS, CALM], ids=lambda path: path.stem)
def test_every_cycle_of_the_day_can_be_worked_out_again(whole_day, rulebook):
    """Windows, limits and holds: the journal alone gives what was decided, slot by slot."""
    journal = whole_day(rulebook)
    cycles = [json.loads(line) for line in lines_of(journal)]
    cycles = [record for record in cycles if record["kind"] == "cycle"]
    for record in cycles[::7]:
        cycle = recall(str(journal), read_slot(record["applies_to"]))
        places = cycle.binding.grid.index
        told = {fee["uuid"]: fee["fee"] for fee in record["fees"]}
        assert told == {area: float(cycle.fee[places[area]]) for area in told}


@pytest.mark.parametrize("rulebook", [BANDS, CALM], ids=lambda path: path.stem)
@pytest.mark.parametrize("slot", ["2021-07-01T00:30", "2021-07-01T12:45", "2021-07-02T00:00"])
def test_a_journal_explains_what_the_recording_explains(whole_day, rulebook, slot):
    """`rulegrid explain AREA --slot T` says the same from either."""
    journal = whole_day(rulebook)
    asked = ["explain", "District North", "--slot", slot]
    for form in ("text", "json"):
        from_journal = rulegrid(*asked, "--journal", str(journal), "--format", form)
        from_recording = rulegrid(*asked, "--rulebook", str(rulebook), "--format", form)
        assert (0, "") == (from_journal.code, from_journal.err)
        assert from_recording.out == from_journal.out


@pytest.mark.parametrize("cut", [1, 2, 20, 1000])
def test_a_journal_that_was_cut_off_explains_or_tells(tmp_path, cut):
    """What a crash leaves at the end ends in an explanation or in one sentence."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "2")
    journal.write_bytes(journal.read_bytes()[:-cut])
    assert "half a record" in verify(journal).fault
    ran = rulegrid("explain", "Factory", "--slot", "2021-07-01T00:30", "--journal", str(journal))
    assert ran.code in {0, 3}
    assert "Traceback" not in ran.err + ran.out
    assert (ran.code == 0) == ("Factory" in ran.out)


def test_a_run_goes_on_behind_what_was_cut_off(tmp_path):
    """Half a record is set aside, and the chain of what is left goes on."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "3")
    torn = journal.read_bytes()[:-20]
    journal.write_bytes(torn)
    run(journal, BANDS, "--slots", "2")
    assert None is broken_link(lines_of(journal))
    whole = torn[: torn.rindex(b"\n") + 1]
    assert journal.read_bytes().startswith(whole)
    aside = [path for path in tmp_path.iterdir() if path != journal]
    assert [torn[len(whole) :]] == [path.read_bytes() for path in aside]


NO_JOURNALS = {
    "rubbish": b"rubbish\n",
    "a list": b"[]\n",
    "a number": b"7\n",
    "no kind": b'{"before": ""}\n',
    "no metrics": b'{"kind": "cycle"}\n',
    "an odd grid": b'{"kind": "grid", "uuids": ["a"], "names": ["a"], "parents": [5]}\n',
    "deep": b"[" * 100_000 + b"\n",
    "bytes": b"\xff\xfe\n",
    "nothing": b"",
}


@pytest.mark.parametrize("content", NO_JOURNALS.values(), ids=NO_JOURNALS)
def test_what_is_no_journal_is_refused_in_words(tmp_path, content):
    """An explanation ends in a sentence, whatever is in the file."""
    journal = tmp_path / "j"
    journal.write_bytes(content)
    ran = rulegrid("explain", "Factory", "--slot", "2021-07-01T00:30", "--journal", str(journal))
    assert ran.code in {2, 3}
    assert 1 <= len(ran.err.splitlines()) <= 4
    assert "Traceback" not in ran.err


def test_an_altered_journal_never_crashes_an_explanation(tmp_path):
    """Bytes turned into others end in an explanation or in one sentence."""
    journal = tmp_path / "j"
    run(journal, BANDS, "--slots", "2")
    whole = journal.read_bytes()
    wanted = read_slot("2021-07-01T00:45")
    for place in range(200, len(whole), len(whole) // 150):
        for byte in (b"9", b'"'):
            journal.write_bytes(whole[:place] + byte + whole[place + 1 :])
            with suppress(JournalError):
                recall(str(journal), wanted)


def test_a_journal_that_cannot_be_written_is_told(tmp_path):
    """The run does not begin: one line, exit code 6."""
    ran = rulegrid("run", str(BANDS), "--journal", str(tmp_path), "--slots", "1")
    assert 6 == ran.code
    assert ran.err.startswith(f"rulegrid: the journal {tmp_path} cannot be written: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_device_in_place_of_a_journal_is_told():
    """Neither read for ever nor written to: one line, exit code 6."""
    ran = rulegrid("run", str(BANDS), "--journal", "/dev/full", "--slots", "1")
    assert 6 == ran.code
    assert ran.err.startswith("rulegrid: ")
