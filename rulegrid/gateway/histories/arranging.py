"""Rows in long form become blocks: arrays of shape `(slots, areas)` over a tree of areas."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from rulegrid.engine.outcome import Block
from rulegrid.gateway.histories import faults
from rulegrid.gateway.histories.rows import Rows
from rulegrid.gateway.histories.trees import Areas
from rulegrid.grid import Column, MarketSlot
from rulegrid.metrics import METRICS

Place = Callable[[int], str]
"""A row's number as a person finds it."""
Indices = NDArray[np.int64]


class Arranging:
    """Puts rows together that belong to one slot, and slots that follow each other.

    `known` are the paths of the areas met before the rows that will come, in the order they came.
    """

    def __init__(self, slot_length: timedelta, place: Place, known: Sequence[str] = ()) -> None:
        self._length = int(slot_length.total_seconds())
        self._place = place
        self._areas = Areas(known)
        self._distances = _Distances(smallest=0 if known else inf)
        """Looked at from the beginning of a history, not in its midst."""
        self._waiting: Rows | None = None

    def blocks(self, batches: Iterator[Rows]) -> Iterator[Block]:
        """Blocks without a gap, of all rows that are still to come.

        Raises `HistoryError`.
        """
        yield from self.complete(batches)
        if self._waiting is not None:
            yield from self._arranged(self._waiting)
        self._check_length(_A_FEW)

    def complete(self, batches: Iterator[Rows]) -> Iterator[Block]:
        """The same, but for the last slot, whose rows wait for those that come later.

        A slot's rows are known to be all there once another begins. Raises `HistoryError`.
        """
        for batch in batches:
            rows = replace(batch, areas=self._areas.numbers(batch.paths, batch.areas))
            if self._waiting is not None:
                rows = self._waiting.joined(rows)
            self._check_order(rows.seconds, rows.first)
            last = int(np.searchsorted(rows.seconds, rows.seconds[-1:])[0]) if len(rows) else 0
            yield from self._arranged(rows.cut(0, last))
            self._waiting = rows.cut(last, len(rows.seconds))

    def _check_order(self, seconds: Indices, first: int) -> None:
        fallen = np.flatnonzero(seconds[1:] < seconds[:-1])
        if len(fallen):
            row = int(fallen[0]) + 1
            told = (faults.written(seconds[row]), faults.written(seconds[row - 1]))
            raise faults.out_of_order(self._place(first + row), *told)

    def _arranged(self, rows: Rows) -> Iterator[Block]:
        if not len(rows):
            return
        starts = rows.starts()
        slots = rows.seconds[starts]
        self._check_slots(slots, starts, rows.first)
        new = self._areas.new(rows.areas)
        turn_up = np.searchsorted(starts, new, side="right") - 1
        edges = np.append(starts, len(rows))
        for begin, end in pairwise(np.unique([0, *turn_up, len(starts)]).tolist()):
            self._areas.meet(rows.areas[new[turn_up == begin]])
            part = rows.cut(int(edges[begin]), int(edges[end]))
            yield from self._blocks_of(part, starts[begin:end] - edges[begin])

    def _blocks_of(self, rows: Rows, starts: Indices) -> Iterator[Block]:
        """Blocks of rows in which no area turns up but in the first slot."""
        slots = rows.seconds[starts]
        columns = self._columns(rows, starts)
        cuts = [0, *(np.flatnonzero(np.diff(slots) != self._length) + 1).tolist(), len(slots)]
        for start, stop in pairwise(cuts):
            first = MarketSlot(datetime.fromtimestamp(int(slots[start]), UTC))
            held = {name: column[start:stop] for name, column in columns.items()}
            yield Block(first, stop - start, self._areas.grid, held)

    def _check_slots(self, slots: Indices, starts: Indices, first: int) -> None:
        """Slots begin where the slot length says."""
        off = np.flatnonzero(slots % self._length)
        minutes = self._length / 60
        if len(off):
            row = self._place(first + int(starts[off[0]]))
            raise faults.off_the_grid(row, faults.written(slots[off[0]]), minutes)
        self._distances.add(slots)
        self._check_length(_ENOUGH)

    def _check_length(self, least: int) -> None:
        """Not all of the first slots are farther apart than the slot length; at least so many."""
        found = self._distances
        if found.seen >= least and found.smallest > self._length:
            raise faults.other_length("this history", found.smallest / 60, self._length / 60)

    def _columns(self, rows: Rows, starts: Indices) -> dict[str, Column]:
        """Each metric over slots and areas, NaN where there is no row."""
        width = int(starts[1]) if len(starts) > 1 else len(rows)
        places = self._areas.places[rows.areas[:width]]
        if self._is_regular(rows, starts, width, places):
            return {
                n: self._spread(c.reshape(-1, width), places, n) for n, c in rows.metrics.items()
            }
        return self._scattered(rows, starts)

    def _is_regular(self, rows: Rows, starts: Indices, width: int, places: Indices) -> bool:
        """Whether every slot has the same areas in the same order."""
        if len(starts) * width != len(rows) or np.bincount(places).max() > 1:
            return False
        areas = rows.areas.reshape(-1, width)
        return bool((np.diff(starts) == width).all() and (areas == areas[0]).all())

    def _spread(self, column: Column, places: Indices, name: str) -> Column:
        if METRICS[name].grid_wide:
            return np.fmax.reduce(column, axis=1, keepdims=True)
        size = len(self._areas.grid)
        if np.array_equal(places, np.arange(size)):
            return column
        full = np.full((len(column), size), np.nan)
        full[:, places] = column
        return full

    def _scattered(self, rows: Rows, starts: Indices) -> dict[str, Column]:
        size = len(self._areas.grid)
        places = self._areas.places[rows.areas]
        slot = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
        self._check_once(rows, slot * size + places)
        columns = {}
        for name, numbers in rows.metrics.items():
            full = np.full((len(starts), size), np.nan)
            full[slot, places] = numbers
            wide = METRICS[name].grid_wide
            columns[name] = np.fmax.reduce(full, axis=1, keepdims=True) if wide else full
        return columns

    def _check_once(self, rows: Rows, cells: Indices) -> None:
        order = np.argsort(cells, kind="stable")
        again = order[1:][np.diff(cells[order]) == 0]
        if len(again):
            row = int(again.min())
            area = self._areas.paths[int(rows.areas[row])]
            raise faults.doubled(
                self._place(rows.first + row), faults.written(rows.seconds[row]), area
            )


_ENOUGH, _A_FEW = 2000, 2
"""Distances that show how long slots are, in the midst of a history and at its end.

Fewer may be gaps: a meter that was tried out now and then before it ran for good.
"""


@dataclass(slots=True)
class _Distances:
    """How far apart the first slots of a history are."""

    seen: int = 0
    smallest: float = inf
    _before: int | None = None

    def add(self, slots: Indices) -> None:
        """Look at the slots that come next."""
        start = slots[:0] if self._before is None else [self._before]
        distances = np.diff(np.concatenate((start, slots)))[: _ENOUGH - self.seen]
        if len(distances):
            self.smallest = min(self.smallest, float(distances.min()))
        self.seen += len(distances)
        self._before = int(slots[-1])
