"""What stands on one line: one space behind a colon, quotes where needed, formulas spelled out."""

from collections.abc import Callable, Iterator

from rulegrid.formula import read
from rulegrid.formula.reading import Parsed
from rulegrid.formula.spelling import spelled, words
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.format.layout import Gap, Layout, Scalar
from rulegrid.rulebook.format.quoting import quoted

IsFormula = Callable[[Path], bool]


def spaced(found: Layout, is_formula: IsFormula) -> str:
    """The text with every gap, quote and formula that stands on one line as it should be."""
    text, at, parts = found.text, 0, []
    gaps = [*found.gaps, *_rewritten(found, is_formula)]
    for gap in sorted(gaps, key=lambda each: (each.span.start, each.span.end)):
        parts += [text[at : gap.span.start], gap.written]
        at = gap.span.end
    return "".join((*parts, text[at:]))


def respelled(text: str) -> str:
    """A formula with its spaces in place; any other text as it is."""
    parsed = read(text)
    if not isinstance(parsed, Parsed):
        return text
    better = spelled(parsed)
    again = read(better)
    return better if isinstance(again, Parsed) and words(again) == words(parsed) else text


def _rewritten(found: Layout, is_formula: IsFormula) -> Iterator[Gap]:
    for scalar in found.scalars:
        raw = found.text[scalar.span.start : scalar.span.end]
        if raw and "\n" not in raw:
            is_read = not scalar.is_key and is_formula(scalar.path)
            yield Gap(scalar.span, _written(raw, scalar, is_formula=is_read))


def _written(raw: str, scalar: Scalar, *, is_formula: bool) -> str:
    """A key or value of one line as it should be written."""
    style = raw[0] if raw[0] in "\"'" else ""
    if style == '"' and "\\" in raw:
        return raw
    text = raw[1:-1].replace("''", "'") if style == "'" else raw[1:-1] if style else raw
    better = respelled(text) if is_formula else text
    if not style:
        return better  # nothing but its blanks has changed, so it is as plain as before
    return quoted(better, is_key=scalar.is_key, is_in_flow=scalar.is_in_flow)
