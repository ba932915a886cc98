"""Holidays of a rulebook that does not say which days they are."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.rulebook.entries import CalendarEntry
from rulegrid.rulebook.reading import Reading

_HOLIDAYS = "holidays"
_HINT = "add `holidays: {country: AT}` with your own country, or a list of dates"


def windows_on_unknown_holidays(reading: Reading) -> Iterator[Diagnostic]:
    """RG311: a window on holidays in a rulebook that says nothing of them."""
    rulebook = reading.rulebook
    if _HOLIDAYS in rulebook.document.data:
        return
    for entry in rulebook.variables:
        windows = entry.body.windows if isinstance(entry.body, CalendarEntry) else ()
        for text in (text for window in windows for text in window.days):
            if text.text == _HOLIDAYS:
                message = "the rulebook does not say which days are holidays"
                yield Diagnostic("RG311", message, rulebook.document.spans[text.path], hint=_HINT)


def holidays_that_never_come(reading: Reading) -> Iterator[Diagnostic]:
    """RG414: `is_holiday` in a rulebook without any holidays; told once.

    Nothing is said where a window on holidays says it, or where there is a mistake in them.
    """
    document = reading.rulebook.document
    if document.data.get(_HOLIDAYS) or next(windows_on_unknown_holidays(reading), None):
        return
    spans = [
        document.place(path, name.start, name.end)
        for path, parsed in reading.parsed.items()
        for name in parsed.names_read
        if (name.reference.scope, name.reference.name) == ("own", "is_holiday")
    ]
    if spans:
        message = "`is_holiday` is never true, because the rulebook names no holidays"
        yield Diagnostic("RG414", message, min(spans), Severity.WARNING, _HINT)
