"""The journal: every decision of a run with all it was made from, appended only.

Each record carries the SHA-256 of the exact bytes of the record before, so that a change anywhere
shows. A cycle's record holds every metric read: the fees of any slot can be worked out again from
the journal alone.
"""

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.effects import Bound, Concluded, Effect
from rulegrid.exchange.record import number, record
from rulegrid.gateway.files import FileRefusedError, open_file
from rulegrid.grid import Area, AreaId, Column, Grid, Snapshot, read_slot
from rulegrid.program import Program
from rulegrid.source import Source

_WRONG = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError)
"""What a line that is no record may run into."""

FIRST = "0" * 64
"""What the first record carries in place of a hash."""


class JournalError(Exception):
    """A journal that cannot be written or read; the message says why."""


class Journal:
    """Writes what a run does to a file. It is an observer of the conversation."""

    def __init__(self, path: str, program: Program, source: Source, run: str) -> None:
        self._program = program
        try:
            self._before = _last_hash(Path(path))
            self._file = Path(path).open("ab")  # noqa: SIM115 - it is open as long as the run is
        except OSError as error:
            raise JournalError(f"the journal {path} cannot be written: {error.strerror}") from None
        self._write({"kind": "run", "run": run, "rulebook": program.digest})
        self._write(
            {
                "kind": "rulebook",
                "digest": program.digest,
                "file": source.name,
                "text": source.text,
            }
        )

    def __call__(self, effect: Effect) -> None:
        """Keep what belongs into a journal: the grid met, and each slot concluded."""
        if isinstance(effect, Bound):
            self._write({"kind": "grid", **_grid_fields(effect.binding.grid)})
        elif isinstance(effect, Concluded):
            metrics = _metrics(effect.cycle) if effect.cycle else {}
            self._write({"kind": "cycle", **record(effect, self._program), "metrics": metrics})

    def close(self) -> None:
        """Leave the journal complete on the disk."""
        self._file.close()

    def _write(self, fields: dict[str, Any]) -> None:
        line = json.dumps({"before": self._before, **fields}, allow_nan=False).encode()
        try:
            self._file.write(line + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalError(f"the journal cannot be written: {error.strerror}") from None
        self._before = sha256(line).hexdigest()


@dataclass(frozen=True, slots=True)
class JournalledSlot:
    """A slot as the journal keeps it.

    The rulebook in force, and the snapshot that was decided on.
    """

    rulebook: Source
    digest: str
    snapshot: Snapshot
    starts_run: bool
    """Whether it is the first of its run, which remembers nothing."""


def read_journal(path: str) -> Iterator[JournalledSlot]:
    """The slots of a journal that were decided, oldest first.

    Raises `FileNotFoundError`, and `JournalError` with the line where a record cannot be read.
    """
    try:
        file = open_file(path)
    except FileRefusedError as error:
        raise JournalError(f"{path}: {error}") from None
    with file:
        yield from _slots(path, file)


def _slots(path: str, file: BinaryIO) -> Iterator[JournalledSlot]:
    rulebook, digest, grid, starts_run = Source("", ""), "", None, True
    for line_number, line in enumerate(file, start=1):
        try:
            fields = json.loads(line)
            if fields["kind"] == "run":
                starts_run = True
            elif fields["kind"] == "rulebook":
                rulebook, digest = Source(fields["file"], fields["text"]), fields["digest"]
            elif fields["kind"] == "grid":
                grid = _grid(fields)
            elif fields["metrics"] and grid is not None:
                snapshot = _snapshot(fields, grid)
                yield JournalledSlot(rulebook, digest, snapshot, starts_run)
                starts_run = False
        except _WRONG:
            message = f"{path}:{line_number}: this is no record of a journal"
            raise JournalError(message) from None


def _grid_fields(grid: Grid) -> dict[str, Any]:
    return {"uuids": grid.ids, "names": grid.names, "parents": grid.parents.tolist()}


def _grid(fields: dict[str, Any]) -> Grid:
    rows = zip(fields["uuids"], fields["names"], fields["parents"], strict=True)
    return Grid.from_areas(Area(AreaId(str(i)), str(name), int(above)) for i, name, above in rows)


def _metrics(cycle: Cycle) -> dict[str, list[float | int | None]]:
    """Every metric read: an entry for each area as the grid's record lists them, or one."""
    columns = {name: cycle.columns[name] for name in sorted(cycle.binding.metrics)}
    columns["next_fee"] = cycle.before
    return {
        name: [number(column, place) for place in range(len(column))]
        for name, column in columns.items()
        if isinstance(column, np.ndarray)
    }


def _snapshot(fields: dict[str, Any], grid: Grid) -> Snapshot:
    columns: dict[str, Column] = {
        name: np.array([np.nan if v is None else float(v) for v in values])
        for name, values in fields["metrics"].items()
    }
    return Snapshot(read_slot(fields["slot"]), grid, columns)


def _last_hash(path: Path) -> str:
    """The hash of a journal's last record, so that a new run goes on with its chain."""
    if not path.exists() or not path.stat().st_size:
        return FIRST
    with path.open("rb") as file:
        last = deque(file, maxlen=1).pop()
    return sha256(last.rstrip(b"\n")).hexdigest()
