"""Some chapters of a table in a row, as the blocks that the whole history has there."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from rulegrid.engine.outcome import Block
from rulegrid.gateway.histories.arranging import Arranging
from rulegrid.gateway.histories.rows import Rows
from rulegrid.metrics import METRICS

_SHOWN = "current_fee"


class Table(Protocol):
    """A file in long form, in some chapters."""

    columns: Sequence[str]
    rows: int
    chapters: int

    def chapter(self, wanted: Sequence[str], number: int, /) -> Iterator[Rows]:
        """The rows of one of its chapters, with the metrics that are wanted."""
        ...

    def before(self, wanted: Sequence[str], number: int, seconds: int, /) -> Iterator[Rows]:
        """The rows just before a chapter: of so many seconds, back from the last slot there."""
        ...

    def place(self, row: int) -> str:
        """A row as a person finds it."""
        ...


class Stretch:
    """The chapters of a table from `start` up to `stop`.

    `known` are the paths of the areas met before, in the order they came.
    """

    def __init__(self, table: Table, chapters: range, known: Sequence[str] = ()) -> None:
        self._table = table
        self._chapters = chapters
        self._known = known

    def chapters(
        self, slot_length: timedelta, metrics: Collection[str], before: int = 0
    ) -> Iterator[Iterator[Block]]:
        """The blocks of each chapter.

        Where the stretch begins in the middle of a history, those of so many slots before come
        first, as a chapter of their own. The last slot there belongs to the stretch, as its rows
        may not be complete before.

        Raises `HistoryError` where it cannot be read any further.
        """
        wanted, is_shown = _wanted(self._table.columns, metrics)
        arranging = Arranging(slot_length, self._table.place, self._known)
        if self._chapters.start:
            seconds = int(before * slot_length.total_seconds())
            rows = self._table.before(wanted, self._chapters.start, seconds)
            yield _shown(arranging.complete(rows), is_shown)
        for number in self._chapters:
            is_last = number == self._table.chapters - 1
            arranged = arranging.blocks if is_last else arranging.complete
            yield _shown(arranged(self._table.chapter(wanted, number)), is_shown)


def _wanted(columns: Sequence[str], metrics: Collection[str]) -> tuple[list[str], bool]:
    """The columns to read; whether the fee in force has to stand for that of the next slot."""
    known = {name for name in columns if name in METRICS}
    is_shown = "next_fee" in metrics and "next_fee" not in known and _SHOWN in known
    return [n for n in sorted(known) if n in metrics or (is_shown and n == _SHOWN)], is_shown


def _shown(blocks: Iterator[Block], is_shown: bool) -> Iterator[Block]:  # noqa: FBT001
    """The fee in force is that of the next slot too, unless another was recorded."""
    for block in blocks:
        if is_shown:
            columns = {**block.columns, "next_fee": block.columns[_SHOWN]}
            yield replace(block, columns=columns)
        else:
            yield block
