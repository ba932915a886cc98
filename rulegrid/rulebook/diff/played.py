"""Whether two rulebooks can be played on one history, to take their fees from each other."""

from collections.abc import Iterator
from datetime import timedelta

from rulegrid.diagnostics import Diagnostic, Related
from rulegrid.rulebook.reading import Reading
from rulegrid.source import Span


def unlike(old: Reading, new: Reading) -> Iterator[Diagnostic]:
    """Why the fees of two rulebooks without errors have no difference; told of the new one."""
    lengths = [each.amounts.slot_length // timedelta(minutes=1) for each in (old, new)]
    if lengths[0] != lengths[1]:
        told = f"slots of {lengths[0]} min and of {lengths[1]} min: no slot is in both rulebooks"
        yield _finding(old, new, "slot_length", told)
    units = [each.rulebook.fee_unit for each in (old, new)]
    if units[0] != units[1]:
        told = f"fees in {units[0]} and fees in {units[1]} have no difference"
        yield _finding(old, new, "fee_unit", told)


def _finding(old: Reading, new: Reading, key: str, message: str) -> Diagnostic:
    first = Related("the old rulebook", _place(old, key), old.rulebook.document.source)
    hint = "leave `--data` out to see what has changed in the rulebooks"
    return Diagnostic("RG721", message, _place(new, key), hint=hint, related=(first,))


def _place(reading: Reading, key: str) -> Span:
    """Where a setting is written, else the beginning, where it could stand."""
    spans = reading.rulebook.document.spans
    return spans.get((key,)) or spans["rulegrid",]
