"""Findings: what is wrong with an author's text, where, and what to write instead.

A finding is a value, never an exception. Each code has a page in `rulegrid/pages/` that says what
it means and why, with a bad and a good example.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from unicodedata import combining, east_asian_width

from rulegrid.source import Source, Span

EXCERPT_COLUMNS = 120
SHOWN_VALUE = 60


class Severity(StrEnum):
    """An error stops a rulebook from being used; a warning asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


CODES: dict[str, str] = {
    # the file and its YAML
    "RG001": "the file cannot be read",
    "RG002": "the file is not UTF-8 text",
    "RG003": "a character that is not allowed",
    "RG004": "not valid YAML",
    "RG005": "a feature of YAML that rulebooks do without",
    "RG006": "a key written twice",
    "RG007": "a value that YAML readers understand differently",
    "RG008": "the file is too large or too deeply nested",
    "RG009": "the file holds no mapping",
    # expressions
    "RG101": "an unknown name",
    "RG102": "a formula that cannot be read",
    "RG103": "a construct that formulas do without",
    "RG104": "a number written in a way that is not allowed",
    "RG105": "an unknown unit",
    "RG106": "amounts that do not mix",
    "RG107": "a number that needs a unit",
    "RG108": "a condition where an amount is needed, or the other way round",
    "RG109": "wrong arguments of a function",
    "RG110": "a formula that is too large",
    "RG111": "a window that is not a fixed number of slots",
    "RG112": "a fee read where it cannot be known",
    "RG113": "a formula that ends in the wrong unit",
    "RG114": "it is not clear which areas are meant",
    # the shape of the file
    "RG201": "an unknown key",
    "RG202": "a key is missing",
    "RG203": "a value of the wrong kind",
    "RG204": "a value outside its range",
    "RG205": "a formula cut in two by a comma",
    "RG206": "a language version this rulegrid does not know",
    "RG207": "keys that exclude each other",
    "RG208": "the language version does not come first",
    # what the file means
    "RG301": "a name that is taken",
    "RG302": "definitions that go round in a circle",
    "RG303": "rules that may end without a fee",
    "RG304": "limits that contradict each other",
    "RG305": "two selectors for the same areas",
    "RG306": "an unknown or missing time zone",
    "RG307": "a slot length that does not divide a day",
    "RG308": "steps of a band that leave a gap or overlap",
    "RG309": "windows of a calendar that overlap",
    "RG310": "a calendar that leaves times without a value",
    "RG311": "holidays that are not known",
    # warnings
    "RG401": "decimals lost by rounding",
    "RG402": "a variable or a group that nothing uses",
    "RG403": "a window whose value is never taken",
    "RG404": "a condition that always comes out the same",
    "RG405": "a line that is never reached",
    "RG406": "a formula that never has data",
    "RG407": "a fee that a limit always replaces",
    "RG408": "a limit without effect",
    "RG409": "a fee that never changes",
    "RG410": "a metric of the whole run read slot by slot",
    "RG411": "a fee without an upper limit",
    "RG412": "an off switch that switches nothing off",
    "RG413": "a window shorter than a slot",
    "RG414": "a holiday that never comes",
    # the live grid
    "RG501": "a selector that matches no area",
    "RG502": "a name that several areas bear",
    "RG503": "two selectors that tie on an area",
    "RG504": "an area that is not in the grid",
    "RG505": "fees that wait for each other",
    "RG506": "too much work for one market cycle",
    "RG507": "a metric that is always 0 at the root",
    # tables of calendars, and files to import
    "RG601": "a file that a rulebook cannot use",
    "RG602": "a table without clear columns",
    "RG603": "a time of day that is missing or out of place",
    "RG604": "a cell that holds no amount",
    "RG605": "a column for no area",
    "RG606": "a file that cannot be imported",
    "RG607": "an area without a column",
    # recordings and journals
    "RG701": "a recording that cannot be read",
    "RG702": "a recording without market events",
    # histories in long form
    "RG711": "a history without slots or areas",
    "RG712": "a column that is no metric, or not in each file",
    "RG713": "rows or files out of order, or twice",
    "RG714": "a time at which no slot begins",
    "RG715": "a cell of a history that cannot be read",
    "RG721": "two rulebooks that cannot be played side by side",
    # rulebook tests
    "RG801": "an area that the test's grid does not have",
    "RG802": "a column of a test that is no metric",
    "RG803": "columns, rows or lists of a test that do not fit together",
    "RG804": "a time of a test that is no slot",
    "RG805": "a file that a test cannot use",
}
"""Every diagnostic code and its title."""

NEEDS_A_GRID = frozenset({"RG501", "RG504", "RG507", "RG605", "RG607"})
"""Warnings that are only found where a rulebook meets a grid."""
WARNINGS = NEEDS_A_GRID | {code for code in CODES if code.startswith("RG4")}
"""The codes of warnings: what can be switched off."""


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that belongs to a finding, such as the first of two equal keys."""

    message: str
    span: Span
    source: Source | None = None
    """The text it stands in; None where that is the one being checked."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `span` is a place in the source it was found in, or None where it concerns the file as a whole.
    """

    code: str
    message: str
    span: Span | None = None
    severity: Severity = Severity.ERROR
    hint: str = ""
    related: tuple[Related, ...] = ()
    source: Source | None = None
    """The text it was found in; None for the one being checked, which may name others."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Warnings that an author has switched off in a part of a file."""

    codes: frozenset[str]
    covered: Span

    def turns_off(self, finding: Diagnostic) -> bool:
        """Whether a finding is such a warning, and begins there."""
        if finding.code not in self.codes or finding.severity is Severity.ERROR:
            return False
        is_here = finding.span is not None and finding.source is None
        at = finding.span.start if finding.span and is_here else -1
        return self.covered.start <= at <= self.covered.end or self.covered.start == 0 > at


def left_on(findings: Iterable[Diagnostic], switches: Iterable[Switch]) -> tuple[Diagnostic, ...]:
    """The findings that no switch turns off."""
    listed = tuple(switches)
    return tuple(f for f in findings if not any(each.turns_off(f) for each in listed))


def has_errors(findings: Iterable[Diagnostic]) -> bool:
    """Whether any of the findings is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def in_reading_order(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings as their places follow each other; those without a place come first.

    What was found in the files that a text names comes after what was found in it, file by file.
    """

    def place(finding: Diagnostic) -> tuple[str, Span, str, str]:
        file = finding.source.name if finding.source else ""
        return file, finding.span or Span(-1, -1), finding.code, finding.message

    return tuple(sorted(findings, key=place))


def meant_code(code: str) -> str:
    """The hint that names the code that was meant: one digit off, or with other letters."""
    return did_you_mean(code.upper(), CODES, cutoff=0.75)


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The hint that names the closest known word, or an empty text where none is close.

    `cutoff` is how alike they have to be, up to 1.
    """
    candidates = sorted(set(known))
    close = get_close_matches(word, candidates, n=1, cutoff=cutoff)
    if not close:
        folded = {candidate.casefold(): candidate for candidate in candidates}
        close = [folded[word.casefold()]] if word.casefold() in folded else []
    return f"did you mean `{close[0]}`?" if close else ""


def shown(text: str) -> str:
    """A value made safe to print: invisible characters escaped, cut at 60 characters."""
    escaped = shown_path(text[: SHOWN_VALUE + 1])
    return escaped if len(escaped) <= SHOWN_VALUE else f"{escaped[: SHOWN_VALUE - 1]}…"


def shown_path(path: str) -> str:
    """A path made safe to print, uncut."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


Paint = Callable[[str, str], str]
"""Gives a text the looks of a role: `error`, `warning`, `hint`, `gutter` or `title`."""


def plain(role: str, text: str) -> str:
    """The paint of files and pipes: none."""
    del role
    return text


def render(finding: Diagnostic, source: Source, paint: Paint = plain) -> str:
    """A finding as a person reads it: code, message, place, excerpt with a caret, hint.

    `source` is the text that was checked.
    """
    label = paint(finding.severity, f"{finding.severity}[{finding.code}]")
    head = f"{label}{paint('title', f': {finding.message}')}"
    own = finding.source or source
    if finding.span is None:
        where = [f" {paint('gutter', '-->')} {shown_path(own.name)}"]
        return "\n".join([head, *where, *_note("", finding.hint, paint)])
    places = [(own, finding.span, finding.hint, str(finding.severity))]
    places.extend((r.source or source, r.span, r.message, "hint") for r in finding.related)
    gutter = len(str(max(text.position(span.start).line for text, span, _, _ in places)))
    lines = [head]
    for text, span, note, role in places:
        lines.extend(_Excerpt(text, gutter, paint).lines(span, note, role))
    return "\n".join(lines)


def _note(margin: str, hint: str, paint: Paint) -> list[str]:
    return [f"{margin} {paint('gutter', '=')} {paint('hint', f'hint: {hint}')}"] if hint else []


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """Draws places of a source, line numbers in a gutter of so many digits."""

    source: Source
    gutter: int
    paint: Paint

    def lines(self, span: Span, note: str, role: str) -> list[str]:
        """The line of a place with carets under it; of several lines the first."""
        place = self.source.position(span.start)
        window, pad, marks = _window(self.source.line(place.line), span, place.column - 1)
        margin = " " * self.gutter
        number = self.paint("gutter", str(place.line).rjust(self.gutter))
        bar = self.paint("gutter", "|")
        told = f" {self.paint('hint', note)}" if note else ""
        where = f"{shown_path(self.source.name)}:{place.line}:{place.column}"
        return [
            f"{margin} {self.paint('gutter', '-->')} {where}",
            f"{margin}  {bar}",
            f" {number} {bar} {window}".rstrip(),
            f"{margin}  {bar} {' ' * pad}{self.paint(role, '^' * marks)}{told}",
        ]


def _window(raw: str, span: Span, first: int) -> tuple[str, int, int]:
    """The part of a line around a place that begins at a column, the cells before it and in it."""
    last = max(first + 1, min(first + span.end - span.start, len(raw)))
    cut = max(0, min(first - EXCERPT_COLUMNS // 2, len(raw) - EXCERPT_COLUMNS))
    window = raw[cut : cut + EXCERPT_COLUMNS]
    pad = _width(window[: first - cut])
    marks = max(1, _width(window[first - cut : last - cut]))
    start = "…" if cut else window[:1]
    end = "…" if cut + EXCERPT_COLUMNS < len(raw) else window[-1:]
    return _visible(f"{start}{window[1:-1]}{end}" if len(window) > 1 else window), pad, marks


def _visible(text: str) -> str:
    """A line with each unprintable character replaced by one that shows and takes one cell."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "�" for c in text)


def _width(text: str) -> int:
    """Cells a text takes in a terminal, close enough for a caret: wide letters take two."""
    return sum(
        2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in _visible(text)
    )
