"""Rules are read from the top, so they have to end with a line that always gives a fee."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.rulebook.reading import Reading


def rules_without_an_end(reading: Reading) -> Iterator[Diagnostic]:
    """RG303: no `otherwise:` at the end of `rules:`, or one that is not the last line."""
    document = reading.rulebook.document
    for area in reading.areas:
        lines = [rule.entry for rule in area.rules]
        if not area.entry.has_rules or not lines:
            continue
        early = [line for line in lines[:-1] if line.is_otherwise]
        for line in early:
            yield Diagnostic(
                "RG303",
                "nothing below `otherwise:` is ever reached",
                document.key_spans[(*line.path, "otherwise")],
                hint="make `otherwise:` the last line",
            )
        if not early and not lines[-1].is_otherwise:
            yield Diagnostic(
                "RG303",
                "these rules may end without a fee",
                document.spans[lines[-1].path],
                hint="end them with `- otherwise: ...`",
            )
