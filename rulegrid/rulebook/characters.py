"""Characters that rulebooks do without: a reviewer cannot see them, or sees something else."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from rulegrid.diagnostics import Diagnostic
from rulegrid.source import Span

MOST_FINDINGS = 50

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_DIRECTION = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NO_CHARACTER = r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_SPACE = r"\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_LINE_BREAK = r"\x85\u2028\u2029"
_INVISIBLE = (
    r"\xad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u180e\u200b-\u200d\u2060-\u2065"
    r"\u206a-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_KINDS = (
    (_LINE_BREAK, "a line break of a special kind", "end lines with LF or CRLF"),
    (r"\r", "a carriage return without a line feed", "end lines with LF or CRLF"),
    (_CONTROL, "a control character", "delete it"),
    (r"\t", "a tab", "write spaces"),
    (_SPACE, "a space of a special kind", "replace it by an ordinary space"),
    (_DIRECTION, "it changes the direction of writing", "delete it"),
    (_NO_CHARACTER, "no character at all", "delete it"),
    (_INVISIBLE, "it is invisible", "delete it"),
)
_REFUSED = f"{_CONTROL}{_DIRECTION}{_NO_CHARACTER}{_SPACE}{_LINE_BREAK}{_INVISIBLE}"
_IN_FILE = re.compile(rf"[{_REFUSED}]")
_IN_ASCII_FILE = re.compile(rf"[{_CONTROL}]")
_IN_FILE_WITH_RETURNS = re.compile(rf"[{_REFUSED}]|\r(?!\n)")
_IN_VALUE = re.compile(rf"[\t\r{_REFUSED}]")
_TAB = re.compile(r"^[^#\n\t]*(\t)", re.MULTILINE)


def in_file(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with the characters of a file; a tab behind a `#` may be part of a comment."""
    tabs = [match.start(1) for match in _TAB.finditer(text)] if "\t" in text else []
    pattern = _IN_ASCII_FILE if text.isascii() else _IN_FILE
    if "\r" in text:
        pattern = _IN_FILE_WITH_RETURNS
    others = (finding(match[0], Span(*match.span())) for match in pattern.finditer(text))
    return (*_tab_finding(tabs), *islice(others, MOST_FINDINGS))


def in_value(value: str) -> Iterator[int]:
    """Where a decoded value holds a character that is not allowed, written as an escape or not."""
    return (match.start() for match in _IN_VALUE.finditer(value))


def finding(character: str, span: Span) -> Diagnostic:
    """The finding for one character."""
    found = (told for one_of, *told in _KINDS if re.match(f"[{one_of}]", character))
    kind, hint = next(found)
    name = unicodedata.name(character, "").lower()
    told = f"U+{ord(character):04X} {name}".strip()
    if character == "\t":
        return Diagnostic("RG003", "a tab is not allowed here", span, hint=hint)
    return Diagnostic("RG003", f"the character {told} is not allowed: {kind}", span, hint=hint)


def _tab_finding(tabs: list[int]) -> Iterator[Diagnostic]:
    """One finding for all lines with tabs: they are one habit of one editor."""
    if tabs:
        message = "a tab is not allowed here"
        if len(tabs) > 1:
            message += f", nor in any of the {len(tabs):,} lines that have one"
        hint = "write spaces; an editor can convert them all"
        yield Diagnostic("RG003", message, Span(tabs[0], tabs[0] + 1), hint=hint)
