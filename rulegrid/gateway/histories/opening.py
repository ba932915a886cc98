"""Histories by the name of their file: Parquet, CSV, or a recorded day."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Protocol

import numpy as np

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.outcome import Block
from rulegrid.exchange.day import Day
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.recounted import snapshots
from rulegrid.gateway.files import FileRefusedError, open_file
from rulegrid.gateway.histories import faults
from rulegrid.gateway.histories.ahead import ahead
from rulegrid.gateway.histories.faults import HistoryError
from rulegrid.gateway.histories.folders import is_parquet, parquet_files
from rulegrid.gateway.histories.stretches import Stretch, Table
from rulegrid.gateway.recording import embedded_day, read_recording
from rulegrid.grid import Snapshot, later
from rulegrid.metrics import METRICS

CSV = (".csv", ".csv.gz")


class History(Protocol):
    """What was recorded over many slots, in blocks."""

    @property
    def metrics(self) -> Collection[str]:
        """The metrics it has columns for."""
        ...

    @property
    def rows(self) -> int:
        """How many rows of a slot and an area it has, 0 where that is not known beforehand."""
        ...

    @property
    def fee_unit(self) -> str | None:
        """The unit of the recorded fees, None where nothing tells it."""
        ...

    def blocks(self, slot_length: timedelta, metrics: Collection[str]) -> Iterator[Block]:
        """All slots in order, with those of the metrics that are there.

        A block begins anew at each gap, and where the tree has grown or changed.

        Raises `HistoryError` where it cannot be read any further.
        """
        ...

    def chapters(
        self, slot_length: timedelta, metrics: Collection[str]
    ) -> Iterator[Iterator[Block]]:
        """The same blocks, chapter by chapter: each is added up for itself, and then all of them.

        So the sums are the same bit by bit, wherever the chapters are decided.
        """
        ...


def open_history(
    path: str, wire: Wire | None = None
) -> tuple[History | None, tuple[Diagnostic, ...]]:
    """The history in a file or a folder, and what is wrong with it at first sight.

    The empty path is the day that ships with rulegrid. `wire` says how the exchange of a recorded
    day spoke.

    Raises `FileNotFoundError`, and `MissingExtraError` where pyarrow is needed and not installed.
    """
    if is_table(path):
        return _long_form(path)
    day, findings = read_recording(path) if path else (embedded_day(), ())
    if day is None:
        return None, findings
    return Recorded(day, wire or Wire(percent=day.percent)), findings


def is_table(path: str) -> bool:
    """Whether this is a history in long form, and no recorded day: by its name, or as a folder."""
    return path.lower().endswith(CSV) or is_parquet(path)


class MissingExtraError(ImportError):
    """A library that is not installed; the message says what to install."""


def _long_form(path: str) -> tuple[History | None, tuple[Diagnostic, ...]]:
    try:
        table, findings = _parquet(path) if is_parquet(path) else _csv(path)
    except ImportError:
        told = "Parquet and CSV need pyarrow: pip install 'rulegrid[backtest]'"
        raise MissingExtraError(told) from None
    except FileRefusedError as error:
        return None, (Diagnostic("RG701", str(error)),)
    except HistoryError as error:
        return None, (error.finding,)
    return (None, findings) if findings else (LongForm(table), ())


def _parquet(path: str) -> tuple[Table, tuple[Diagnostic, ...]]:
    for file in parquet_files(path):
        open_file(file).close()
    table = import_module("rulegrid.gateway.histories.parquet").Parquet(path)
    return table, (*faults.columns(table.columns), *faults.parts(table.parts))


def _csv(path: str) -> tuple[Table, tuple[Diagnostic, ...]]:
    open_file(path).close()
    table = import_module("rulegrid.gateway.histories.batches").Csv(path)
    return table, tuple(faults.columns(table.columns))


@dataclass(frozen=True, slots=True)
class LongForm:
    """A table with a row for each slot and area."""

    table: Table

    @property
    def metrics(self) -> Collection[str]:
        """The metrics it has columns for."""
        return [name for name in self.table.columns if name in METRICS]

    @property
    def rows(self) -> int:
        """How many rows it has, 0 where that is not known beforehand."""
        return self.table.rows

    @property
    def fee_unit(self) -> None:
        """A table does not tell."""
        return None

    def blocks(self, slot_length: timedelta, metrics: Collection[str]) -> Iterator[Block]:
        """See `History`."""
        for chapter in self.chapters(slot_length, metrics):
            yield from chapter

    def chapters(
        self, slot_length: timedelta, metrics: Collection[str]
    ) -> Iterator[Iterator[Block]]:
        """See `History`."""
        whole = Stretch(self.table, range(self.table.chapters))
        for chapter in whole.chapters(slot_length, metrics):
            yield ahead(chapter)


MOST_ROWS = 96
"""Slots of a recorded day that make one block."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded day."""

    day: Day
    wire: Wire

    @property
    def metrics(self) -> Collection[str]:
        """All metrics: what an exchange did not report is no data."""
        return list(METRICS)

    @property
    def rows(self) -> int:
        """A row for each slot and market."""
        return len(self.day.slots) * len(self.day.names)

    @property
    def fee_unit(self) -> str:
        """What its exchange took."""
        return "percent" if self.day.percent else "ct/kWh"

    def blocks(self, slot_length: timedelta, metrics: Collection[str]) -> Iterator[Block]:
        """See `History`."""
        if len(self.day.slots) > 1 and self.day.slot_length != slot_length:
            minutes = (each.total_seconds() / 60 for each in (self.day.slot_length, slot_length))
            raise faults.other_length("this day", *minutes)
        waiting: list[Snapshot] = []
        for each in snapshots(self.day, self.wire):
            goes_on = waiting and each.slot == later(waiting[-1].slot, slot_length)
            if waiting and not (
                goes_on and each.grid is waiting[-1].grid and len(waiting) < MOST_ROWS
            ):
                yield _stacked(waiting, metrics)
                waiting = []
            waiting.append(each)
        if waiting:
            yield _stacked(waiting, metrics)

    def chapters(
        self, slot_length: timedelta, metrics: Collection[str]
    ) -> Iterator[Iterator[Block]]:
        """See `History`: a recorded day is a single one."""
        yield self.blocks(slot_length, metrics)


def _stacked(rows: list[Snapshot], metrics: Collection[str]) -> Block:
    columns = {
        name: np.stack([row.columns[name] for row in rows])
        for name in rows[0].columns
        if name in metrics
    }
    return Block(rows[0].slot, len(rows), rows[0].grid, columns)
