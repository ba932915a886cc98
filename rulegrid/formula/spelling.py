"""A formula as it is best read: one space around operators and in front of units."""

import re
from collections.abc import Iterator

from rulegrid.formula.numbers import Number
from rulegrid.formula.reading import Parsed
from rulegrid.formula.tokens import BLANKS

_SIGN = re.compile(r"[<>=!]=|[A-Za-z_]+|.", re.DOTALL)
_NO_SPACE_BEHIND = frozenset({"", "(", "sign"})
_BEFORE_OPERAND = frozenset({"", "(", ",", "and", "or", "not", "if", "else", "sign"})
_OPERATORS = frozenset({"+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!="})


def spelled(parsed: Parsed) -> str:
    """The text of a formula with its spaces where a reader expects them, and nothing else changed.

    A formula of several lines comes out on one.
    """
    text, last = "", ""
    for kind, written in _tokens(parsed):
        is_call = kind == "(" and last == "name"
        is_close = last in _NO_SPACE_BEHIND or kind in {")", ","} or is_call
        text += written if is_close else f" {written}"
        last = kind
    return text


def words(parsed: Parsed) -> tuple[str, ...]:
    """What a formula consists of, whatever its spaces: equal for formulas that say the same."""
    return tuple(written for _, written in _tokens(parsed))


def _tokens(parsed: Parsed) -> Iterator[tuple[str, str]]:
    """Each part of a formula: its kind, and how it is written.

    The kind of a sign or word is itself; `name` and `number` have many spellings, and `sign` is a
    minus before an operand.
    """
    text, at, last = parsed.text, 0, ""
    while at < len(text):
        if text[at] in BLANKS:
            at += 1
            continue
        kind, written, at = _token(parsed, at, last)
        yield kind, written
        last = kind


def _token(parsed: Parsed, at: int, last: str) -> tuple[str, str, int]:
    """The part that begins at an offset, and where it ends."""
    atom = parsed.atoms.get(at)
    if isinstance(atom, Number):
        return "number", f"{atom.digits} {atom.unit}".rstrip(), atom.end
    if atom is not None:
        return "name", parsed.text[at : atom.end], atom.end
    found = _SIGN.match(parsed.text, at)
    word = found[0] if found else parsed.text[at]
    end = at + len(word)
    if word == "-" and (last in _BEFORE_OPERAND or last in _OPERATORS):
        return "sign", word, end
    is_function = word.isidentifier() and word not in _BEFORE_OPERAND
    return ("name" if is_function else word), word, end
