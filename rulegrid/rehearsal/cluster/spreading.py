"""A backtest over the workers of a cluster, piece by piece; equal to that of one machine.

In a first round, each piece is read once and decided by all rulebooks, by a worker that has found
out on its own what was known before. Then the seams are compared, rulebook by rulebook. A piece
that began with something else is decided again with what the one before has left, until all seams
fit. Results are put together in their order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from distributed import Client, Future

from rulegrid.engine.block import reads_own_fees
from rulegrid.gateway.histories import HistoryError, faults
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
    decided_by,
)
from rulegrid.rehearsal.cluster.reaching import ClusterError
from rulegrid.rehearsal.cluster.seams import Told, added, carried, mark, told
from rulegrid.rehearsal.cluster.waiting import arrived, loss_told
from rulegrid.rehearsal.rehearse import RehearsalError

PIECES_A_THREAD = 4
"""Pieces that each thread gets, so that all are done at about the same time."""
CHAPTERS_A_PIECE = 4
"""A thread gets a single piece rather than several shorter ones: with a hundred thousand areas a
chapter is some forty slots long, and about as many before each piece are decided as well."""
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
    ways = [_Way(client, program) for program in programs]
    expected: dict[Future, tuple[_Way, int]] = {}
    for together in _groups(ways):
        expected |= _begun(client, together, _pieces(together[0].program, table, threads))
    while expected:
        for future in arrived(client, expected):
            way, number = expected[future]
            read(way.take(number, future.result()))
        expected = {}
        for way in ways:
            expected |= way.again()
    return _put_together(ways)


def _groups(ways: Sequence["_Way"]) -> Iterator[Sequence["_Way"]]:
    """Rulebooks that share a reading; those that are decided in one piece share none."""
    alone = [way for way in ways if reads_own_fees(way.program)]
    yield from ([way] for way in alone)
    if len(alone) < len(ways):
        yield [way for way in ways if way not in alone]


def _pieces(program: Program, table: Parquet, threads: int) -> list[Piece]:
    """The pieces of a history; one where each fee depends on the one before."""
    chapters = table.chapters
    number = 1 if reads_own_fees(program) else _number(chapters, threads)
    cuts = [chapters * each // max(number, 1) for each in range(number + 1)]
    return [
        Piece(table.path, table.chapter_rows, start, stop, stamp())
        for start, stop in pairwise(cuts)
    ]


def _number(chapters: int, threads: int) -> int:
    """Of how many pieces: the more, the better shared out, and the more is decided twice."""
    each = chapters // (threads * CHAPTERS_A_PIECE)
    return min(chapters, threads * max(1, min(each, PIECES_A_THREAD)))


def _begun(
    client: Client, ways: Sequence["_Way"], pieces: Sequence[Piece]
) -> dict[Future, tuple["_Way", int]]:
    """All pieces, each read once and decided on its own by some rulebooks."""
    programs = [way.program for way in ways]
    known = client.submit(tuple, pure=False)
    for piece in pieces:
        together = client.submit(decide_piece, piece, programs, known, pure=False)
        for number, way in enumerate(ways):
            way.pieces.append(piece)
            way.known.append(known)
            way.decided.append(client.submit(decided_by, number, together, pure=False))
        if piece is not pieces[-1]:
            areas = client.submit(areas_of, piece, pure=False)
            known = client.submit(areas_joined, known, areas, pure=False)
    return {future: asked for way in ways for future, asked in way.begin().items()}


@dataclass(eq=False, slots=True)
class _Way:
    """One rulebook on its way over the pieces."""

    client: Client
    program: Program
    pieces: list[Piece] = field(default_factory=list)
    round: int = 0
    known: list[Future] = field(default_factory=list)
    """The areas before each piece."""
    decided: list[Future] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def begin(self) -> dict[Future, tuple["_Way", int]]:
        """Ask for all pieces."""
        self.round = 1
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
        marks = [self._do(mark, memory, self.program) for memory in memories]
        for _ in arrived(self.client, marks):
            pass
        wrong = [n for n, each in enumerate(marks) if each.result() != self.told[n].start]
        if self.round >= ROUNDS:
            wrong = wrong[:1]
        self.round += 1
        for n in wrong:
            again = self._do(
                decide_piece, self.pieces[n], [self.program], self.known[n], memories[n]
            )
            self.decided[n] = self._do(decided_by, 0, again)
        return self._asked(wrong)

    def result(self) -> Result | None:
        """The sums of all pieces."""
        total = self._do(_nothing)
        for decided in self.decided:
            total = self._do(added, total, decided)
        for _ in arrived(self.client, [total]):
            pass
        tally = total.result()
        return None if tally is None else result_of(self.program, tally)

    def _asked(self, numbers: Iterable[int]) -> dict[Future, tuple["_Way", int]]:
        return {self._do(told, self.decided[n], self.program): (self, n) for n in numbers}

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
        raise faults.empty()
    span = replace(spans[0], last=spans[-1].last, slots=sum(each.slots for each in spans))
    findings = tuple(
        next((each.findings for each in reversed(way.told) if each.span is not None), ())
        for way in ways
    )
    parts = [each.seconds for way in ways for each in way.told]
    seconds = Seconds(sum(s.reading for s in parts), sum(s.evaluating for s in parts))
    return Backtest(span, tuple(each for each in results if each is not None), findings, seconds)
