"""Definitions that nothing uses."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.rulebook.reading import Reading, own_names


def unused_variables(reading: Reading) -> Iterator[Diagnostic]:
    """RG402: a variable that no rule reads, not even through other variables."""
    rulebook = reading.rulebook
    read_by: dict[str, set[str]] = {}
    wanted: set[str] = set()
    for variable in (*rulebook.variables, *(v for area in rulebook.areas for v in area.variables)):
        if variable.value and variable.value.path in reading.parsed:
            names = own_names(reading.parsed[variable.value.path])
            read_by.setdefault(variable.name, set()).update(names)
    for area in rulebook.areas:
        for text in (text for rule in area.rules for text in (rule.when, rule.fee) if text):
            if text.path not in reading.parsed:
                return  # a formula that cannot be read may use anything
            wanted.update(own_names(reading.parsed[text.path]))
    queue = list(wanted)
    while queue:
        for name in read_by.get(queue.pop(), set()) - wanted:
            wanted.add(name)
            queue.append(name)
    for variable in rulebook.variables:
        if variable.name not in wanted and variable.value is not None:
            span = rulebook.document.key_spans[variable.path]
            message = f"nothing uses `{variable.name}`"
            yield Diagnostic("RG402", message, span, Severity.WARNING, "use it or take it out")
