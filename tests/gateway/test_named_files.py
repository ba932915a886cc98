"""The files that a rulebook names: read from its folder, and from nowhere else."""

import os
from hashlib import sha256

import pytest

from rulegrid.gateway.named_files import digest_of, read_named
from rulegrid.rulebook.named_files import Unread

TABLE = b"Time;Grid\r\n00:00;1\r\n"


def read(folder, name="tou.csv"):
    return read_named(str(folder / "tariff.yaml"), [name])[name]


def test_a_file_is_read_from_the_folder_of_the_rulebook(tmp_path):
    """Byte by byte, also from a folder below it."""
    (tmp_path / "fees").mkdir()
    for name in ("tou.csv", "fees/tou.csv"):
        (tmp_path / name).write_bytes(TABLE)
        assert TABLE == read(tmp_path, name)


def test_the_files_of_a_rulebook_on_standard_input_lie_in_the_current_folder(
    tmp_path, monkeypatch
):
    """There is no other folder to go by."""
    (tmp_path / "tou.csv").write_bytes(TABLE)
    monkeypatch.chdir(tmp_path)
    assert {"tou.csv": TABLE} == read_named("-", ["tou.csv"])


def test_a_file_that_is_not_there_is_told_with_the_one_that_was_meant(tmp_path):
    """Most often a letter is wrong."""
    (tmp_path / "tou.csv").write_bytes(TABLE)
    told = read(tmp_path, "tuo.csv")
    assert told == Unread(
        "there is no file `tuo.csv` in the rulebook's folder", "did you mean `tou.csv`?"
    )
    assert "its folder is not there either" == read(tmp_path, "fees/tou.csv").hint


def test_a_hyphen_is_a_file_and_not_standard_input(tmp_path):
    """Only the rulebook itself may come from there."""
    assert "there is no file `-`" in read(tmp_path, "-").why


def outside(folder):
    (folder.parent / "secret.csv").write_bytes(TABLE)
    (folder / "tou.csv").symlink_to(folder.parent / "secret.csv")


def outside_by_a_folder(folder):
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "x.csv").write_bytes(TABLE)
    (folder / "tou.csv").symlink_to(folder / "in" / "x.csv")
    (folder / "in").symlink_to(folder.parent / "other")


def directory(folder):
    (folder / "tou.csv").mkdir()


def pipe(folder):
    os.mkfifo(folder / "tou.csv")


REFUSED = [
    (outside, "a link leads out of the rulebook's folder"),
    (outside_by_a_folder, "a link leads out of the rulebook's folder"),
    (directory, "this is a directory, not a file"),
    (pipe, "this is a pipe, not a file"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED, ids=lambda each: getattr(each, "__name__", ""))
def test_what_is_no_file_of_that_folder_is_refused(tmp_path, make, why):
    """No rulebook reads another folder's files, or waits for a pipe."""
    folder = tmp_path / "rules"
    folder.mkdir()
    make(folder)
    assert why == read(folder).why


def test_links_within_the_folder_are_followed(tmp_path):
    """As a server lays out files that it swaps all at once."""
    (tmp_path / "2026-01-01").mkdir()
    (tmp_path / "2026-01-01" / "tou.csv").write_bytes(TABLE)
    (tmp_path / "current").symlink_to("2026-01-01")
    (tmp_path / "tou.csv").symlink_to("current/tou.csv")
    assert TABLE == read(tmp_path)


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "a\0b", "tou.csv/x"])
def test_a_name_that_cannot_be_is_a_finding_too(tmp_path, name):
    """Never an exception."""
    (tmp_path / "tou.csv").write_bytes(TABLE)
    assert isinstance(read(tmp_path, name), Unread)


def test_the_digest_covers_every_file_and_its_name():
    """Without files it is the rulebook's own; with files sha256sum can still work it out."""
    rulebook = b"rulegrid: 1\n"
    plain = sha256(rulebook).hexdigest()
    assert f"sha256:{plain}" == digest_of(rulebook, {})
    files = {"b.csv": b"2", "a.csv": b"1"}
    told = f"{plain}\n{sha256(b'1').hexdigest()}  a.csv\n{sha256(b'2').hexdigest()}  b.csv\n"
    assert f"sha256:{sha256(told.encode()).hexdigest()}" == digest_of(rulebook, files)
    others = [{}, {"a.csv": b"1"}, {"a.csv": b"1", "c.csv": b"2"}, {"a.csv": b"2", "b.csv": b"2"}]
    digests = {digest_of(rulebook, each) for each in (files, *others)}
    assert 5 == len(digests)
