"""Rulebooks made from the files of the exchange's own SDK."""

from collections.abc import Callable
from dataclasses import dataclass

from rulegrid.diagnostics import Diagnostic
from rulegrid.rulebook.cells import rows
from rulegrid.rulebook.imports.steps import from_steps
from rulegrid.rulebook.imports.table import from_table
from rulegrid.rulebook.imports.writing import Draft
from rulegrid.rulebook.times import like_a_time
from rulegrid.source import Source, Span

__all__ = ["Draft", "Imported", "import_source"]

_From = Callable[[Source], tuple[Draft | None, tuple[Diagnostic, ...]]]


@dataclass(frozen=True, slots=True)
class Imported:
    """A rulebook, or why there is none."""

    draft: Draft | None
    findings: tuple[Diagnostic, ...]


def import_source(source: Source) -> Imported:
    """The rulebook that says what a file of the exchange's SDK says.

    The file is an `aziiz.json`, thresholds and fees by market, or a `ToU.csv`, fees by market and
    time of day. Which one it is shows in its text.
    """
    read = _reader(source)
    if read is None:
        message = "neither thresholds by market (JSON) nor fees by time of day (CSV)"
        hint = "`rulegrid import` reads an `aziiz.json` or a `ToU.csv` of the exchange's SDK"
        finding = Diagnostic("RG606", message, Span(0, len(source.line(1))), hint=hint)
        return Imported(None, (finding,))
    return Imported(*read(source))


def _reader(source: Source) -> _From | None:
    if source.text.lstrip().startswith("{"):
        return from_steps
    found = rows(source)
    if any(like_a_time(row.cells[0]) for row in found[:2]) and len(found[0].cells) > 1:
        return from_table
    return None
