"""Names of variables: well formed, and not taken by the language."""

import re
from collections.abc import Iterator
from keyword import kwlist

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.metrics import CLOCK, FUNCTIONS, METRICS, RESERVED
from rulegrid.rulebook.reading import Reading
from rulegrid.units import UNIT_NAMES

_WELL_FORMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def taken_names(reading: Reading) -> Iterator[Diagnostic]:
    """RG301: a variable with the name of something else, or with one that is ill formed."""
    rulebook = reading.rulebook
    for variable in rulebook.all_variables:
        message = what_is_wrong(variable.name)
        if message:
            span = rulebook.document.key_spans.get(variable.path)
            yield Diagnostic("RG301", message, span, hint="choose another name")


def what_is_wrong(name: str) -> str:
    """Why a variable cannot be named so, or an empty text."""
    if not _WELL_FORMED.fullmatch(name):
        return (
            f"`{shown(name)}` is no name: letters without accents, digits and `_`, no digit first"
        )
    for words, kind in (
        (METRICS, "a metric"),
        (CLOCK, "a clock name"),
        (FUNCTIONS, "a function"),
        (UNIT_NAMES, "a unit"),
        (RESERVED | set(kwlist), "a reserved word"),
    ):
        if name in words:
            return f"`{name}` is {kind} already"
    return ""
