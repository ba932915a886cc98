"""Files that people hand over, and those that ship with rulegrid."""

import json
import os
import stat
import sys
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

STANDARD_INPUT = "-"
_AS_FILES = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
"""What standard input is called as a file."""


class FileRefusedError(Exception):
    """A file that cannot be read; the message says why in plain words."""


def read_bytes(path: str, most: int) -> bytes:
    """The bytes of a regular file, read once, or of standard input for `-`.

    At most one more than `most`. Raises what `open_file` raises.
    """
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read(most + 1)
    with open_file(path) as file:
        try:
            return file.read(most + 1)
        except OSError as error:
            raise FileRefusedError(_reason(error)) from None


def open_file(path: str) -> BinaryIO:
    """A regular file, to be read. Never waits for a pipe.

    Raises `FileNotFoundError` where there is no such file and `FileRefusedError` where it is not a
    regular file or may not be read.
    """
    try:
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise FileRefusedError(_reason(error)) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)  # a directory cannot even be made a file object
        instead = ": write - for standard input" if path in _AS_FILES else ""
        raise FileRefusedError(f"this is {_what(mode)}, not a file{instead}")
    return os.fdopen(descriptor, "rb")


def write_new(path: str, content: str | bytes) -> None:
    """Write a new file. Raises `FileExistsError` where there is one, else `OSError`."""
    with open(path, "xb") as file:  # noqa: PTH123 - as given
        file.write(content.encode() if isinstance(content, str) else content)


AnyPath = str | os.PathLike[str]


def path_of(path: AnyPath) -> str:
    """A path as text."""
    return os.fspath(path)


def write_over(path: str, text: str) -> None:
    """Write a file, or give one that is there another text: all of it or nothing.

    Raises `OSError`.
    """
    if Path(path).is_file():
        replace_text(path, text)
        return
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - as given
            file.write(text)
    except BaseException:
        if Path(path).is_file():
            os.unlink(path)  # noqa: PTH108
        raise


def replace_text(path: str, text: str) -> None:
    """Give a file another text, all of it or nothing; its mode stays, and so does a link to it.

    Raises `OSError`.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    descriptor, beside = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))  # noqa: PTH116
            os.fsync(file.fileno())
        os.replace(beside, target)  # noqa: PTH105
    except BaseException:
        os.unlink(beside)  # noqa: PTH108
        raise


@cache
def schema(name: str) -> dict[str, Any]:
    """A JSON Schema that ships with rulegrid, such as `rulebook`."""
    loaded: dict[str, Any] = json.loads(schema_text(name))
    return loaded


def schema_text(name: str) -> str:
    """A JSON Schema as it is written in its file."""
    return (_schemas() / f"{name}.schema.json").read_text(encoding="utf-8")


def page(code: str) -> str:
    """The page of a diagnostic code, in Markdown."""
    return (files("rulegrid") / "pages" / f"{code}.md").read_text(encoding="utf-8")


def template(kind: str) -> str:
    """A commented rulebook to start from."""
    return (files("rulegrid") / "templates" / f"{kind}.yaml").read_text(encoding="utf-8")


def report_part(name: str) -> str:
    """A part of the page of a backtest, such as `page.css`."""
    return (files("rulegrid") / "rehearsal" / "report" / name).read_text(encoding="utf-8")


def licence_of(package: str) -> str:
    """The licence of an installed package, empty where it has none with it."""
    from importlib.metadata import distribution  # noqa: PLC0415 - it loads email and sockets

    names = distribution(package).files or []
    return next((each.read_text() for each in names if each.name.startswith("LICENSE")), "")


def _schemas() -> Path:
    """`rulegrid/schemas` in an installed package, `schemas` beside the package in a checkout."""
    package = Path(str(files("rulegrid")))
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"


def _what(mode: int) -> str:
    for test, what in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return what
    return "a device"


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"this file cannot be read: {error.strerror}"
    return "this file cannot be read"
