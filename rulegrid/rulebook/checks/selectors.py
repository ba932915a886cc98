"""Selectors that can be told apart by nothing."""

import re
from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.rulebook.model import AreaEntry
from rulegrid.rulebook.reading import Reading

_STARS = re.compile(r"\*+")


def equal_selectors(reading: Reading) -> Iterator[Diagnostic]:
    """RG305: two wildcards that match the same areas in any grid, as `House *` and `House **`."""
    rulebook = reading.rulebook
    places = rulebook.document.key_spans
    known: dict[str, AreaEntry] = {}
    for area in rulebook.areas:
        first = known.setdefault(_STARS.sub("*", area.selector), area)
        if first is not area:
            yield Diagnostic(
                "RG305",
                f"`{shown(area.selector)}` matches the same areas as `{shown(first.selector)}`",
                places[area.path],
                hint="keep one of them",
                related=(Related("the other selector", places[first.path]),),
            )
