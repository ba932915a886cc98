"""Formulas that a comma has cut in two: `{fee: max(a, b)}` is `fee: max(a` and a key `b)`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.rulebook.nodes import Entry, span_of
from rulegrid.source import Span


@dataclass(frozen=True, slots=True)
class Cut:
    """A value cut by commas and the keys without a value that its rest has become."""

    head: Entry
    rest: Sequence[Entry]

    def finding(self, text: str) -> Diagnostic:
        """The one finding for all of it; `text` is that of the file."""
        start = span_of(self.head.value or self.head.key_node).start
        end = span_of(self.rest[-1].key_node).end
        whole = text[start:end]
        quote = "'" if '"' in whole else '"'
        hint = f"quote the formula: {quote}{shown(whole)}{quote}"
        if _is_number(self.head):
            hint = f"write a decimal point: `{shown(whole.replace(',', '.', 1))}`"
        return Diagnostic("RG205", "in braces a comma ends the value", Span(start, end), hint=hint)


def cuts(entries: Sequence[Entry]) -> Iterator[Cut]:
    """The values among the entries of a mapping in braces that commas have cut."""
    head: Entry | None = None
    rest: list[Entry] = []
    for entry in entries:
        if head and _plain_text(entry) == "" and _goes_on(head, rest, entry):
            rest.append(entry)
            continue
        if head and rest:
            yield Cut(head, rest)
        head = entry if _plain_text(entry) else None
        rest = []
    if head and rest:
        yield Cut(head, rest)


def _goes_on(head: Entry, rest: Sequence[Entry], entry: Entry) -> bool:
    """Whether a key without a value is the rest of the value before it."""
    if _is_number(head):
        return not rest and entry.key[:1].isdigit()
    written = (_plain_text(head) or "", *(each.key for each in rest))
    is_open = sum(part.count("(") - part.count(")") for part in written) > 0
    return is_open or " " in entry.key


def _is_number(entry: Entry) -> bool:
    return (_plain_text(entry) or "").isdecimal()


def _plain_text(entry: Entry) -> str | None:
    """The value as written if it is an unquoted scalar, empty if it is missing."""
    return entry.value[2] if entry.is_plain and isinstance(entry.value, tuple) else None
