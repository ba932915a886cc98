"""The files of a journal: the one that is written, and those that are finished."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from rulegrid.gateway.files import FileRefusedError, open_file

MOST_LINE_BYTES = 2**30
"""No record is longer."""

_FINISHED = re.compile(r"\.(\d{4}-\d{2}-\d{2})(?:-(\d+))?")
_UNUSUAL = re.compile(r"[^\w.-]+", re.ASCII)
_BLOCK_BYTES = 1 << 18


class JournalError(Exception):
    """A journal that cannot be written or read; the message says why."""


def default_path(rulebook: str, exchange: str) -> Path:
    """Where a live run keeps its journal when it is not told: in the user's state directory.

    There is one for each name of a rulebook and exchange: the folder of the rulebook does not
    count, and neither do credentials in the URL. The directory is made if it is not there.

    Raises `JournalError` where it cannot be made.
    """
    state = os.environ.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    url = urlsplit(exchange)
    host = url.netloc.rpartition("@")[2]
    digest = sha256(url._replace(netloc=host).geturl().encode()).hexdigest()[:8]
    words = (_UNUSUAL.sub("-", word).strip("-.") for word in (Path(rulebook).stem, host, digest))
    try:
        (home / "rulegrid").mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(f"{home / 'rulegrid'} cannot be made: {error.strerror}") from None
    return home / "rulegrid" / f"{'-'.join(filter(None, words))}.journal"


def finished_files(path: Path) -> list[Path]:
    """The finished files of the journal that is written to `path`, oldest first."""
    return [file for _, file in _finished(path)]


def _finished(path: Path) -> list[tuple[tuple[str, int], Path]]:
    """Each finished file with its day and its number on that day, oldest first."""
    found = []
    for sibling in path.parent.glob(f"{_literal(path.name)}.*"):
        matched = _FINISHED.fullmatch(sibling.name.removeprefix(path.name))
        if matched:
            found.append(((matched[1], int(matched[2] or 1)), sibling))
    return sorted(found)


def family(path: Path) -> list[Path]:
    """All files of a journal up to this one, oldest first.

    Raises `FileNotFoundError` where there is none.
    """
    finished = finished_files(path)
    if path.exists() or path.is_symlink():
        return [*(finished or _older(path)), path]
    if not finished:
        raise FileNotFoundError(path)
    return finished


def _older(path: Path) -> list[Path]:
    """The files before this one, where it is itself a finished one."""
    matched = re.fullmatch(rf"(.+){_FINISHED.pattern}", path.name)
    if matched is None:
        return []
    files = finished_files(path.with_name(matched[1]))
    return files[: files.index(path)] if path in files else []


def name_for_finished(path: Path, day: str) -> Path:
    """What a file is called once it is finished, after the day of its last record.

    Names never go back, also where the clock does.
    """
    newest, number = max((key for key, _ in _finished(path)), default=("", 0))
    number = number + 1 if day <= newest else 1
    return path.with_name(f"{path.name}.{max(day, newest)}{f'-{number}' if number > 1 else ''}")


def name_for_torn(path: Path) -> Path:
    """Where the rest of a record goes that a crash has torn."""
    names = (path.with_name(f"{path.name}.torn-{n}") for n in count(1))
    return next(name for name in names if not os.path.lexists(name))


def lines(path: Path) -> Iterator[bytes]:
    """Each line of a file with its end, which the last may lack.

    Raises `FileNotFoundError`, and `JournalError` where the file cannot be read.
    """
    try:
        with open_file(str(path)) as file:
            yield from iter(lambda: file.readline(MOST_LINE_BYTES), b"")
    except FileRefusedError as error:
        raise JournalError(f"{path}: {error}") from None


def spans_backwards(file: int, size: int) -> Iterator[tuple[int, int]]:
    """Where each line of an open file begins and ends, the last first; line ends are left out.

    The last is what follows on the last line end; nothing, in a file that is whole.
    """
    end = cut = size
    while cut:
        start = max(0, cut - _BLOCK_BYTES)
        block = os.pread(file, cut - start, start)
        found = block.rfind(b"\n")
        while found >= 0:
            yield start + found + 1, end
            end = start + found
            found = block.rfind(b"\n", 0, found)
        cut = start
    yield 0, end


def _literal(name: str) -> str:
    """A name as a pattern that only it matches."""
    return re.sub(r"([*?[])", r"[\1]", name)
