"""A journal is as it was written, or it is told which record is not."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.gateway.journal import FIRST, verify
from rulegrid.gateway.journal.chain import head_of, is_whole, sealed
from tests.gateway.journals import written

WHOLE: list[bytes] = []
"""The lines of one journal, written once."""


@pytest.fixture(scope="module", autouse=True)
def _whole(tmp_path_factory) -> None:
    WHOLE[:] = (
        written(tmp_path_factory.mktemp("whole") / "j").read_bytes().splitlines(keepends=True)
    )


def found_in(folder: Path, lines: list[bytes]) -> str:
    """What is wrong with a journal of these lines."""
    path = folder / "j"
    path.write_bytes(b"".join(lines))
    return verify(path).fault


def test_a_journal_as_it_was_written_is_sound(tmp_path):
    """So is a part of it that ends with a whole record: a run may have been killed there."""
    for end in range(1, len(WHOLE) + 1):
        assert "" == found_in(tmp_path, WHOLE[:end])


def test_each_bit_that_is_changed_is_found_in_its_record(tmp_path):
    """Anywhere in the file: one place in seven is tried, and every place of the last record."""
    for number, line in enumerate(WHOLE, 1):
        for place in range(0, len(line), 1 if number == len(WHOLE) else 7):
            lines = [*WHOLE]
            changed = bytearray(line)
            changed[place] ^= 1 << place % 8
            lines[number - 1] = bytes(changed)
            assert f"{tmp_path / 'j'}:{number}: record {number}: " in found_in(tmp_path, lines)


@settings(max_examples=50)
@given(data=st.data())
def test_records_that_are_cut_out_moved_or_put_in_are_found(data, tmp_path_factory):
    """The first one that does not follow is named."""
    folder = tmp_path_factory.mktemp("changed")
    one = data.draw(st.integers(0, len(WHOLE) - 2))
    other = data.draw(st.integers(one + 1, len(WHOLE) - 1))
    what = data.draw(st.sampled_from(["cut", "swapped", "doubled", "moved"]))
    lines = {
        "cut": [*WHOLE[:one], *WHOLE[other:]],
        "swapped": [*WHOLE[:one], WHOLE[other], *WHOLE[one + 1 : other], WHOLE[one]],
        "doubled": [*WHOLE[: other + 1], WHOLE[one], *WHOLE[other + 1 :]],
        "moved": [*WHOLE[:one], *WHOLE[one + 1 : other], WHOLE[one], *WHOLE[other:]],
    }[what]
    if b"".join(lines) == b"".join(WHOLE):
        return
    fault = found_in(folder, lines)
    first = next(n for n, line in enumerate(lines) if n >= len(WHOLE) or line != WHOLE[n])
    assert f"{folder / 'j'}:{first + 1}: record {first + 1}: " in fault


def test_a_beginning_that_is_cut_off_is_found(tmp_path):
    """Also where what is left begins with a run: its records lean on others than they say."""
    again = tmp_path / "again"
    written(again)
    written(again)
    lines = again.read_bytes().splitlines(keepends=True)
    second = [number for number, line in enumerate(lines) if b'"kind":"run"' in line][1]
    for start in range(1, len(lines)):
        fault = found_in(tmp_path, lines[start:])
        if start == second:
            assert "leans on others than those before it" in fault
        elif lines[start:] and start < len(lines):
            assert ":1: record 1: a file begins with a run" in fault


def test_the_hash_of_the_last_record_shows_what_was_cut_off(tmp_path):
    """Noted elsewhere, it is the only witness of an end that is gone."""
    (tmp_path / "j").write_bytes(b"".join(WHOLE))
    whole = verify(tmp_path / "j")
    (tmp_path / "j").write_bytes(b"".join(WHOLE[:-1]))
    cut = verify(tmp_path / "j")
    assert "end" == whole.last_kind
    assert (cut.last_kind, cut.last_hash) != (whole.last_kind, whole.last_hash)


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.floats(allow_nan=False), st.none())))
def test_a_record_is_json_with_its_head_first_and_its_sum_last(fields):
    """Whatever it holds, it is one line that is whole and whose head can be read alone."""
    head = {"before": FIRST, "kind": "test", "at": "2026-10-07T08:00:00.000Z"}
    line = sealed(head, json.dumps({f"f{key}": value for key, value in fields.items()}).encode())
    text = line.text.removesuffix(b"\n")
    assert b"\n" not in text
    assert is_whole(text)
    assert ("test", FIRST) == (head_of(text).kind, head_of(text[:200]).before)
    assert ["before", "kind", "at", *(f"f{key}" for key in fields), "sum"] == list(
        json.loads(text)
    )
