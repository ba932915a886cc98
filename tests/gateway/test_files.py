"""Files that people hand over: read once, never waited for, and refused in words."""

import os
import socket
from io import BytesIO, TextIOWrapper

import pytest

from rulegrid.gateway.files import (
    FileRefusedError,
    open_file,
    page,
    read_bytes,
    schema,
    write_over,
)
from rulegrid.gateway.rulebooks import compile_bytes, compile_file
from tests.console import ROOT


def test_a_regular_file_is_read_as_it_is(tmp_path):
    """Bytes, not text: line ends and everything else stay."""
    path = tmp_path / "f"
    path.write_bytes(b"a\r\nb\xff\0")
    assert b"a\r\nb\xff\0" == read_bytes(str(path), 100)


def test_no_more_is_read_than_one_byte_too_many(tmp_path):
    """A file that is too large is noticed without being read."""
    path = tmp_path / "f"
    path.write_bytes(bytes(1000))
    assert 11 == len(read_bytes(str(path), 10))
    assert 1000 == len(read_bytes(str(path), 1000))


def pipe(folder):
    os.mkfifo(folder / "p")
    return folder / "p"


def folder_itself(folder):
    return folder


def device(folder):
    del folder
    return "/dev/zero"


NO_FILES = [
    (folder_itself, "this is a directory, not a file"),
    (pipe, "this is a pipe, not a file"),
    (device, "this is a device, not a file"),
]


@pytest.mark.parametrize(
    ("make", "reason"), NO_FILES, ids=lambda each: getattr(each, "__name__", "")
)
def test_only_regular_files_are_read(tmp_path, make, reason):
    """A pipe nobody writes to, an endless device, a directory: refused at once."""
    with pytest.raises(FileRefusedError, match=reason):
        read_bytes(str(make(tmp_path)), 10)


def test_a_socket_is_no_file(tmp_path):
    """It cannot even be opened."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(FileRefusedError):
            open_file(str(tmp_path / "s"))


PATHS = ["a\0b", "x" * 5000, f"{ROOT}/README.md/x"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:10])
def test_a_path_that_cannot_be_is_refused(path):
    """Nothing but a refusal comes of an odd path."""
    with pytest.raises(FileRefusedError, match="this file cannot be read"):
        read_bytes(path, 10)


def test_a_file_that_is_not_there_is_told_apart(tmp_path):
    """Also where a link leads nowhere."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("none", "link"):
        with pytest.raises(FileNotFoundError):
            read_bytes(str(tmp_path / name), 10)


def test_standard_input_is_read_for_a_hyphen(monkeypatch):
    """`-` is what is piped in, to the same limit."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"x" * 50)))
    assert 11 == len(read_bytes("-", 10))


def test_a_rulebook_that_cannot_be_read_is_a_finding(tmp_path):
    """Whoever compiles a file gets findings, and an exception only where there is no file."""
    made = compile_file(str(tmp_path))
    assert (None, ["RG001"]) == (made.program, [finding.code for finding in made.findings])
    with pytest.raises(FileNotFoundError):
        compile_file(str(tmp_path / "none.yaml"))


def test_the_digest_is_that_of_the_bytes():
    """A rulebook is known by its bytes: one more blank is another rulebook."""
    text = b"rulegrid: 1\nname: A\nareas: {Grid: 1}\n"
    first, same = (compile_bytes("a", text).program for _ in range(2))
    other = compile_bytes("a", text + b"\n").program
    assert first.digest == same.digest != other.digest
    assert first.digest.startswith("sha256:")


def test_what_ships_with_rulegrid_is_found():
    """The schema and the pages of the codes are part of the package."""
    assert "rulegrid" in schema("rulebook")["properties"]
    assert page("RG101").startswith("# RG101")


def test_what_is_written_over_is_there_as_a_whole_or_as_before(tmp_path):
    """Where writing fails in the midst; what is no file, as a device, is left where it is."""
    unwritable = "x" * 100_000 + "\udcff"
    with pytest.raises(UnicodeEncodeError):
        write_over(str(tmp_path / "new"), unwritable)
    (tmp_path / "old").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_over(str(tmp_path / "old"), unwritable)
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_over(str(tmp_path / "full"), "new")
    assert {"old", "full"} == {path.name for path in tmp_path.iterdir()}
    assert "old" == (tmp_path / "old").read_text()
