"""Definitions that nothing uses."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.rulebook.checks.names import taken_by
from rulegrid.rulebook.reading import Reading, own_names


def unused_names(reading: Reading) -> Iterator[Diagnostic]:
    """RG402: a variable that no rule reads, not even through other variables, or an unused group.

    Nothing is said while a formula cannot be read or holds an unknown name: it may be this one.
    """
    wanted = _wanted(reading)
    if wanted is None or any(fault.problem.code == "RG101" for fault in reading.faults):
        return
    rulebook = reading.rulebook
    for variable in rulebook.all_variables:
        name = variable.name
        if variable.body and _is_sound(name) and name not in wanted:
            span = rulebook.document.key_spans[variable.path]
            message = f"nothing uses `{name}`"
            yield Diagnostic("RG402", message, span, Severity.WARNING, "use it or take it out")
    yield from _unused_groups(reading)


def _is_sound(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not taken_by(name)


def _unused_groups(reading: Reading) -> Iterator[Diagnostic]:
    """The groups that no formula goes over."""
    every = (name.reference for each in reading.parsed.values() for name in each.names_read)
    used = {read.area for read in every if read.scope == "members"}
    for group in reading.rulebook.groups:
        if group.selectors and _is_sound(group.name) and group.name not in used:
            span = reading.rulebook.document.key_spans[group.path]
            message = f"nothing uses the group `{group.name}`"
            hint = f"go over it, as in `total({group.name}.import)`, or take it out"
            yield Diagnostic("RG402", message, span, Severity.WARNING, hint)


def _wanted(reading: Reading) -> set[str] | None:
    """What rules read, directly or through variables; None where a rule cannot be read."""
    rules = (rule for area in reading.rulebook.areas for rule in area.rules)
    texts = [text for rule in rules for text in (rule.when, rule.fee) if text]
    if any(text.path not in reading.parsed for text in texts):
        return None
    wanted = {name for text in texts for name in own_names(reading.parsed[text.path])}
    read_by = _read_by_variables(reading)
    queue = list(wanted)
    while queue:
        for name in read_by.get(queue.pop(), set()) - wanted:
            wanted.add(name)
            queue.append(name)
    return wanted


def _read_by_variables(reading: Reading) -> dict[str, set[str]]:
    """The names that each variable reads, in all its versions."""
    rulebook = reading.rulebook
    read_by: dict[str, set[str]] = {}
    for variable in rulebook.all_variables:
        texts = (text for text in variable.texts() if text.path in reading.parsed)
        for text in texts:
            names = own_names(reading.parsed[text.path])
            read_by.setdefault(variable.name, set()).update(names)
    return read_by
