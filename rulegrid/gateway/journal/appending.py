"""The file of a journal that is written to: records are added to it whole, or not at all."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from rulegrid.gateway.journal.chain import (
    FIRST,
    Line,
    hash_of,
    head_of,
    is_whole,
    may_have_begun,
)
from rulegrid.gateway.journal.files import (
    JournalError,
    finished_files,
    name_for_torn,
    spans_backwards,
)

try:
    import fcntl
except ImportError:  # no locks on this system
    fcntl = None  # type: ignore[assignment]

_MOST_LOOKED_AT = 1 << 20
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)


class Appender:
    """An open file of a journal; no other run can open it meanwhile.

    What a crash has left of a last record is set aside into a file of its own. Raises `OSError`,
    and `JournalError` where the file is in use, is no journal, or its end has been changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _opened(path)
        try:
            self.torn = _set_aside(self._file, path)
            """Where half a record was put that had been at the end."""
            self.size = os.fstat(self._file).st_size
            last = _last_line(self._file, self.size) or _last_of_finished(path)
            head = head_of(last)
            self.hash = hash_of(last) if last else FIRST
            """What the next record carries."""
            self.day = head.at[:10] if head and self.size else ""
            """The day of the last record, empty where there is none."""
        except BaseException:
            os.close(self._file)
            raise
        self._is_damaged = False

    def is_as_left(self) -> bool:
        """Whether the path still leads to this file, and nobody else has changed its size."""
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        here = os.fstat(self._file)
        is_same = (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
        return is_same and (self._is_damaged or here.st_size == self.size)

    def add(self, line: Line, day: str) -> int:
        """Add a record and wait until it is on the disk; gives the place at which it begins.

        Raises `OSError`; then nothing is added, and what was written of it is cut off again.
        """
        if self._is_damaged:
            os.ftruncate(self._file, self.size)
            self._is_damaged = False
        try:
            _write(self._file, line.text)
            os.fsync(self._file)
        except OSError:
            self._is_damaged = True
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        start, self.size = self.size, self.size + len(line.text)
        self.hash, self.day = line.hash, day
        return start

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def sync_folder(path: Path) -> None:
    """Wait until the names in a file's folder are on the disk, where a system can do that."""
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _opened(path: Path) -> int:
    file = os.open(path, _FLAGS, 0o666)
    try:
        _lock(file)
    except BlockingIOError:
        os.close(file)
        raise JournalError(f"another run is writing the journal {path}") from None
    except OSError:
        os.close(file)
        raise
    return file


def _lock(file: int) -> None:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write(file: int, text: bytes) -> None:
    left = memoryview(text)
    while left:
        left = left[os.write(file, left) :]


def _set_aside(file: int, path: Path) -> Path | None:
    """Cut off what a crash has left of the last record, and keep it beside the journal."""
    size = os.fstat(file).st_size
    whole = _whole_size(file, size, path)
    if whole == size:
        return None
    aside = name_for_torn(path)
    torn = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        _write(torn, os.pread(file, size - whole, whole))
        os.fsync(torn)
    finally:
        os.close(torn)
    os.ftruncate(file, whole)
    os.fsync(file)
    return aside


def _whole_size(file: int, size: int, path: Path) -> int:
    """Where the whole records end. A crash tears one at most; what is worse is not touched."""
    lines = spans_backwards(file, size)
    start, end = next(lines)
    if start == end:  # nothing follows on the last line end
        start, end = next(lines, (0, 0))
        if is_whole(os.pread(file, end - start, start)):
            return size
    before = next(lines, None)
    if before is None:
        if not may_have_begun(os.pread(file, min(end - start, _MOST_LOOKED_AT), start)):
            raise JournalError(f"{path} is no journal, so nothing is written to it")
    elif not is_whole(os.pread(file, before[1] - before[0], before[0])):
        raise JournalError(
            f"the end of {path} has been changed: `rulegrid journal verify` tells where. "
            "Move it away to begin a new one"
        )
    return start


def _last_line(file: int, size: int) -> bytes:
    """The last of the whole records in an open file; empty where there is none."""
    if not size:
        return b""
    start, end = next(spans_backwards(file, size - 1))
    return os.pread(file, end - start, start)


def _last_of_finished(path: Path) -> bytes:
    """The last record of the newest finished file; empty where there is none."""
    for newest in finished_files(path)[-1:]:
        file = os.open(newest, os.O_RDONLY)
        try:
            return _last_line(file, os.fstat(file).st_size)
        finally:
            os.close(file)
    return b""
