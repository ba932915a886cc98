"""A rulebook's text as plain data, with the place of every value and key.

What is wrong with the file as YAML is found here, as much of it as possible in one run; what it
says is looked at later. A value about which a finding was made is `BROKEN` in the data, of no kind
that a rulebook takes, so that later stages leave it alone.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulegrid.diagnostics import Diagnostic, in_reading_order
from rulegrid.rulebook import characters, refusals
from rulegrid.rulebook.nodes import BLOCK_STYLES, BROKEN, Branch, Path, View, scalars, span_of
from rulegrid.rulebook.walk import Walk
from rulegrid.rulebook.yaml_events import FASTEST, Parse, read_events
from rulegrid.source import Source, Span, align

__all__ = ["BROKEN", "MOST_BYTES", "Document", "Path", "decode", "load"]

MOST_BYTES = 2 * 1024 * 1024
"""The largest rulebook, unless the caller says otherwise."""


@dataclass(frozen=True)
class Document:
    """A file's mapping as plain data, and where each part of it stands."""

    source: Source
    data: dict[str, Any]
    """Of dicts, lists, str, int, float, bool, None and BROKEN."""
    spans: Mapping[Path, Span] = field(repr=False)
    """The place of each value."""
    key_spans: Mapping[Path, Span] = field(repr=False)
    """The place of each key; the path ends in the key."""
    texts: Mapping[Path, str] = field(repr=False)
    """Each scalar as text, decoded but not read as a number."""
    tree: Branch = field(repr=False)

    def scalars(self) -> Iterator[tuple[int, int]]:
        """Where each scalar begins and ends, keys included."""
        return scalars(self.tree)

    def text(self, path: Path) -> str:
        """A scalar as written: `0.50` where the data says 0.5. KeyError if it is no scalar."""
        return self.texts[path]

    def place(self, path: Path, start: int, end: int) -> Span:
        """Where the characters `start` to `end` of a scalar's text stand in the file."""
        span, value = self.spans[path], self.texts[path]
        if self.source.text[span.start : span.end] == value:
            return Span(span.start + start, span.start + end)
        places = self.places(path)
        first = places[min(start, len(value))].start
        last = places[min(end, len(value)) - 1].end if end > start else first
        return Span(first, max(first, last))

    def places(self, path: Path) -> tuple[Span, ...]:
        """Where each character of a scalar's text stands in the file, and the end behind them."""
        span, value = self.spans[path], self.texts[path]
        raw = self.source.text[span.start : span.end]
        blank = _BLANK_LINES.match(self.source.text, span.end) if raw[0] in BLOCK_STYLES else None
        raw += blank[0] if blank else ""
        inside = (*align(raw, value), Span(len(raw), len(raw)))
        return tuple(Span(span.start + each.start, span.start + each.end) for each in inside)


_BLANK_LINES = re.compile(r"[ \r\n]*\n")
"""What of a block is left out of its place, but not of its text."""


def decode(
    name: str, raw: bytes, most_bytes: int = MOST_BYTES
) -> tuple[Source, tuple[Diagnostic, ...]]:
    """A file's bytes as text: UTF-8 without a byte order mark.

    There is always a source, so that findings can be shown; with findings it is not to be loaded.
    """
    if len(raw) > most_bytes:
        message = f"the file is larger than the {most_bytes:,} bytes that are allowed"
        return Source(name, ""), (Diagnostic("RG008", message),)
    if finding := _not_utf_8(raw):
        return Source(name, ""), (finding,)
    try:
        return Source(name, raw.decode()), ()
    except UnicodeDecodeError as error:
        text = raw.decode(errors="replace")
        at = len(raw[: error.start].decode())
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8 text"
        finding = Diagnostic("RG002", message, Span(at, at + 1), hint=_SAVE)
        return Source(name, text), (finding,)


_SAVE = "save the file as UTF-8 without a byte order mark"
_MARKS = (
    (codecs.BOM_UTF8, "the file begins with a byte order mark"),
    (codecs.BOM_UTF16_LE, "the file is UTF-16 text"),
    (codecs.BOM_UTF16_BE, "the file is UTF-16 text"),
)


def _not_utf_8(raw: bytes) -> Diagnostic | None:
    """What the file is if it is something else as a whole."""
    for mark, message in _MARKS:
        if raw.startswith(mark):
            return Diagnostic("RG002", message, hint=_SAVE)
    if b"\0" in raw:
        return Diagnostic("RG002", "the file is no text: it holds zero bytes", hint=_SAVE)
    return None


def load(source: Source, parse: Parse = FASTEST) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document of a text, and all that is wrong with it as YAML, in reading order.

    None where the text cannot be read to its end or holds no mapping.
    """
    text = source.text
    unreadable = characters.in_file(text) or tuple(filter(None, [refusals.directive(text)]))
    if unreadable:
        return None, in_reading_order(unreadable)
    walk = Walk(text)
    walk.run(read_events(text, parse))
    findings = in_reading_order(walk.findings)
    if not walk.is_whole:
        return None, findings
    if walk.top.data and isinstance(walk.top.data[0], dict):
        return _document(source, walk.top), findings
    return None, findings or (_no_mapping(walk.top),)


def _document(source: Source, top: Branch) -> Document:
    return Document(
        source,
        top.data[0],
        View(top, lambda branch, step: span_of(branch.nodes[step])),
        View(top, lambda branch, step: span_of(branch.keys[step])),
        View(top, _scalar_text),
        top,
    )


def _scalar_text(branch: Branch, step: Any) -> str:
    _, _, text = branch.nodes[step]
    return str(text)


def _no_mapping(top: Branch) -> Diagnostic:
    if not top.nodes:
        return Diagnostic("RG009", "the file is empty", Span(0, 0), hint=_BEGIN)
    what = "a list" if isinstance(top.data[0], list) else "a single value"
    message = f"the file holds {what} instead of keys and values"
    return Diagnostic("RG009", message, span_of(top.nodes[0]), hint=_BEGIN)


_BEGIN = "begin with `rulegrid: 1`"
