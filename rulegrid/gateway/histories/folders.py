"""The files of a history: a single one, or those of a folder."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulegrid.diagnostics import shown_path

PARQUET = (".parquet", ".pq")
_PASSED_OVER = (".", "_")
"""What begins so is no data: `_SUCCESS`, `_metadata`, `_temporary/`, `.part-0.crc`."""


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """A Parquet file of a history."""

    path: str
    name: str
    """Its path from the history's folder on; empty for a history that is a single file."""
    columns: Collection[str]
    edges: tuple[int, int] | None
    """The first and the last slot, in seconds since 1970; None where it holds none."""
    meta: Any
    """What is at its end: pyarrow's."""

    def place(self, row: int) -> str:
        """A row as a person finds it; `row` is counted from 0 in this file."""
        return f"{self.told}, row {row + 1}" if self.name else f"row {row + 1}"

    @property
    def told(self) -> str:
        """The file in a sentence."""
        return told(self.name)


def told(name: str) -> str:
    """A file in a sentence, by its path from the history's folder on."""
    return f"`{shown_path(name)}`" if name else "the file"


def is_parquet(path: str) -> bool:
    """Whether a history is read as Parquet: by the file's name, or as it is a folder."""
    return path.lower().endswith(PARQUET) or (path != "" and Path(path).is_dir())


def belongs_to(path: str, history: str) -> bool:
    """Whether a file is this history, or would be read as a part of it."""
    whole, file = Path(history).resolve(), Path(path).resolve()
    is_inside = file.is_relative_to(whole) and whole.is_dir() and _is_data(file.name)
    return history != "" and (file == whole or is_inside)


def parquet_files(path: str) -> list[str]:
    """The file itself, or all Parquet files in a folder and below it, by name."""
    if not Path(path).is_dir():
        return [path]
    found = []
    for folder, below, names in os.walk(path):
        below[:] = [name for name in below if not name.startswith(_PASSED_OVER)]
        files = (Path(folder, name) for name in names if _is_data(name))
        found += [str(file) for file in files if file.is_file()]
    return sorted(found)


def _is_data(name: str) -> bool:
    return name.lower().endswith(PARQUET) and not name.startswith(_PASSED_OVER)


def name_in(folder: str, path: str) -> str:
    """A file's path from a folder on; empty where the folder is that file."""
    return "" if folder == path else Path(path).relative_to(folder).as_posix()
