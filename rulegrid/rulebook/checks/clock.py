"""Clock names mean nothing until it is said whose clock."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.metrics import CLOCK
from rulegrid.rulebook.reading import Reading


def clock_without_a_timezone(reading: Reading) -> Iterator[Diagnostic]:
    """RG306: a formula reads the clock and there is no `timezone`; told once."""
    rulebook = reading.rulebook
    if rulebook.timezone is not None:
        return
    found = [
        (rulebook.document.place(path, name.start, name.end), name.reference.name)
        for path, parsed in reading.parsed.items()
        for name in parsed.names_read()
        if name.reference.scope == "own" and name.reference.name in CLOCK
    ]
    if found:
        span, name = min(found)
        message = f"`{name}` needs a time zone, and the rulebook names none"
        yield Diagnostic("RG306", message, span, hint="add `timezone: Europe/Vienna` or your own")
