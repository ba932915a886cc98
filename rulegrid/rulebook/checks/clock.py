"""Clock names mean nothing until it is said whose clock."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.metrics import CLOCK
from rulegrid.rulebook.entries import CalendarEntry, SheetEntry
from rulegrid.rulebook.model import Rulebook
from rulegrid.rulebook.reading import Reading
from rulegrid.source import Span


def clock_without_a_timezone(reading: Reading) -> Iterator[Diagnostic]:
    """RG306: something depends on the clock and there is no `timezone`; told once."""
    rulebook = reading.rulebook
    if rulebook.timezone is not None:
        return
    found = [*_choices_by_the_clock(rulebook)]
    found += [
        (rulebook.document.place(path, name.start, name.end), f"`{name.reference.name}`")
        for path, parsed in reading.parsed.items()
        for name in parsed.names_read
        if name.reference.scope == "own" and name.reference.name in CLOCK
    ]
    if found:
        span, name = min(found)
        message = f"{name} needs a time zone, and the rulebook names none"
        yield Diagnostic("RG306", message, span, hint="add `timezone: Europe/Vienna` or your own")


def _choices_by_the_clock(rulebook: Rulebook) -> Iterator[tuple[Span, str]]:
    """Where values depend on the day or hour without a clock name."""
    places = rulebook.document.key_spans
    for entry in rulebook.all_variables:
        if isinstance(entry.body, CalendarEntry | SheetEntry):
            yield places[entry.path], f"the calendar `{shown(entry.name)}`"
        for dated in entry.dated():
            yield places[dated.path], "`from`"
