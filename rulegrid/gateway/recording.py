"""Recordings on disk: JSON lines of an exchange's messages, plain or gzipped."""

import gzip
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from io import BytesIO

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.exchange.day import Day, read_day
from rulegrid.exchange.messages import MAX_BYTES
from rulegrid.gateway.files import FileRefusedError, read_bytes

MOST_BYTES = 512 * 1024 * 1024
"""The largest file that is read."""

MOST_TEXT = 2 * 1024 * 1024 * 1024
"""How much text a gzipped file may hold: 10,000 markets make 500 MB a day."""

_GZIP = b"\x1f\x8b"
_TABLES = (b"PAR1", b"slot,", b"slot;")
"""How the tables of metrics begin that histories are kept in."""


def read_recording(path: str) -> tuple[Day | None, tuple[Diagnostic, ...]]:
    """The day in a file, or on standard input for `-`, and what is wrong with it.

    Without a day there is an error among the findings. Raises `FileNotFoundError`.
    """
    try:
        raw = read_bytes(path, MOST_BYTES)
    except FileRefusedError as error:
        return None, (Diagnostic("RG701", str(error)),)
    if len(raw) > MOST_BYTES:
        limit = f"a recording has at most {MOST_BYTES // 2**20} MiB"
        return None, (Diagnostic("RG701", f"this file is too large: {limit}"),)
    if raw.startswith(_TABLES):
        message = "this is a table of metrics, no recording of an exchange"
        hint = "messages are read here; `backtest`, `explain` and `diff --data` read tables"
        return None, (Diagnostic("RG701", message, hint=hint),)
    return read_recorded(raw)


@cache
def embedded_day() -> Day:
    """The recorded day that ships with rulegrid: a city of 22 markets."""
    raw = (files("rulegrid") / "recordings" / "city_day.jsonl.gz").read_bytes()
    day, findings = read_recorded(raw)
    if day is None or findings:
        raise ValueError(f"the day that ships with rulegrid is damaged: {findings}")
    return day


def read_recorded(raw: bytes) -> tuple[Day | None, tuple[Diagnostic, ...]]:
    """The day in the bytes of a recording, and what is wrong with it."""
    lines = _Lines(raw)
    day, findings = read_day(lines)
    if not lines.fault:
        return day, findings
    if day is None:
        return None, (Diagnostic("RG701", lines.fault),)
    torn = f"the recording is read up to slot {day.slots[-1].slot:%H:%M}: {lines.fault}"
    return day, (*findings, Diagnostic("RG701", torn, severity=Severity.WARNING))


class _Lines:
    """The lines of a recording, and why they ended before their time."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.fault = ""

    def __iter__(self) -> Iterator[bytes]:
        plain = BytesIO(self._raw)
        stream = gzip.GzipFile(fileobj=plain) if self._raw.startswith(_GZIP) else plain
        left = MOST_TEXT
        try:
            while left > 0 and (line := stream.readline(MAX_BYTES + 1)):
                left -= len(line)
                yield line
        except (OSError, EOFError, zlib.error) as error:
            self.fault = f"its compression is damaged: {error}"
        if left <= 0:
            self.fault = f"it holds more than {MOST_TEXT // 2**20} MiB of text"
