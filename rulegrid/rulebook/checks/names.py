"""Names of variables and groups that are taken."""

from collections.abc import Iterator
from keyword import kwlist

from rulegrid.diagnostics import Diagnostic, Related
from rulegrid.metrics import AGGREGATES, CLOCK, FUNCTIONS, METRICS, RESERVED
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.reading import Reading
from rulegrid.units import UNIT_NAMES


def taken_names(reading: Reading) -> Iterator[Diagnostic]:
    """RG301: a variable or a group with the name of something else."""
    rulebook = reading.rulebook
    paths = [each.path for each in rulebook.all_variables]
    for path in (*paths, *(each.path for each in rulebook.groups)):
        kind = taken_by(str(path[-1]))
        if kind:
            span = rulebook.document.key_spans[path]
            message = f"`{path[-1]}` is {kind} already"
            yield Diagnostic("RG301", message, span, hint="choose another name")


def names_given_twice(reading: Reading) -> Iterator[Diagnostic]:
    """RG301: a variable, calendar, band or group with the name of another one."""
    rulebook = reading.rulebook
    first: dict[str, Path] = {}
    for entry in rulebook.variables:
        yield from _again(reading, entry.path, first.setdefault(entry.name, entry.path))
    for own in rulebook.all_variables:
        first.setdefault(own.name, own.path)
    for group in rulebook.groups:
        yield from _again(reading, group.path, first.setdefault(group.name, group.path))


def _again(reading: Reading, path: Path, first: Path) -> Iterator[Diagnostic]:
    """The finding of a name that is defined a second time."""
    places = reading.rulebook.document.key_spans
    if path != first:
        yield Diagnostic(
            "RG301",
            f"`{path[-1]}` is {_SECTIONS.get(first[0], 'a variable')} already",
            places[path],
            hint="choose another name",
            related=(Related("the other definition", places[first]),),
        )


_SECTIONS: dict[str | int, str] = {"calendars": "a calendar", "bands": "a band"}


def taken_by(name: str) -> str:
    """What of the language has that name, or an empty text."""
    for words, kind in (
        (METRICS, "a metric"),
        (CLOCK, "a clock name"),
        (FUNCTIONS, "a function"),
        (AGGREGATES, "a function"),
        (UNIT_NAMES, "a unit"),
        (RESERVED | set(kwlist), "a reserved word"),
    ):
        if name in words:
            return kind
    return ""
