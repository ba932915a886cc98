"""A rulebook in its best-read form, with the same content and every comment.

Each pass takes the parts of the text anew and sees to one thing. What comes out is read again and
held against what went in, so that no mistake of a pass reaches a file.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulegrid.diagnostics import Diagnostic, has_errors
from rulegrid.rulebook.compile import check_opened, open_source
from rulegrid.rulebook.document import Document, Path, load
from rulegrid.rulebook.format.blank_lines import parted
from rulegrid.rulebook.format.comments import aligned, comments, places
from rulegrid.rulebook.format.indentation import indented
from rulegrid.rulebook.format.layout import Layout, layout
from rulegrid.rulebook.format.spacing import IsFormula, respelled, spaced
from rulegrid.source import Source

AMOUNTS = frozenset(
    {
        "slot_length",
        "when_no_data",
        "min",
        "max",
        "max_change",
        "dead_band",
        "hold",
        "up_to",
        "above",
    }
)
"""Keys whose value is an amount with its unit, not a formula."""


class NotTheSameError(Exception):
    """A formatted rulebook would say something else: a mistake of the formatter."""


@dataclass(frozen=True, slots=True)
class Formatted:
    """The outcome of formatting a rulebook."""

    source: Source
    text: str | None
    """None where the rulebook has errors."""
    findings: tuple[Diagnostic, ...]
    """Those that keep it from being formatted."""


def format_source(source: Source, schema: Mapping[str, Any]) -> Formatted:
    """A rulebook formatted, or the errors in it.

    `schema` is the JSON Schema of rulebooks. Raises `NotTheSameError` before anything is lost.
    """
    checked = check_opened(open_source(source), schema, None)
    if checked.reading is None or has_errors(checked.findings):
        return Formatted(source, None, checked.findings)
    formulas = checked.reading.parsed

    def is_formula(path: Path) -> bool:
        return path in formulas or path[-1] in AMOUNTS

    return Formatted(source, format_text(source, is_formula), ())


def format_text(source: Source, is_formula: IsFormula) -> str:
    """The text of a file without findings, formatted.

    `is_formula` tells the values whose blanks mean nothing. Raises `NotTheSameError`.
    """
    first = _layout(source.text.replace("\r\n", "\n"))
    before = places(first)
    text = spaced(first, is_formula)
    text = indented(_layout(text), before)
    text = parted(_layout(text))
    last = _layout(aligned(_layout(text), before))
    _hold_against(first, last, is_formula)
    return last.text


def _layout(text: str) -> Layout:
    document, findings = load(Source("", text))
    if document is None or findings:
        raise NotTheSameError(f"formatting makes a mistake: {findings[0].message}")
    return layout(document)


def _hold_against(first: Layout, last: Layout, is_formula: IsFormula) -> None:
    """Raise `NotTheSameError` where data or comments differ."""
    if _said(first.document, is_formula) != _said(last.document, is_formula):
        raise NotTheSameError("formatting would change what the file says")
    if _counted(first) != _counted(last):
        raise NotTheSameError("formatting would lose a comment")


def _said(document: Document, is_formula: IsFormula) -> list[tuple[Path, str, str]]:
    """Every path with the kind and the text of its value, formulas without regard to blanks."""
    said = []
    for path, text in document.texts.items():
        kind = type(_at(document.data, path)).__name__
        said.append((path, kind, respelled(text) if is_formula(path) else text))
    return said


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _counted(found: Layout) -> Counter[str]:
    return Counter(comment.text for comment in comments(found))
