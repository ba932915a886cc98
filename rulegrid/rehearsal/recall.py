"""A run worked out again from its journal alone."""

from collections.abc import Iterator

from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory
from rulegrid.gateway.journal import JournalError, JournalledSlot, read_journal
from rulegrid.gateway.rulebooks import compile_bytes


def recall(path: str) -> Iterator[Cycle]:
    """Every cycle of a journal, decided again by the same fold from what was read.

    Raises `FileNotFoundError`, and `JournalError` where the journal cannot be read.
    """
    binding: Binding | None = None
    memory: Memory | None = None
    for slot in read_journal(path):
        if binding is None or memory is None or _is_new(binding, slot):
            binding = _bound(slot)
            memory = memory or Memory.fresh(binding.grid)
        if slot.starts_run:
            memory = Memory.fresh(binding.grid)
        cycle, memory = step(binding, memory, slot.snapshot)
        yield cycle


def _is_new(binding: Binding, slot: JournalledSlot) -> bool:
    return binding.program.digest != slot.digest or binding.grid is not slot.snapshot.grid


def _bound(slot: JournalledSlot) -> Binding:
    compiled = compile_bytes(slot.rulebook.name, slot.rulebook.text.encode())
    if compiled.program is None:
        raise JournalError("this rulegrid cannot read the rulebook that the journal holds")
    binding = bind(compiled.program, slot.snapshot.grid).binding
    if binding is None:
        raise JournalError("the rulebook does not fit the grid that the journal holds")
    return binding
