"""Rows of Parquet and CSV as arrays, some ten thousand at a time; and CSV files."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.gateway.histories import faults
from rulegrid.gateway.histories.faults import AREA, SLOT, HistoryError
from rulegrid.gateway.histories.rows import Rows
from rulegrid.grid import LAST_YEAR, Column

ROWS = 1 << 18
"""Rows that are read at a time: with a hundred thousand areas, still two slots and more."""
CSV_BYTES = 1 << 22
NO_DATA_WORDS = ["", "none", "None", "null", "NaN", "nan", "NA"]


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
            except (pa.ArrowException, OSError, UnicodeError) as error:
                raise _of_csv(error, ()) from None
        slots = () if first is None or SLOT not in self.columns else first.column(SLOT)
        self._slot_type = _slot_type(slots)

    def chapter(self, wanted: Sequence[str], _number: int) -> Iterator[Rows]:
        """The rows of the only chapter, with the metrics that are wanted."""
        types = {SLOT: self._slot_type, AREA: pa.dictionary(pa.int32(), pa.string())}
        types |= dict.fromkeys(wanted, pa.float64())
        with _opened(self._path, types, self.columns) as reader:
            try:
                yield from read_rows(reader, self.place)
            except (pa.ArrowException, OSError, UnicodeError) as error:
                raise _of_csv(error, self.columns) from None

    def before(self, _wanted: Sequence[str], _number: int, _seconds: int) -> Iterator[Rows]:
        """The rows before the only chapter: none."""
        yield from ()

    def place(self, row: int) -> str:
        """A row as a person finds it: the first line holds the names."""
        return f"line {row + 2}"


def _opened(path: str, types: dict[str, Any], names: Sequence[str] = ()) -> Any:
    """A reader; semicolons part the columns where the first line has some, and commas decimals."""
    try:
        with pa.input_stream(path, compression="detect") as file:
            has_semicolons = b";" in file.read(_FIRST_LINE).partition(b"\n")[0]
    except (pa.ArrowException, OSError) as error:
        raise faults.unreadable("the file", first_line(error)) from None
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
    text = str(error)
    if "Empty CSV" in text:
        return faults.unreadable("the file", "it holds no rows")
    if width := _WIDTH.search(text):
        told = f"{width['found']} columns, and {width['expected']} in the first line"
        return faults.unreadable(f"line {width['row']}", told)
    cell = _CELL.search(text)
    if cell is None:
        return faults.unreadable("the file", first_line(error))
    number = int(cell["column"])
    column = f"`{shown(names[number])}`" if number < len(names) else str(number + 1)
    told = _of_cell(cell["what"], is_slot=column == f"`{SLOT}`")
    return faults.unreadable(f"line {cell['row']}, column {column}", told)


def _of_cell(what: str, *, is_slot: bool) -> str:
    value = f"`{shown(what.partition(_QUOTE)[2].rpartition(_QUOTE)[0])}`"
    if "UTF8" in what:
        return "this is no UTF-8 text"
    if "expected a zone offset" in what:
        return f"{value} has no offset from UTC, and the first slot has one"
    if "expected no zone offset" in what:
        return f"{value} has an offset from UTC, and the first slot has none"
    return f"{value} is no {'time such as 2021-07-01T00:15' if is_slot else 'number'}"


_QUOTE = "'"
_FIRST_LINE = 1 << 16
_WIDTH = re.compile(r"Row #(?P<row>\d+): Expected (?P<expected>\d+) columns, got (?P<found>\d+)")
_CELL = re.compile(r"column #(?P<column>\d+): Row #(?P<row>\d+): (?P<what>.*)")


def _slot_type(texts: Any) -> Any:
    """What these texts are read as: all of them have an offset from UTC, or none, as the first."""
    first = (texts[0].as_py() or "") if len(texts) else ""
    has_zone = first.endswith("Z") or "+" in first or "-" in first[10:]
    return pa.timestamp("s", tz="UTC" if has_zone else None)


def read_rows(batches: Any, place: Callable[[int], str], first: int = 0) -> Iterator[Rows]:
    """The rows of some batches, of which the first has a number."""
    paths = Paths()
    for batch in batches:
        yield _rows(batch, first, place, paths)
        first += batch.num_rows


class Paths:
    """The paths of a dictionary, made once for batches that share it."""

    def __init__(self) -> None:
        self._dictionary: Any = None
        self._paths: list[str] = []

    def of(self, dictionary: Any) -> list[str]:
        """Those of a dictionary, which is mostly the same as before."""
        if self._dictionary is None or not dictionary.equals(self._dictionary):
            found = dictionary.to_pylist()
            for path in found:
                if "//" in f"/{path}/":
                    raise faults.no_path(path)
            self._dictionary, self._paths = dictionary, found
        return self._paths


def _rows(batch: Any, first: int, place: Callable[[int], str], paths: Paths) -> Rows:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for name in (SLOT, AREA):
        if columns[name].null_count:
            row = int(pc.index(columns[name].is_null(), value=True).as_py())
            raise faults.unreadable(place(first + row), f"`{name}` is empty")
    areas, seconds = dictionary(columns.pop(AREA)), seconds_of(columns.pop(SLOT))
    for row in np.flatnonzero((seconds < 0) | (seconds >= _END))[:1].tolist():
        raise faults.unreadable(place(first + row), "slots are of the years 1970 to 9998")
    return Rows(
        first,
        seconds,
        areas.indices.to_numpy(zero_copy_only=False),
        paths.of(areas.dictionary),
        {name: _numbers(column, name) for name, column in columns.items()},
    )


_END = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())


def dictionary(areas: Any) -> Any:
    """A column of paths, each path told once."""
    if pa.types.is_dictionary(areas.type):
        if _is_text(areas.type.value_type):
            return areas
        areas = areas.dictionary_decode()
    return _as(areas, pa.string(), AREA).dictionary_encode()


def seconds_of(column: Any) -> NDArray[np.int64]:
    """Times in seconds; those without a zone, and texts, are UTC."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_text(column.type):
        column = _as(column, _slot_type(column), SLOT)
    if not pa.types.is_timestamp(column.type):
        finding = Diagnostic("RG715", f"`{SLOT}` holds {column.type} values, and no times")
        raise HistoryError(finding)
    tz = column.type.tz
    seconds: NDArray[np.int64] = _as(
        _as(column, pa.timestamp("s", tz=tz), SLOT), pa.int64(), SLOT
    ).to_numpy(zero_copy_only=False)
    return seconds


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _numbers(column: Any, name: str) -> Column:
    if column.type != pa.float64():
        column = _as(column, pa.float64(), name)
    numbers: Column = column.to_numpy(zero_copy_only=False)
    immense = np.abs(numbers) > _LARGEST
    return np.where(immense, np.nan, numbers) if immense.any() else numbers


_LARGEST = 1e100
"""What is larger is no data, as an infinite number is: so all sums are numbers."""


def _as(column: Any, wanted: Any, name: str) -> Any:
    if column.type == wanted:
        return column
    try:
        return column.cast(wanted)
    except pa.ArrowException as error:
        finding = Diagnostic("RG715", f"column `{name}`: {first_line(error)}")
        raise HistoryError(finding) from None


def first_line(error: Exception) -> str:
    """The first line of what pyarrow says."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
