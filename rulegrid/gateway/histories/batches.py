"""Rows of Parquet and CSV as arrays, some ten thousand at a time. Only here is pyarrow known."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.gateway.histories import faults
from rulegrid.gateway.histories.faults import AREA, SLOT, HistoryError
from rulegrid.gateway.histories.rows import Rows
from rulegrid.grid import Column

ROWS = 1 << 17
"""Rows that are read at a time."""
CHAPTER_ROWS = 1 << 22
"""At least so many rows make a chapter."""
CSV_BYTES = 1 << 22
NO_DATA_WORDS = ["", "none", "None", "null", "NaN", "nan", "NA"]


class Parquet:
    """A Parquet file in long form; its chapters are some row groups each."""

    def __init__(self, path: str, chapter_rows: int = CHAPTER_ROWS) -> None:
        try:
            self._file = pq.ParquetFile(path, read_dictionary=[AREA])
        except (pa.ArrowException, OSError) as error:
            raise faults.unreadable("the file", f"this is no Parquet: {_first(error)}") from None
        self.columns: Sequence[str] = self._file.schema_arrow.names
        self.rows: int = self._file.metadata.num_rows
        self.path, self.chapter_rows = path, chapter_rows
        groups = range(self._file.num_row_groups)
        sizes = (self._file.metadata.row_group(group).num_rows for group in groups)
        self._starts = [0, *accumulate(sizes)]
        """The number of the first row of each row group."""
        self._chapters = _chapters(self._starts, chapter_rows)
        self.chapters = len(self._chapters)

    def read(self, wanted: Sequence[str]) -> Iterator[Rows]:
        """All rows, with the metrics that are wanted."""
        for number in range(self.chapters):
            yield from self.chapter(wanted, number)

    def chapter(self, wanted: Sequence[str], number: int) -> Iterator[Rows]:
        """The rows of a chapter."""
        return self._groups(wanted, self._chapters[number])

    def before(self, wanted: Sequence[str], number: int, seconds: int) -> Iterator[Rows]:
        """The rows just before a chapter: of so many seconds, back from the last slot there."""
        waiting: list[Rows] = []
        since = None
        for group in reversed(range(self._chapters[number].start)):
            rows = list(self._groups(wanted, range(group, group + 1)))
            waiting = rows + waiting
            if rows and since is None:
                since = int(rows[-1].seconds[-1]) - seconds
            if rows and since is not None and rows[0].seconds[0] < since:
                break
        for each in waiting:
            yield each.cut(int(np.searchsorted(each.seconds, since or 0)), len(each))

    def areas(self, number: int) -> list[str]:
        """The paths of the areas that a chapter tells of, in the order they come up."""
        batches = self._file.iter_batches(
            ROWS, row_groups=list(self._chapters[number]), columns=[AREA]
        )
        found: dict[str, None] = {}
        paths, known = _Paths(), None
        for batch in batches:
            met = paths.of(_dictionary(batch.column(0)).dictionary)
            if met is not known:
                found |= dict.fromkeys(met)
                known = met
        return list(found)

    def _groups(self, wanted: Sequence[str], groups: range) -> Iterator[Rows]:
        batches = self._file.iter_batches(
            ROWS, row_groups=list(groups), columns=[SLOT, AREA, *wanted]
        )
        try:
            yield from _read(batches, self.place, self._starts[groups.start])
        except (pa.ArrowException, OSError, UnicodeError) as error:
            raise faults.unreadable("the file", _first(error)) from None

    def place(self, row: int) -> str:
        """A row as a person finds it."""
        return f"row {row + 1}"


class Csv:
    """A CSV file in long form, in one chapter; without a hint of how many rows it has."""

    rows = 0
    chapters = 1

    def __init__(self, path: str) -> None:
        self._path = path
        with _opened(path, {}) as reader:
            try:
                self.columns: Sequence[str] = reader.schema.names
                first = next(iter(reader), None)
            except (pa.ArrowException, UnicodeError) as error:
                raise faults.unreadable("the file", _first(error)) from None
        self._slot_type = pa.timestamp("s", tz="UTC" if _has_zone(first) else None)

    def read(self, wanted: Sequence[str]) -> Iterator[Rows]:
        """All rows, with the metrics that are wanted."""
        types = {SLOT: self._slot_type, AREA: pa.dictionary(pa.int32(), pa.string())}
        types |= dict.fromkeys(wanted, pa.float64())
        with _opened(self._path, types, self.columns) as reader:
            try:
                yield from _read(reader, self.place)
            except (pa.ArrowException, UnicodeError) as error:
                raise _of_csv(error, self.columns) from None

    def chapter(self, wanted: Sequence[str], _number: int) -> Iterator[Rows]:
        """The rows of the only chapter."""
        return self.read(wanted)

    def before(self, _wanted: Sequence[str], _number: int, _seconds: int) -> Iterator[Rows]:
        """The rows before the only chapter: none."""
        yield from ()

    def place(self, row: int) -> str:
        """A row as a person finds it: the first line holds the names."""
        return f"line {row + 2}"


def _opened(path: str, types: dict[str, Any], names: Sequence[str] = ()) -> Any:
    """A reader; semicolons part the columns where the first line has some, and commas decimals."""
    with pa.input_stream(path, compression="detect") as file:
        has_semicolons = b";" in file.read(_FIRST_LINE).partition(b"\n")[0]
    convert: dict[str, Any] = {"null_values": NO_DATA_WORDS, "strings_can_be_null": True}
    if not types:
        convert |= {"column_types": {SLOT: pa.string(), AREA: pa.string()}}
    else:
        convert |= {"column_types": types, "include_columns": list(types)}
    try:
        return pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(block_size=CSV_BYTES, use_threads=False),
            parse_options=pa_csv.ParseOptions(delimiter=";" if has_semicolons else ","),
            convert_options=pa_csv.ConvertOptions(
                decimal_point="," if has_semicolons else ".", **convert
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise _of_csv(error, names) from None


def _of_csv(error: Exception, names: Sequence[str]) -> HistoryError:
    """What pyarrow says of a CSV with these columns, in plain words where they are known."""
    told = _CELL.search(str(error))
    if told is None or int(told["column"]) >= len(names):
        return faults.unreadable("the file", _first(error))
    column = names[int(told["column"])]
    what = "time such as 2021-07-01T00:15" if column == SLOT else "number"
    where = f"line {told['row']}, column `{column}`"
    return faults.unreadable(where, f"`{shown(told['value'])}` is no {what}")


_FIRST_LINE = 1 << 16
_CELL = re.compile(r"column #(?P<column>\d+): Row #(?P<row>\d+): .*invalid value '(?P<value>.*)'")


def _has_zone(batch: Any) -> bool:
    """Whether the first time of a file has an offset from UTC."""
    if batch is None or SLOT not in batch.schema.names or not batch.num_rows:
        return False
    text = batch.column(SLOT)[0].as_py() or ""
    return text.endswith("Z") or "+" in text or "-" in text[10:]


def _chapters(starts: Sequence[int], chapter_rows: int) -> list[range]:
    """The row groups of each chapter: as few as have enough rows."""
    chapters, start = list[range](), 0
    for stop in range(1, len(starts)):
        if starts[stop] - starts[start] >= chapter_rows or stop == len(starts) - 1:
            chapters.append(range(start, stop))
            start = stop
    return chapters


def _read(batches: Any, place: Callable[[int], str], first: int = 0) -> Iterator[Rows]:
    """The rows of some batches, of which the first has a number."""
    paths = _Paths()
    for batch in batches:
        yield _rows(batch, first, place, paths)
        first += batch.num_rows


class _Paths:
    """The paths of a dictionary, made once for batches that share it."""

    def __init__(self) -> None:
        self._dictionary: Any = None
        self._paths: list[str] = []

    def of(self, dictionary: Any) -> list[str]:
        if self._dictionary is None or not dictionary.equals(self._dictionary):
            self._dictionary, self._paths = dictionary, dictionary.to_pylist()
        return self._paths


def _rows(batch: Any, first: int, place: Callable[[int], str], paths: _Paths) -> Rows:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for name in (SLOT, AREA):
        if columns[name].null_count:
            row = int(pc.index(columns[name].is_null(), value=True).as_py())
            raise faults.unreadable(place(first + row), f"`{name}` is empty")
    areas = _dictionary(columns.pop(AREA))
    return Rows(
        first,
        _seconds(columns.pop(SLOT)),
        areas.indices.to_numpy(zero_copy_only=False),
        paths.of(areas.dictionary),
        {name: _numbers(column, name) for name, column in columns.items()},
    )


def _dictionary(areas: Any) -> Any:
    if pa.types.is_dictionary(areas.type):
        return areas
    return _as(areas, pa.string(), AREA).dictionary_encode()


def _seconds(column: Any) -> NDArray[np.int64]:
    """Times in seconds; those without a zone, and texts, are UTC."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = _as(column, pa.timestamp("s"), SLOT)
    if not pa.types.is_timestamp(column.type):
        finding = Diagnostic("RG715", f"`{SLOT}` holds {column.type} values, and no times")
        raise HistoryError(finding)
    tz = column.type.tz
    seconds: NDArray[np.int64] = _as(
        _as(column, pa.timestamp("s", tz=tz), SLOT), pa.int64(), SLOT
    ).to_numpy(zero_copy_only=False)
    return seconds


def _numbers(column: Any, name: str) -> Column:
    if column.type != pa.float64():
        column = _as(column, pa.float64(), name)
    numbers: Column = column.to_numpy(zero_copy_only=False)
    return numbers


def _as(column: Any, wanted: Any, name: str) -> Any:
    if column.type == wanted:
        return column
    try:
        return column.cast(wanted)
    except pa.ArrowException as error:
        finding = Diagnostic("RG715", f"column `{name}`: {_first(error)}")
        raise HistoryError(finding) from None


def _first(error: Exception) -> str:
    """The first line of what pyarrow says."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
