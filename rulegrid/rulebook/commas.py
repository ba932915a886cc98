"""Formulas that a comma has cut in two: `{fee: max(a, b)}` is `fee: max(a` and a key `b)`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.rulebook.nodes import BLOCK_STYLES, Branch, Node, span_of
from rulegrid.source import Span

_NO_PLAIN_START = BLOCK_STYLES | {"'", '"'}


@dataclass(frozen=True, slots=True)
class Cut:
    """The key of a value cut by commas, and the keys without a value that its rest has become."""

    head: str
    rest: Sequence[str]

    def finding(self, branch: Branch, text: str) -> Diagnostic:
        """The one finding for all of it; `text` is that of the file."""
        start = span_of(branch.nodes[self.head]).start
        end = span_of(branch.keys[self.rest[-1]]).end
        whole = text[start:end]
        quote = "'" if '"' in whole else '"'
        hint = f"quote the formula: {quote}{shown(whole)}{quote}"
        if _plain_text(branch.nodes[self.head], text).isdecimal():
            hint = f"write a decimal point: `{shown(whole.replace(',', '.', 1))}`"
        return Diagnostic("RG205", "in braces a comma ends the value", Span(start, end), hint=hint)


def cuts(branch: Branch, text: str) -> Iterator[Cut]:
    """The values of a mapping in braces that commas have cut."""
    head = ""
    rest: list[str] = []
    open_brackets = 0
    for key, node in branch.nodes.items():
        if head and _is_bare(node) and _goes_on(branch, head, key, text, open_brackets):
            open_brackets += _opened(key)
            rest.append(key)
            continue
        if head and rest:
            yield Cut(head, rest)
        written = _plain_text(node, text)
        open_brackets = _opened(written)
        head = key if written else ""
        rest = []
    if head and rest:
        yield Cut(head, rest)


def _goes_on(branch: Branch, head: str, key: str, text: str, open_brackets: int) -> bool:
    """Whether a key without a value is the rest of the value before it."""
    if _plain_text(branch.nodes[head], text).isdecimal():
        return key[:1].isdigit()
    return open_brackets > 0 or " " in key


def _opened(part: str) -> int:
    return part.count("(") - part.count(")")


def _is_bare(node: Node) -> bool:
    return isinstance(node, tuple) and node[0] == node[1]


def _plain_text(node: Node, text: str) -> str:
    """What an unquoted scalar says; empty for all else."""
    if not isinstance(node, tuple) or text[node[0] : node[0] + 1] in _NO_PLAIN_START:
        return ""
    return node[2]
