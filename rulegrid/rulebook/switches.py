"""Warnings that the author has switched off in a comment: `# rulegrid: off RG402 - a reason`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rulegrid.diagnostics import (
    CODES,
    NEEDS_A_GRID,
    WARNINGS,
    Diagnostic,
    Severity,
    Switch,
    did_you_mean,
    has_errors,
    meant_code,
    shown,
)
from rulegrid.rulebook.document import Document
from rulegrid.source import Span

_COMMENT = re.compile(r"#[ \t]*rulegrid[ \t]*(?::[ \t]*|[ \t])(\w+)(?!\w)([^\r\n]*)")
_BEFORE = " \t\n"
"""What a `#` stands behind if it begins a comment, on a line that does not begin with it."""
_WORD = re.compile(r"[^\s,]+")
_DASHES = "-\u2013\u2014"
_OFF = "off"
_LIKE_OFF = ("off", "disable", "ignore", "noqa", "suppress")
_CODE = re.compile(r"RG\d+", re.IGNORECASE)
_NOTHING = "RG412"


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment that begins like a switch: the word after `rulegrid`, and the codes it names."""

    span: Span
    word: str
    codes: tuple[tuple[str, Span], ...]
    covered: Span


def switches(document: Document) -> tuple[Switch, ...]:
    """Every switch of a rulebook."""
    return tuple(
        Switch(frozenset(code for code, _ in comment.codes), comment.covered)
        for comment in _comments(document)
        if comment.word == _OFF
    )


def useless_switches(document: Document, findings: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """RG412: comments that switch nothing off, held against all that was found.

    Nothing is said of warnings that are not there while there are errors: they hide some.
    """
    for comment in _comments(document):
        if comment.word != _OFF:
            yield _useless(comment.span, f"`{comment.word}` switches nothing off", "write `off`")
        elif not comment.codes:
            hint = "write it behind: `# rulegrid: off RG402`"
            yield _useless(comment.span, "this names no warning to switch off", hint)
        else:
            yield from _useless_codes(comment, findings)


def _useless_codes(comment: _Comment, findings: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    for code, span in comment.codes:
        if code not in CODES:
            hint = meant_code(code)
            yield _useless(span, f"there is no code `{shown(code)}`", hint)
        elif code not in WARNINGS:
            hint = "mend it, or leave it be"
            yield _useless(span, f"{code} is an error, and errors cannot be switched off", hint)
        elif code not in NEEDS_A_GRID | {_NOTHING} and not has_errors(findings):
            switch = Switch(frozenset((code,)), comment.covered)
            if not any(switch.turns_off(finding) for finding in findings):
                yield _useless(span, f"there is no {code} here to switch off", "take it out")


def _useless(span: Span, message: str, hint: str) -> Diagnostic:
    return Diagnostic(_NOTHING, message, span, Severity.WARNING, hint)


def _comments(document: Document) -> Iterator[_Comment]:
    """The comments that are meant as switches; what stands inside texts is none."""
    text = document.source.text
    found = [
        match
        for match in _COMMENT.finditer(text)
        if text[match.start() - 1 : match.start()] in _BEFORE and _is_meant(match)
    ]
    if not found:
        return
    scalars = [Span(*place) for place in document.scalars()]
    for match in found:
        at = match.start()
        if not any(_body(text, each) <= at < each.end for each in scalars):
            codes = tuple(_codes(match)) if match[1] == _OFF else ()
            end = match.start() + len(match[0].rstrip())
            covered = _covered(text, at, scalars)
            yield _Comment(Span(at, end), match[1], codes, covered)


def _is_meant(match: re.Match[str]) -> bool:
    """Whether a comment that begins with `rulegrid` is a switch, perhaps in another spelling."""
    if match[1] == _OFF:
        return True
    return bool(did_you_mean(match[1], _LIKE_OFF)) and _CODE.search(match[2]) is not None


def _codes(match: re.Match[str]) -> Iterator[tuple[str, Span]]:
    """The codes up to a dash, and where they stand."""
    for word in _WORD.finditer(match.string, match.start(2), match.end(2)):
        if word[0][0] in _DASHES:
            return
        yield word[0], Span(*word.span())


def _body(text: str, scalar: Span) -> int:
    """Where a scalar's text begins: behind the first line of a block, which may hold a comment."""
    if text[scalar.start : scalar.start + 1] not in {"|", ">"}:
        return scalar.start
    return max(text.find("\n", scalar.start), scalar.start)


def _covered(text: str, at: int, scalars: Iterable[Span]) -> Span:
    """The part of a file that a comment is about.

    Above the first key it is the whole file, alone on a line the next line that is no comment,
    else its own line; with all of a text over several lines that stands there.
    """
    listed = list(scalars)
    start, end = _line(text, at)
    if not text[start:at].strip():
        if all(at < each.start for each in listed):
            return Span(0, len(text))
        while end < len(text) and text[start:end].strip()[:1] in {"", "#"}:
            start, end = _line(text, end + 1)
    there = [each for each in listed if each.start < end and each.end > start]
    return Span(
        min([start, *(each.start for each in there)]), max([end, *(each.end for each in there)])
    )


def _line(text: str, at: int) -> tuple[int, int]:
    """Where the line of a place begins and ends, without its line break."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end
