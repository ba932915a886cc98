"""Histories in Parquet: one file, or the files of a folder as if they were one."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rulegrid.gateway.histories import faults
from rulegrid.gateway.histories.batches import (
    ROWS,
    Paths,
    dictionary,
    first_line,
    read_rows,
    seconds_of,
)
from rulegrid.gateway.histories.faults import AREA, SLOT
from rulegrid.gateway.histories.folders import Part, name_in, parquet_files, told
from rulegrid.gateway.histories.rows import Rows
from rulegrid.gateway.histories.trees import Areas

CHAPTER_ROWS = 1 << 22
"""At least so many rows make a chapter."""


class Parquet:
    """A history in long form; its chapters are some row groups each, also over several files."""

    def __init__(self, path: str, chapter_rows: int = CHAPTER_ROWS) -> None:
        """Look at the files. Raises `HistoryError` where one of them is no Parquet."""
        self.path, self.chapter_rows = path, chapter_rows
        self.parts = _parts(path)
        """The files, the earliest first."""
        self.columns: Sequence[str] = list(self.parts[0].columns)
        counts = enumerate(part.meta.num_row_groups for part in self.parts)
        self._groups = [(part, group) for part, count in counts for group in range(count)]
        """For each row group its file and its number there."""
        sizes = (self.parts[n].meta.row_group(g).num_rows for n, g in self._groups)
        self._starts = [0, *accumulate(sizes)]
        """The number of the first row of each row group."""
        self.rows = self._starts[-1]
        ends = accumulate(part.meta.num_rows for part in self.parts)
        self._part_starts = [0, *ends][: len(self.parts)]
        self._chapters = _chapters(self._starts, chapter_rows)
        self.chapters = len(self._chapters)

    def chapter(self, wanted: Sequence[str], number: int) -> Iterator[Rows]:
        """The rows of a chapter, with the metrics that are wanted."""
        return self._rows(wanted, self._chapters[number])

    def before(self, wanted: Sequence[str], number: int, seconds: int) -> Iterator[Rows]:
        """The rows just before a chapter: of so many seconds, back from the last slot there."""
        waiting: list[Rows] = []
        since = None
        for group in reversed(range(self._chapters[number].start)):
            rows = list(self._rows(wanted, range(group, group + 1)))
            waiting = rows + waiting
            if rows and since is None:
                since = int(rows[-1].seconds[-1]) - seconds
            if rows and since is not None and rows[0].seconds[0] < since:
                break
        for each in waiting:
            yield each.cut(int(np.searchsorted(each.seconds, since or 0)), len(each))

    def areas(self, number: int) -> list[str]:
        """The paths of the areas that a chapter tells of, in the order they come up."""
        areas, paths, known = Areas(), Paths(), None
        for part, groups in self._by_part(self._chapters[number]):
            for batch in _batches(part, groups, [AREA]):
                column = dictionary(batch.column(0))
                named = paths.of(column.dictionary)
                if named is not known:
                    rows = areas.numbers(named, column.indices.drop_null().to_numpy())
                    areas.meet(rows[areas.new(rows)])
                    known = named if len(areas.met) == len(areas.paths) else None
        return areas.met

    def place(self, row: int) -> str:
        """A row as a person finds it."""
        number = bisect_right(self._part_starts, row) - 1
        return self.parts[number].place(row - self._part_starts[number])

    def _rows(self, wanted: Sequence[str], groups: range) -> Iterator[Rows]:
        first = self._starts[groups.start]
        for part, numbers in self._by_part(groups):
            try:
                batches = _batches(part, numbers, [SLOT, AREA, *wanted])
                yield from read_rows(batches, self.place, first)
            except (pa.ArrowException, OSError, UnicodeError) as error:
                raise faults.unreadable(part.told, first_line(error)) from None
            first += sum(part.meta.row_group(number).num_rows for number in numbers)

    def _by_part(self, groups: range) -> Iterator[tuple[Part, list[int]]]:
        """Row groups in a row, file by file."""
        each = (self._groups[group] for group in groups)
        for number, of_one in groupby(each, key=lambda group: group[0]):
            yield self.parts[number], [group for _, group in of_one]


def _parts(path: str) -> list[Part]:
    files = parquet_files(path)
    if not files:
        raise faults.unreadable("the folder", "there is no Parquet file (*.parquet) in it")
    parts = [_part(file, name_in(path, file)) for file in files]
    return sorted(parts, key=lambda part: (part.edges is None, part.edges or (), part.name))


def _part(path: str, name: str) -> Part:
    try:
        file = pq.ParquetFile(path)
        columns = file.schema_arrow.names
        edges = _edges(file) if name and SLOT in columns else None
    except (pa.ArrowException, OSError) as error:
        raise faults.unreadable(told(name), f"this is no Parquet: {first_line(error)}") from None
    return Part(path, name, columns, edges, file.metadata)


def _edges(file: Any) -> tuple[int, int] | None:
    """The first slot of the first row group, and the last of the last."""
    groups = [g for g in range(file.num_row_groups) if file.metadata.row_group(g).num_rows]
    if not groups:
        return None
    first, last = _ends(file, groups[0])[:1], _ends(file, groups[-1])[-1:]
    return (first[0], last[0]) if first and last else None


def _ends(file: Any, group: int) -> list[int]:
    """The first and the last slot of a row group: from its statistics, else from its rows."""
    known = file.metadata.row_group(group)
    column = next(
        c for c in map(known.column, range(known.num_columns)) if c.path_in_schema == SLOT
    )
    statistics = column.statistics
    if statistics is not None and statistics.has_min_max:
        slots = pa.array([statistics.min, statistics.max])
    else:
        slots = file.read_row_group(group, columns=[SLOT]).column(SLOT).drop_null()
    seconds = seconds_of(slots)
    return [int(seconds.min()), int(seconds.max())] if len(seconds) else []


def _batches(part: Part, groups: list[int], columns: list[str]) -> Iterator[Any]:
    """A file is opened when it is read: a folder may hold more than a process may open at once."""
    with pq.ParquetFile(part.path, metadata=part.meta, read_dictionary=[AREA]) as file:
        yield from file.iter_batches(ROWS, row_groups=groups, columns=columns)


def _chapters(starts: Sequence[int], chapter_rows: int) -> list[range]:
    """The row groups of each chapter: as few as have enough rows."""
    chapters, start = list[range](), 0
    for stop in range(1, len(starts)):
        if starts[stop] - starts[start] >= chapter_rows or stop == len(starts) - 1:
            chapters.append(range(start, stop))
            start = stop
    return chapters
