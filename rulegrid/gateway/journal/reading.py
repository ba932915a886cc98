"""Reading a journal from its end: a file of any length is never read whole."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from rulegrid.exchange.ours import Ours
from rulegrid.gateway.files import FileRefusedError, open_file
from rulegrid.gateway.journal.chain import MOST_HEAD_BYTES, Head, head_of, is_whole
from rulegrid.gateway.journal.files import JournalError, family, spans_backwards
from rulegrid.grid import Area, AreaId, Column, Grid, MarketSlot, Snapshot, read_slot
from rulegrid.source import Source

SLOT_KINDS = ("cycle", "intent")
"""The records that tell what was decided in a slot. The intent comes first, and the cycle says the
same again."""

_BLOCK = 1 << 20

T = TypeVar("T")


class _Run(Struct, gc=False):
    run: str
    aggregator: str
    goes_on: bool
    dry_run: bool
    exchange: str


class _NamedFile(Struct, gc=False):
    name: str
    text: str


class _Rulebook(Struct, gc=False):
    file: str
    text: str
    files: tuple[_NamedFile, ...] = ()


class _Grid(Struct, gc=False):
    uuids: tuple[AreaId, ...]
    names: tuple[str, ...]
    parents: tuple[int, ...]


class _Fee(Struct, gc=False):
    uuid: AreaId
    fee: float | None


_Numbers = list[float | None]


class _Ours(Struct, gc=False):
    applies_to: str | None
    newest: _Numbers
    earlier: list[_Numbers]
    echo: _Numbers
    shown: _Numbers | None
    accepted: _Numbers | None
    ahead: _Numbers | None


class _Slot(Struct, gc=False):
    fees: dict[AreaId, float] | list[_Fee]
    metrics: dict[str, _Numbers] = {}
    ours: _Ours | None = None


@dataclass(frozen=True, slots=True)
class JournalledRun:
    """A run as its journal tells of it."""

    run: str
    aggregator: str
    goes_on: bool
    """Whether it remembers the slots before it."""
    dry_run: bool
    exchange: str


class _File:
    """A file of a journal, opened for reading."""

    def __init__(self, path: Path, closing: ExitStack) -> None:
        self.path = path
        try:
            self._file = closing.enter_context(open_file(str(path)))
        except FileRefusedError as error:
            raise JournalError(f"{path}: {error}") from None
        self._known: dict[int, object] = {}
        self._grids: dict[int, Grid] = {}

    def records(self) -> Iterator["Record"]:
        """Every record, the last first; half a record at the end is left out."""
        file = self._file.fileno()
        lines = spans_backwards(file, os.fstat(file).st_size)
        next(lines)
        for start, end in lines:
            head = head_of(self._bytes(start, min(end, start + MOST_HEAD_BYTES)))
            if head is None:
                raise self.error(start, "this is no record of a journal")
            yield Record(self, head, start, end)

    def read(self, start: int, end: int, kind: type[T]) -> T:
        """The record between two places."""
        try:
            return msgspec.json.decode(self.line(start, end), type=kind)
        except msgspec.DecodeError:
            raise self.error(start, "this is no record of this version's journals") from None

    def line(self, start: int, end: int) -> bytes:
        """The text of the record between two places, as it was written."""
        line = self._bytes(start, end)
        if not is_whole(line):
            raise self.error(start, "this record has been changed")
        return line

    def read_once(self, start: int, kind: type[T]) -> T:
        """The record that begins at a place; it is read once only."""
        if start not in self._known:
            self._file.seek(start)
            line = self._file.readline()
            self._known[start] = self.read(start, start + len(line.rstrip(b"\n")), kind)
        found = self._known[start]
        if not isinstance(found, kind):
            raise self.error(start, "this is another record than was expected here")
        return found

    def grid(self, start: int) -> Grid:
        """The grid whose record begins at a place."""
        if start not in self._grids:
            rows = self.read_once(start, _Grid)
            try:
                listed = zip(rows.uuids, rows.names, rows.parents, strict=True)
                self._grids[start] = Grid.from_areas(Area(*row) for row in listed)
            except (ValueError, IndexError):
                raise self.error(start, "this is no grid") from None
        return self._grids[start]

    def error(self, start: int, told: str) -> JournalError:
        """What is wrong with the record that begins at a place, with its line."""
        self._file.seek(0)
        blocks = (self._file.read(min(_BLOCK, start - at)) for at in range(0, start, _BLOCK))
        line = 1 + sum(block.count(b"\n") for block in blocks)
        return JournalError(f"{self.path}:{line}: {told}")

    def _bytes(self, start: int, end: int) -> bytes:
        return os.pread(self._file.fileno(), end - start, start)


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """A record that has been found, and is read when it is asked for.

    Raises `JournalError` where it is not what its head says.
    """

    file: _File
    head: Head
    start: int
    end: int

    @property
    def is_of_slot(self) -> bool:
        """Whether it tells what was decided in a slot."""
        return self.head.kind in SLOT_KINDS

    @property
    def slot(self) -> MarketSlot:
        """The slot it tells of."""
        try:
            return read_slot(self.head.slot)
        except ValueError:
            raise self.file.error(self.start, "this record has no slot") from None

    @property
    def run(self) -> JournalledRun:
        """The run that wrote a slot's record, or of which a run's record tells."""
        start = self.start if self.head.kind == "run" else self._place("run")
        run = self.file.read_once(start, _Run)
        return JournalledRun(run.run, run.aggregator, run.goes_on, run.dry_run, run.exchange)

    @property
    def rulebook(self) -> tuple[Source, dict[str, bytes]]:
        """The rulebook that was in force in a slot, and the files that it names."""
        rulebook = self.file.read_once(self._place("rulebook"), _Rulebook)
        files = {file.name: file.text.encode() for file in rulebook.files}
        return Source(rulebook.file, rulebook.text), files

    @property
    def text(self) -> bytes:
        """The whole line."""
        return self.file.line(self.start, self.end)

    def told(self, known: Grid | None = None) -> "Told":
        """What it tells of its slot. `known` is used again where the grid is the same."""
        slot = self.file.read(self.start, self.end, _Slot)
        if not slot.metrics and slot.ours is None:
            return Told(None, None)
        grid = self.file.grid(self._place("grid"))
        if known is not None and known == grid:
            grid = known
        try:
            ours = None if slot.ours is None else _ours(slot.ours, grid)
            return Told(_decided(slot, self.slot, grid) if slot.metrics else None, ours)
        except (ValueError, LookupError):
            told = "what this record tells does not go with its grid"
            raise self.file.error(self.start, told) from None

    def _place(self, kind: str) -> int:
        if kind not in self.head.places:
            raise self.file.error(self.start, f"this record names no {kind}")
        return self.head.places[kind]


@dataclass(frozen=True, eq=False, slots=True)
class Decided:
    """A slot as the journal keeps it."""

    snapshot: Snapshot
    """What it was decided on."""
    fees: Column
    """The fees decided, NaN where none was."""


@dataclass(frozen=True, eq=False, slots=True)
class Told:
    """What a slot's record tells."""

    decided: Decided | None
    """None where nothing was decided, or where that is told by an earlier record."""
    ours: Ours | None
    """What was known of our own fees after it, where it tells that."""


@contextmanager
def records_backwards(path: Path) -> Iterator[Iterator[Record]]:
    """Every record of a journal with its finished files, the last first.

    Raises `FileNotFoundError` and `JournalError`.
    """
    with ExitStack() as closing:
        yield _records(family(path), closing)


def _records(files: Sequence[Path], closing: ExitStack) -> Iterator[Record]:
    for path in reversed(files):
        yield from _File(path, closing).records()


def _decided(told: _Slot, slot: MarketSlot, grid: Grid) -> Decided:
    sizes = {len(grid), 1}
    columns = {name: _column(values, sizes) for name, values in told.metrics.items()}
    fees = told.fees
    by_area = fees.items() if isinstance(fees, dict) else ((fee.uuid, fee.fee) for fee in fees)
    decided = np.full(len(grid), np.nan)
    for area, fee in by_area:
        decided[grid.index[area]] = np.nan if fee is None else fee
    return Decided(Snapshot(slot, grid, columns), decided)


def _ours(told: _Ours, grid: Grid) -> Ours:
    sizes = {len(grid)}

    def known(values: _Numbers | None) -> Column | None:
        return None if values is None else _column(values, sizes)

    return Ours(
        grid,
        _column(told.newest, sizes),
        tuple(_column(values, sizes) for values in told.earlier),
        _column(told.echo, sizes),
        None if told.applies_to is None else read_slot(told.applies_to),
        known(told.shown),
        known(told.accepted),
        known(told.ahead),
    )


def _column(values: _Numbers, sizes: Collection[int]) -> Column:
    column = np.array(values, dtype=np.float64)
    if len(column) not in sizes or np.isinf(column).any():
        raise ValueError("a column that does not fit the grid")
    column.flags.writeable = False
    return column
