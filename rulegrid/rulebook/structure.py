"""Whether a document has the shape of a rulebook: its keys, and the kind of each value."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from rulegrid.diagnostics import Diagnostic, in_reading_order
from rulegrid.rulebook.complaints import Case, Complaint, complaints
from rulegrid.rulebook.document import BROKEN, Document, Path
from rulegrid.rulebook.shapes import errors

LANGUAGE = 1
"""The version of the rulebook language that this rulegrid reads."""
MOST_FINDINGS = 1000
"""Nobody mends more in one go, and a hostile file could have a hundred thousand."""


def findings(document: Document, schema: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """What is wrong with the shape of a rulebook, in reading order, one finding a mistake.

    `schema` is its JSON Schema. A rulebook of another version is not looked at any further.
    """
    version = tuple(_version(document))
    if any(finding.code == "RG206" and _is_newer(document) for finding in version):
        return version
    return in_reading_order((*version, *shape(document, schema)))


def shape(document: Document, schema: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """Where a document of any kind is not as its JSON Schema says, in reading order."""
    every = (
        complaint
        for error in errors(document.data, schema)
        for complaint in complaints(Case(error, document, schema))
    )
    told = dict.fromkeys(islice(every, MOST_FINDINGS))
    return in_reading_order(each.finding for each in _one_a_mistake(told))


def _version(document: Document) -> Iterator[Diagnostic]:
    """What is wrong with the first key, which says how the rest is to be read."""
    version = document.data.get("rulegrid", BROKEN)
    if version is BROKEN:
        return
    span = document.spans["rulegrid",]
    key_span = document.key_spans["rulegrid",]
    if type(version) is not int or version != LANGUAGE:
        hint = "a newer rulegrid may read it" if _is_newer(document) else "write `rulegrid: 1`"
        message = f"this rulegrid reads version {LANGUAGE} of the rulebook language"
        yield Diagnostic("RG206", message, span if span.start < span.end else key_span, hint=hint)
    if next(iter(document.data)) != "rulegrid":
        hint = "make it the first line of the rulebook"
        yield Diagnostic("RG208", "`rulegrid` is not the first key", key_span, hint=hint)


def _is_newer(document: Document) -> bool:
    version = document.data.get("rulegrid")
    return isinstance(version, int) and version > LANGUAGE


def _one_a_mistake(told: Mapping[Complaint, None]) -> Iterator[Complaint]:
    """Of the complaints about one mapping as a whole only the one that says most."""
    ranked: dict[Path, Complaint] = {}
    for complaint in told:
        if not complaint.rank:
            yield complaint
        elif complaint.rank < ranked.setdefault(complaint.path, complaint).rank:
            ranked[complaint.path] = complaint
    yield from ranked.values()
