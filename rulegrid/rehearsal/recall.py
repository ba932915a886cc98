"""What a journal remembers: a run goes on where the last one ended, and a fee is worked out again.

Both fold the recorded slots by the same `step` that decided them, and no more slots than the
rulebook looks back on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from math import gcd
from pathlib import Path

import numpy as np

from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import Cycle, remember, step
from rulegrid.engine.history import Memory, Standing
from rulegrid.engine.reach import reach
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.succession import ENOUGH_ALIKE
from rulegrid.gateway.journal import Decided, JournalError, Record, records_backwards
from rulegrid.gateway.rulebooks import compile_bytes
from rulegrid.grid import MarketSlot, later, write_slot
from rulegrid.program import Program

ENOUGH_EVENTS = ENOUGH_ALIKE + 1
"""So many market events show whether they come slot by slot."""


class NotDecidedError(JournalError):
    """A slot for which the journal has no fees; the message says which slots it tells of."""


@dataclass(frozen=True, eq=False, slots=True)
class Restored:
    """What a run has to know to go on as if it had never ended: fields of its `Session`."""

    aggregator: str
    """The uuid under which the last run controlled areas."""
    run: str
    newest: MarketSlot | None = None
    """The newest slot that the journal tells of. Neither it nor an older one is sent again."""
    memory: Memory | None = None
    ours: Ours | None = None
    strides: tuple[int, ...] = ()

    @property
    def goes_on(self) -> bool:
        """Whether slots of the journal are remembered: for the `Opening` of the next run."""
        return self.memory is not None


def restored(
    path: str, program: Program, *, exchange: str = "", dry_run: bool = False
) -> Restored | None:
    """What the journal at `path` knows for a run of this program that goes on with it.

    None where there is no journal, or one of another exchange. A run that sends remembers nothing
    of a dry run, nor the other way round. With another rulebook than the last run had, its windows
    go over what the journal has of the metrics they read.

    Raises `JournalError` where a record that is needed cannot be read.
    """
    try:
        with records_backwards(Path(path)) as records:
            return _restored(records, program, exchange, dry_run=dry_run)
    except FileNotFoundError:
        return None


def recall(path: str, applies_to: MarketSlot) -> Cycle:
    """The cycle whose fees applied to a slot; where there are several, the last.

    Raises `FileNotFoundError`, `NotDecidedError`, and `JournalError` where a record that is needed
    cannot be read, or where this version of rulegrid decides otherwise.
    """
    with records_backwards(Path(path)) as records:
        wanted = _found(records, write_slot(applies_to))
        program = _program(wanted)
        slots = _tail(chain([wanted], records), program).slots
    newest, *older = slots
    binding = bind(program, newest.snapshot.grid).binding
    if binding is None:
        raise JournalError("the rulebook does not fit the grid that the journal holds")
    memory = _remembered(program, older) or Memory.fresh(binding.grid)
    cycle, _ = step(binding, memory, newest.snapshot)
    kept = ~np.isnan(newest.fees)
    if not np.array_equal(cycle.fee[kept], newest.fees[kept]):
        told = f"the fees for {write_slot(applies_to)} are not what this rulegrid works out"
        raise JournalError(f"{path}: {told}: another version has decided them")
    return cycle


def _restored(
    records: Iterator[Record], program: Program, exchange: str, *, dry_run: bool
) -> Restored | None:
    newest = next((r for r in records if r.head.places or r.head.kind == "run"), None)
    if newest is None or newest.run.exchange != exchange:
        return None
    found = Restored(newest.run.aggregator, newest.run.run)
    if newest.run.dry_run != dry_run:
        return found
    tail = _tail(chain([newest], records), program)
    memory = _remembered(program, tail.slots)
    return replace(
        found,
        newest=tail.newest,
        memory=memory and _with_standing(memory, tail.ours, program),
        ours=tail.ours,
        strides=_strides(tail.events, program),
    )


def _strides(newest_first: Sequence[MarketSlot], program: Program) -> tuple[int, ...]:
    """The distances between market events, as a session has them that saw them come."""
    found = [(later - slot) // program.slot_length for later, slot in pairwise(newest_first)]
    is_enough = len(found) >= ENOUGH_ALIKE and len(set(found)) == 1  # it has been 1 before them
    return (1,) if gcd(*found) == 1 or is_enough else tuple(reversed(found[:ENOUGH_ALIKE]))


def _with_standing(memory: Memory, ours: Ours | None, program: Program) -> Memory:
    """The memory with the fees that stand, also where they were decided long ago."""
    if ours is None or ours.applies_to is None:
        return memory
    standing = [Standing(ours.applies_to, ours.on(memory.grid).newest)]
    for fees in ours.on(memory.grid).earlier[-1:]:
        standing.insert(0, Standing(later(ours.applies_to, program.slot_length, -1), fees))
    return replace(memory, standing=tuple(standing))


def _found(records: Iterable[Record], applies_to: str) -> Record:
    """The newest record that tells what was decided for a slot."""
    told: set[str] = set()
    for record in records:
        if record.is_of_slot:
            told.add(record.head.applies_to)
            if record.head.applies_to == applies_to and record.told().decided is not None:
                return record
    if not told:
        raise NotDecidedError("no fee was decided there at all")
    raise NotDecidedError(
        f"no fee was decided for {applies_to}: there are slots from {min(told)} to {max(told)} "
        "(UTC)"
    )


def _program(record: Record) -> Program:
    """The rulebook that was in force in a slot."""
    source, files = record.rulebook
    program = compile_bytes(source.name, source.text.encode(), files).program
    if program is None:
        raise JournalError("this rulegrid cannot read the rulebook that the journal holds")
    return program


@dataclass(slots=True)
class _Tail:
    """The newest slots that a run remembers."""

    newest: MarketSlot | None = None
    ours: Ours | None = None
    slots: list[Decided] = field(default_factory=list)
    """Those in which something was decided, the newest first."""
    events: list[MarketSlot] = field(default_factory=list)
    """Those whose market event came, the newest first."""

    def add(self, record: Record) -> None:
        """Take in a record older than those before."""
        if self.slots and record.slot >= self.slots[-1].snapshot.slot:
            return
        told = record.told(self.slots[-1].snapshot.grid if self.slots else None)
        self.newest = self.newest or record.slot
        self.ours = self.ours or told.ours
        if told.decided is not None:
            self.slots.append(told.decided)
        if (told.decided or told.ours) and record.slot not in self.events[-1:]:
            self.events.append(record.slot)


def _tail(records: Iterable[Record], program: Program) -> _Tail:
    """The slots that the first of these records remembers, as far back as a rulebook looks."""
    span = reach(program) * program.slot_length
    tail = _Tail()
    for record in _of_one_memory(records):
        is_old = tail.newest is not None and record.slot <= tail.newest - span
        if is_old and len(tail.events) >= ENOUGH_EVENTS:
            break
        tail.add(record)
    return tail


def _of_one_memory(records: Iterable[Record]) -> Iterator[Record]:
    """The records of slots back to the run that remembered nothing before it."""
    for record in records:
        if record.is_of_slot:
            yield record
        elif record.head.kind == "run" and not record.run.goes_on:
            return


def _remembered(program: Program, newest_first: Sequence[Decided]) -> Memory | None:
    """What is remembered after these slots; the fees are those that were decided then.

    A slot whose grid the program does not fit is left out, as if it were missing.
    """
    binding: Binding | None = None
    memory: Memory | None = None
    for slot in reversed(newest_first):
        grid = slot.snapshot.grid
        if binding is None or binding.grid is not grid:
            found = bind(program, grid).binding
            binding = None if found is None else found.remembering
        if binding is not None:
            memory = Memory.fresh(grid) if memory is None else memory.on(grid)
            cycle, _ = step(binding, memory, slot.snapshot)
            memory = remember(memory, replace(cycle, fee=slot.fees))
    return memory
