"""A backtest over the workers of a cluster, piece by piece; equal to that of one machine.

In a first round, each piece is decided by a worker that has found out on its own what was known
before. Then the seams are compared. A piece that began with something else is decided again with
what the piece before has left, until all seams fit. Results are put together in their order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from distributed import Client, Future

from rulegrid.engine.block import reads_own_fees
from rulegrid.gateway.histories import HistoryError
from rulegrid.gateway.histories.parquet import Parquet
from rulegrid.gateway.stamps import stamp
from rulegrid.program import Program
from rulegrid.rehearsal.backtest.results import Result, result_of
from rulegrid.rehearsal.backtest.running import Backtest, Seconds, slot_length_of
from rulegrid.rehearsal.cluster.pieces import (
    Fault,
    Piece,
    areas_joined,
    areas_of,
    decide_piece,
)
from rulegrid.rehearsal.cluster.reaching import ClusterError
from rulegrid.rehearsal.cluster.seams import Told, added, carried, mark, told
from rulegrid.rehearsal.cluster.waiting import arrived, loss_told
from rulegrid.rehearsal.rehearse import RehearsalError

PIECES_A_THREAD = 4
"""Pieces that each thread gets, so that all are done at about the same time."""
ROUNDS = 3
"""After so many rounds only the first piece that does not fit is decided again."""


def spread(
    programs: Sequence[Program],
    table: Parquet,
    client: Client,
    read: Callable[[int], None] = lambda _rows: None,
) -> Backtest:
    """What `backtest` gives, worked out by a cluster; the seconds are those of all workers.

    `read` is given how many rows of a slot and an area one of the rulebooks has decided.

    Raises what `backtest` raises, and `ClusterError`.
    """
    slot_length_of(programs)
    with loss_told():
        return _spread(programs, table, client, read)


def _spread(
    programs: Sequence[Program], table: Parquet, client: Client, read: Callable[[int], None]
) -> Backtest:
    threads = sum(client.nthreads().values())
    ways = [_Way(client, _pieces(program, table, threads)) for program in programs]
    expected: dict[Future, tuple[_Way, int]] = {}
    for way in ways:
        expected |= way.begin()
    while expected:
        for future in arrived(client, expected):
            way, number = expected[future]
            read(way.take(number, future.result()))
        expected = {}
        for way in ways:
            expected |= way.again()
    return _put_together(ways)


def _pieces(program: Program, table: Parquet, threads: int) -> list[Piece]:
    """The pieces of a history; one where each fee depends on the one before."""
    chapters = table.chapters
    number = 1 if reads_own_fees(program) else min(chapters, PIECES_A_THREAD * threads)
    cuts = [chapters * each // max(number, 1) for each in range(number + 1)]
    return [
        Piece(program, table.path, table.chapter_rows, start, stop, stamp())
        for start, stop in pairwise(cuts)
    ]


@dataclass(slots=True)
class _Way:
    """One rulebook on its way over the pieces."""

    client: Client
    pieces: Sequence[Piece]
    round: int = 0
    known: list[Future] = field(default_factory=list)
    """The areas before each piece."""
    decided: list[Future] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def begin(self) -> dict[Future, tuple["_Way", int]]:
        """All pieces, each on its own."""
        self.round = 1
        known = self._do(tuple)
        for piece in self.pieces:
            self.known.append(known)
            self.decided.append(self._do(decide_piece, piece, known))
            known = self._do(areas_joined, known, self._do(areas_of, piece))
        self.told = [_NOTHING] * len(self.pieces)
        return self._asked(range(len(self.pieces)))

    def take(self, number: int, told: Told | Fault) -> int:
        """What is told of a piece; how many rows of it are new."""
        if isinstance(told, Fault):
            raise _error(told)
        self.told[number] = told
        return told.rows if self.round == 1 else 0

    def again(self) -> dict[Future, tuple["_Way", int]]:
        """The pieces that began with something else than the one before has left."""
        if len(self.pieces) < 2:  # noqa: PLR2004 - there is no seam
            return {}
        memories = [self._do(_nothing)]
        for decided in self.decided[:-1]:
            memories.append(self._do(carried, decided, memories[-1]))
        program = self.pieces[0].program
        marks = [self._do(mark, memory, program) for memory in memories]
        for _ in arrived(self.client, marks):
            pass
        wrong = [n for n, each in enumerate(marks) if each.result() != self.told[n].start]
        if self.round >= ROUNDS:
            wrong = wrong[:1]
        self.round += 1
        for n in wrong:
            self.decided[n] = self._do(decide_piece, self.pieces[n], self.known[n], memories[n])
        return self._asked(wrong)

    def result(self) -> Result | None:
        """The sums of all pieces."""
        total = self._do(_nothing)
        for decided in self.decided:
            total = self._do(added, total, decided)
        for _ in arrived(self.client, [total]):
            pass
        tally = total.result()
        return None if tally is None else result_of(self.pieces[0].program, tally)

    def _asked(self, numbers: Iterable[int]) -> dict[Future, tuple["_Way", int]]:
        program = self.pieces[0].program if self.pieces else None
        return {self._do(told, self.decided[n], program): (self, n) for n in numbers}

    def _do(self, what: Callable[..., Any], *arguments: Any) -> Future:
        return self.client.submit(what, *arguments, pure=False)


_NOTHING = Told("", None, (), 0, Seconds())


def _nothing() -> None:
    return None


def _error(fault: Fault) -> Exception:
    if fault.lies_in == "history":
        return HistoryError(fault.findings[0])
    if fault.lies_in == "rulebook":
        return RehearsalError(fault.message, fault.findings)
    return ClusterError(fault.message)


def _put_together(ways: Sequence[_Way]) -> Backtest:
    results = [way.result() for way in ways]
    spans = [each.span for each in ways[0].told if each.span is not None]
    if not spans:
        raise RehearsalError("the history holds no slot")
    span = replace(spans[0], last=spans[-1].last, slots=sum(each.slots for each in spans))
    findings = tuple(
        next((each.findings for each in reversed(way.told) if each.span is not None), ())
        for way in ways
    )
    parts = [each.seconds for way in ways for each in way.told]
    seconds = Seconds(sum(s.reading for s in parts), sum(s.evaluating for s in parts))
    return Backtest(span, tuple(each for each in results if each is not None), findings, seconds)
