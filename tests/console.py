"""The command line in this process: what a command prints, and its exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

from rulegrid.cli import main

ROOT = Path(__file__).parent.parent
COLUMNS = "100"
RULEBOOK_TESTS = sorted((ROOT / "rules").glob("*.test.yaml"))
RULES = sorted(set((ROOT / "rules").glob("*.yaml")) - set(RULEBOOK_TESTS))


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


def rulegrid(
    *arguments: str, stdin: bytes = b"", folder: Path = ROOT, columns: str = COLUMNS
) -> Ran:
    """Run a command in a folder, as in a pipe of 100 columns without colours."""
    out, err = _stream(), _stream()
    with redirect_stdout(out), redirect_stderr(err), _in_a_pipe(stdin, folder, columns):
        try:
            main(arguments)
        except SystemExit as leave:
            code = int(leave.code or 0)
        else:
            raise AssertionError("a command leaves with an exit code")
    return Ran(code, _text(out), _text(err))


@contextmanager
def _in_a_pipe(stdin: bytes, folder: Path, columns: str) -> Iterator[None]:
    before = Path.cwd()
    settings = dict(os.environ)
    os.environ.pop("FORCE_COLOR", None)
    os.environ["COLUMNS"] = columns
    os.chdir(folder)
    sys.stdin, kept = _stream(stdin), sys.stdin
    try:
        yield
    finally:
        sys.stdin = kept
        os.chdir(before)
        os.environ.clear()
        os.environ.update(settings)


def _stream(content: bytes = b"") -> TextIOWrapper:
    return TextIOWrapper(BytesIO(content), encoding="utf-8", newline="")


def _text(stream: TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, BytesIO)
    return buffer.getvalue().decode()
