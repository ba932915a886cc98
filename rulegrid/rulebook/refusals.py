"""The features of YAML that rulebooks do without, one scalar, key or collection at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import yaml

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.rulebook import characters
from rulegrid.rulebook.nodes import Leaf, bounds, span_of
from rulegrid.rulebook.scalars import Plain, Unclear, is_surely_text, read_plain
from rulegrid.source import Span, align

LONGEST_SCALAR = 4096
LONGEST_KEY = 128

_EXPLICIT_KEY = re.compile(r"(?:^|[\s{\[,])\?(?=\s)")
_FIRST_WORD = re.compile(r"^ *[^ #\r\n][^\r\n]*", re.MULTILINE)
_PROPERTY = re.compile(r"[&!]\S*\s*")
_STICKING_COMMENT = re.compile(r"[|>][-+0-9]*(#)")
_TAG = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Raw:
    """The text of a file and what it holds at all, which spares looking at every scalar."""

    text: str
    may_hide: bool
    """Whether tabs or escapes occur, so that values may hold characters that do not show."""
    has_plain_keys: bool
    """Whether an unquoted key can only be `key: ` on one line, without tabs."""

    @classmethod
    def of(cls, text: str) -> "Raw":
        """Look through a text once."""
        is_odd = "\t" in text or ("?" in text and bool(_EXPLICIT_KEY.search(text)))
        return cls(text, "\t" in text or "\\" in text, not is_odd)


def directive(text: str) -> Diagnostic | None:
    """A directive such as `%YAML 1.1` in front of a rulebook."""
    found = _FIRST_WORD.search(text)
    if not found or not found[0].startswith("%"):
        return None
    return Diagnostic("RG005", "a YAML directive", Span(*found.span()), hint="delete this line")


def second_document(at: int) -> Diagnostic:
    """A `---` or `...` with more behind it."""
    hint = "keep one rulebook a file"
    return Diagnostic("RG005", "a second YAML document", Span(at, at + 3), hint=hint)


def too_many(most: int, at: int) -> Diagnostic:
    """A file with more keys and values than rulegrid reads."""
    return Diagnostic("RG008", f"more than {most:,} keys and values", _first(at))


def too_deep(most: int, at: int) -> Diagnostic:
    """Lists and mappings inside each other, deeper than rulegrid reads."""
    return Diagnostic("RG008", f"nested more than {most} levels deep", _first(at))


def _first(at: int) -> Span:
    return Span(at, at + 1)


def alias(name: str, span: Span, *, is_key: bool) -> Diagnostic:
    """An alias, or a name with a star that the author did not mean as one."""
    written = f"*{name}"
    hint = "write out what it stands for, or define it under `variables:`"
    if is_key:
        hint = f'put a name with a star in quotes: "{shown(written)}"'
    return Diagnostic("RG005", f"`{shown(written)}` is an alias of YAML", span, hint=hint)


def no_space(colon: int) -> Diagnostic:
    """A colon that sticks to what follows it."""
    hint = "write a space behind the colon: `key: value`"
    return Diagnostic("RG004", "a space is missing behind the colon", _first(colon), hint=hint)


def question_mark(span: Span) -> Diagnostic:
    """A question mark inside brackets or braces, unquoted: not every reader takes it."""
    message = "in brackets or braces, some YAML readers do not take a question mark"
    return Diagnostic("RG007", message, span, hint="put the text in quotes")


def block_header(node: Leaf, raw: Raw) -> Iterator[Diagnostic]:
    """A comment that sticks to the `|` or `>` of a block, which not every reader takes."""
    found = _STICKING_COMMENT.match(raw.text, node[0])
    if found:
        hint = "write a space in front of the comment"
        yield Diagnostic(
            "RG004", "no space in front of a comment", Span(*found.span(1)), hint=hint
        )


def properties(event: yaml.NodeEvent, text: str) -> Iterator[Diagnostic]:
    """An anchor or tag in front of a value; `text` is that of the file."""
    start, _ = bounds(event)
    if event.anchor is not None:
        at = text.find("&", start)
        written = text[at : at + 1 + len(event.anchor)]
        message = f"`{shown(written)}` is an anchor of YAML"
        hint = "delete it, and define what several places share under `variables:`"
        yield Diagnostic("RG005", message, Span(at, at + len(written)), hint=hint)
    if getattr(event, "tag", None) is not None:
        found = _TAG.match(text, text.find("!", start))
        written, span = (found[0], Span(*found.span())) if found else ("!", Span(start, start))
        message = f"`{shown(written)}` is a tag of YAML"
        yield Diagnostic(
            "RG005", message, span, hint="delete it; in a formula write `not` for `!`"
        )


def key(node: Leaf, raw: Raw, *, is_plain: bool) -> Diagnostic | None:
    """What is wrong with a key."""
    name = node[2]
    is_short = len(name) <= LONGEST_KEY
    if is_plain and is_short and raw.has_plain_keys and is_surely_text(name):
        return None
    return next(_key_faults(name, span_of(node), raw, is_plain=is_plain), None)


def _key_faults(name: str, span: Span, raw: Raw, *, is_plain: bool) -> Iterator[Diagnostic]:
    if not name:
        yield Diagnostic("RG005", "an empty key", span, hint="write a key before the colon")
    if name == "<<" and is_plain:
        hint = "write out here what it should bring in"
        yield Diagnostic("RG005", "`<<` is a merge key of YAML", span, hint=hint)
    if "\n" in raw.text[span.start : span.end] or _is_explicit(span.start, raw.text):
        yield complex_key(span)
    if len(name) > LONGEST_KEY:
        message = f"a key of {len(name)} characters; at most {LONGEST_KEY} are allowed"
        yield Diagnostic("RG008", message, span)
    yield from _hidden(name, span, raw)
    if is_plain:
        yield from _no_text(name, span)


def _no_text(name: str, span: Span) -> Iterator[Diagnostic]:
    """A plain key that some or all readers take for a number, a truth value or nothing."""
    value = read_plain(name)
    if isinstance(value, Unclear):
        yield _unclear(name, value, span)
    elif not isinstance(value, str):
        message = f"the key `{shown(name)}` is no text for YAML"
        yield Diagnostic("RG007", message, span, hint=f'put it in quotes: "{shown(name)}"')


def complex_key(span: Span) -> Diagnostic:
    """A key that is a list, a mapping, or written behind a question mark."""
    hint = "write `key: value` on one line; put a text with brackets or braces in quotes"
    return Diagnostic("RG005", "a complex key of YAML", span, hint=hint)


def scalar(node: Leaf, raw: Raw, *, is_plain: bool) -> Plain | tuple[Diagnostic, ...]:
    """The value of a scalar, or what is wrong with it."""
    text = node[2]
    if len(text) > LONGEST_SCALAR:
        message = f"a text of {len(text):,} characters; at most {LONGEST_SCALAR:,} are allowed"
        return (Diagnostic("RG008", message, _first(node[0])),)
    value = read_plain(text) if is_plain else text
    if isinstance(value, Unclear):
        return (_unclear(text, value, span_of(node)),)
    return (tuple(_hidden(text, span_of(node), raw)) or value) if raw.may_hide else value


def _unclear(text: str, unclear: Unclear, span: Span) -> Diagnostic:
    message = f"unquoted, `{shown(text)}` is {unclear.readings}"
    return Diagnostic("RG007", message, span, hint=unclear.hint)


def _is_explicit(start: int, text: str) -> bool:
    before = text[max(0, start - LONGEST_KEY) : start]
    found = tuple(_EXPLICIT_KEY.finditer(before))
    return bool(found) and not before[found[-1].end() :].strip()


def _hidden(value: str, span: Span, raw: Raw) -> Iterator[Diagnostic]:
    """Characters that are not allowed in a value, tabs or written as escapes."""
    written = raw.text[span.start : span.end]
    if "\t" in written:
        at = span.start + written.index("\t")
        yield characters.finding("\t", Span(at, at + 1))
    elif "\\" in written:
        wrong = tuple(islice(characters.in_value(value), characters.MOST_FINDINGS))
        places = align(written, value) if wrong else ()
        for at in wrong:
            where = Span(span.start + places[at].start, span.start + places[at].end)
            yield characters.finding(value[at], where)
