"""Names of variables that are taken by the language."""

from collections.abc import Iterator
from keyword import kwlist

from rulegrid.diagnostics import Diagnostic, Related
from rulegrid.metrics import CLOCK, FUNCTIONS, METRICS, RESERVED
from rulegrid.rulebook.entries import VariableEntry
from rulegrid.rulebook.reading import Reading
from rulegrid.units import UNIT_NAMES


def taken_names(reading: Reading) -> Iterator[Diagnostic]:
    """RG301: a variable with the name of something else."""
    rulebook = reading.rulebook
    for variable in rulebook.all_variables:
        kind = taken_by(variable.name)
        if kind:
            span = rulebook.document.key_spans[variable.path]
            message = f"`{variable.name}` is {kind} already"
            yield Diagnostic("RG301", message, span, hint="choose another name")


def names_given_twice(reading: Reading) -> Iterator[Diagnostic]:
    """RG301: a variable, calendar or band with the name of another one."""
    places = reading.rulebook.document.key_spans
    first: dict[str, VariableEntry] = {}
    for entry in reading.rulebook.variables:
        other = first.setdefault(entry.name, entry)
        if other is not entry:
            yield Diagnostic(
                "RG301",
                f"`{entry.name}` is {_SECTIONS[str(other.path[0])]} already",
                places[entry.path],
                hint="choose another name",
                related=(Related("the other definition", places[other.path]),),
            )


_SECTIONS = {"variables": "a variable", "calendars": "a calendar", "bands": "a band"}


def taken_by(name: str) -> str:
    """What of the language has that name, or an empty text."""
    for words, kind in (
        (METRICS, "a metric"),
        (CLOCK, "a clock name"),
        (FUNCTIONS, "a function"),
        (UNIT_NAMES, "a unit"),
        (RESERVED | set(kwlist), "a reserved word"),
    ):
        if name in words:
            return kind
    return ""
