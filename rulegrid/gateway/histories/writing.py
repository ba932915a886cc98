"""Fees of many slots, written as Parquet or CSV while they are decided."""

import os
from collections.abc import Sequence
from contextlib import suppress
from errno import EISDIR
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rulegrid.engine.limits import flag_names
from rulegrid.engine.outcome import Outcome
from rulegrid.gateway.histories.folders import PARQUET
from rulegrid.grid import later

SCHEMA = pa.schema(
    [
        ("rulebook", pa.dictionary(pa.int32(), pa.string())),
        ("slot", pa.timestamp("s", tz="UTC")),
        ("area", pa.dictionary(pa.int32(), pa.string())),
        ("fee", pa.float64()),
        ("raw_fee", pa.float64()),
        ("reason", pa.dictionary(pa.int32(), pa.string())),
        ("limits", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""`slot` is the one that the fee applies to. `limits` are those that changed it, with blanks
between."""

_LIMITS = tuple(" ".join(flag_names(flags)) for flags in range(256))
_NO_FEE = "no data"


class FeesFile:
    """A file of fees in long form, complete or not there at all."""

    def __init__(self, path: str, rulebooks: Sequence[str]) -> None:
        """Begin to write; `rulebooks` are what each is called in the file. Raises `OSError`."""
        self._path, self._beside = path, f"{path}.part"
        self._rulebooks = pa.array(rulebooks)
        if Path(path).is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), path)
        is_parquet = path.lower().endswith(PARQUET)
        self._file = open(self._beside, "wb")  # noqa: PTH123, SIM115 - closed with the writer
        self._writer: Any = (
            pq.ParquetWriter(self._file, SCHEMA)
            if is_parquet
            else pa_csv.CSVWriter(self._file, _as_text(SCHEMA))
        )
        self._is_text = not is_parquet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            with self._file:
                self._writer.close()
            if not failed:
                os.replace(self._beside, self._path)  # noqa: PTH105
        finally:
            with suppress(FileNotFoundError):
                os.unlink(self._beside)  # noqa: PTH108

    def write(self, number: int, outcome: Outcome) -> None:
        """Add what the rulebook of a number has decided, for the areas that it names."""
        named = np.flatnonzero(outcome.binding.winner >= 0)
        table = _table(number, self._rulebooks, outcome, named)
        self._writer.write_table(table.cast(_as_text(SCHEMA)) if self._is_text else table)


def _table(number: int, rulebooks: Any, outcome: Outcome, named: NDArray[np.intp]) -> Any:
    block, length = outcome.block, outcome.binding.program.slot_length
    first = int(later(block.first, length).timestamp())
    slots = first + np.arange(block.slots) * int(length.total_seconds())
    cells = block.slots * len(named)
    reasons, codes = _reasons(outcome)
    limits = outcome.flags[:, named].ravel().astype(np.int32)
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(np.full(cells, number, np.int32)), rulebooks),
        pa.array(np.repeat(slots, len(named))).cast(pa.timestamp("s", tz="UTC")),
        pa.DictionaryArray.from_arrays(
            pa.array(np.tile(named.astype(np.int32), block.slots)), pa.array(block.grid.paths)
        ),
        pa.array(outcome.fee[:, named].ravel(), from_pandas=True),
        pa.array(outcome.raw[:, named].ravel(), from_pandas=True),
        pa.DictionaryArray.from_arrays(pa.array(codes[:, named].ravel()), pa.array(reasons)),
        pa.DictionaryArray.from_arrays(pa.array(limits), pa.array(_LIMITS)),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _reasons(outcome: Outcome) -> tuple[list[str], NDArray[np.int32]]:
    """Every reason, the last of them for no data, and which of them each fee has."""
    policies = outcome.binding.program.policies
    reasons = [rule.reason for policy in policies for rule in policy.rules]
    starts = np.cumsum([0, *(len(policy.rules) for policy in policies)])
    codes = starts[outcome.binding.winner] + outcome.rule
    codes = np.where(np.isnan(outcome.raw), len(reasons), codes)
    return [*reasons, _NO_FEE], codes.astype(np.int32)


def _as_text(schema: Any) -> Any:
    """The same without dictionaries, which a CSV does not know, and times as an exchange's."""
    return pa.schema(
        [
            pa.field(each.name, pa.string() if pa.types.is_dictionary(each.type) else each.type)
            for each in schema
        ]
    )
