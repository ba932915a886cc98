"""What an unquoted YAML scalar is: accepted only where every YAML reader agrees on it.

YAML 1.1 and 1.2 and their readers differ: `22:30` is 1350 for some and text for others, `on` a
truth value or text. Dates are the exception: every reader shows the characters that were written,
so they are taken as text.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import isfinite

from rulegrid.diagnostics import shown

MOST_DIGITS = 15
_THOUSANDS = 3
_SMALLEST_SPELLED = 1e-9

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Unclear:
    """A scalar that readers understand differently: what it is for them, and what to write."""

    readings: str
    hint: str


def read_plain(text: str) -> Plain | Unclear:
    """The value of a plain scalar, the same for every reader; else how they differ."""
    if text[:1] in _NUMBER_STARTS:
        return _read_short_number(text) if len(text) <= _SHORT else _read_number(text)
    if text in _WORDS:
        return _WORDS[text]
    return text


def is_surely_text(text: str) -> bool:
    """Whether a plain scalar is text by its first character, as most keys are."""
    return text[:1] not in _NUMBER_STARTS and text not in _WORDS


_SOME = "for some YAML readers and text for others"


def _quoted(text: str) -> str:
    return f'put it in quotes: "{shown(text)}"'


def _spellings(*words: str) -> tuple[str, ...]:
    return tuple(s for word in words for s in (word, word.capitalize(), word.upper()))


_WORDS: dict[str, Plain | Unclear] = {
    **{w: Unclear(f"true {_SOME}", _quoted(w)) for w in _spellings("true", "yes", "on", "y")},
    **{w: Unclear(f"false {_SOME}", _quoted(w)) for w in _spellings("false", "no", "off", "n")},
    **{w: Unclear(f"nothing {_SOME}", _quoted(w)) for w in (*_spellings("null"), "~")},
    **{w: Unclear(f"a sign of its own {_SOME}", _quoted(w)) for w in ("=", "<<")},
    "": None,
    "null": None,
    "true": True,
    "false": False,
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?")


def _read_number(text: str) -> Plain | Unclear:
    """A scalar that begins as a number does: a number, a date, or text such as `12 ct/kWh`."""
    if _INTEGER.fullmatch(text):
        return int(text) if len(text.lstrip("-")) <= MOST_DIGITS else _TOO_LONG
    if _DECIMAL.fullmatch(text):
        return _read_decimal(text)
    if not _ANY_ODD.fullmatch(text):
        return text
    return next(explain(text) for pattern, explain in _ODD if pattern.fullmatch(text))


_SHORT = 32
_read_short_number = lru_cache(maxsize=4096)(_read_number)
"""The same numbers recur in a rulebook."""

_TOO_LONG = Unclear(
    "a number with more digits than every YAML reader keeps",
    f"write at most {MOST_DIGITS} digits, or put it in quotes",
)


def _read_decimal(text: str) -> float | Unclear:
    digits = re.split("[eE]", text)[0].replace(".", "").lstrip("-0")
    if len(digits) > MOST_DIGITS:
        return _TOO_LONG
    value = float(text)
    if not isfinite(value) or (value == 0 and digits):
        return Unclear("too large or too small for a YAML reader", "write a number of usual size")
    return value


def _in_base_60(text: str) -> Unclear:
    sign = -1 if text[0] == "-" else 1
    value = 0.0
    for part in text.lstrip("+-").replace("_", "").split(":"):
        value = value * 60 + float(part)
    return Unclear(f"{_spelled(sign * value)} {_SOME}", _quoted(text))


def _with_leading_zero(text: str) -> Unclear:
    digits = text.lstrip("+-").replace("_", "")
    if len(digits) > MOST_DIGITS:
        return _TOO_LONG
    decimal = str(int(digits))
    octal = "" if set(digits) & {"8", "9"} else str(int(digits, 8))
    others = f"{octal} for some YAML readers and {decimal} for others"
    readings = others if octal not in {"", decimal} else f"{decimal} {_SOME}"
    return Unclear(readings, f"write {decimal}, or put it in quotes")


def _in_other_base(text: str) -> Unclear:
    digits = text.lstrip("+-").replace("_", "").lower()
    base = {"x": 16, "o": 8, "b": 2}[digits[1]]
    value = int(digits[2:] or "0", base) if len(digits) <= MOST_DIGITS else 0
    known = f"{value} {_SOME}" if value else f"a number {_SOME}"
    return Unclear(known, f"write {value or 'an ordinary number'}, or put it in quotes")


def _oddly_spelled(text: str) -> Unclear:
    try:
        spelled = _spelled(float(text.replace("_", "")))
    except ValueError:
        spelled = ""
    readings = f"{spelled or 'a number'} {_SOME}"
    return Unclear(readings, f"write {spelled or 'an ordinary number'}, or put it in quotes")


def _spelled(value: float) -> str:
    """A number as every reader accepts it; empty where that would take many digits."""
    ordinary = value == 0 or _SMALLEST_SPELLED < abs(value) < 10**MOST_DIGITS
    return f"{value:.9f}".rstrip("0").rstrip(".") if ordinary else ""


def _with_comma(text: str) -> Unclear:
    whole, _, rest = text.partition(",")
    hint = "write a decimal point, and no sign between thousands; text goes in quotes"
    if rest.isdecimal() and len(rest) != _THOUSANDS:
        hint = f"write a decimal point: {shown(f'{whole}.{rest}')}"
    return Unclear(f"a number {_SOME}", hint)


def _with_dots(text: str) -> Unclear:
    return Unclear(f"a number {_SOME}", _quoted(text))


def _not_finite(text: str) -> Unclear:
    return Unclear(f"infinity or no number at all {_SOME}", _quoted(text))


def _as_date(text: str) -> str | Unclear:
    if len(text) == len("2026-01-09"):
        return _as_day(text)
    return Unclear(f"a date {_SOME}", "write all digits, as in 2026-01-09, or put it in quotes")


def _as_day(text: str) -> str | Unclear:
    try:
        date.fromisoformat(text)
    except ValueError:
        return Unclear("no day of the calendar", _quoted(text))
    return text


def _as_moment(text: str) -> Unclear:
    return Unclear(f"a moment in UTC {_SOME}", _quoted(text))


_ODD = tuple(
    (re.compile(pattern), explain)
    for pattern, explain in (
        (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", _in_base_60),
        (r"[-+]?0[0-9_]+", _with_leading_zero),
        (r"[-+]?0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)", _in_other_base),
        (r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?", _oddly_spelled),
        (r"[-+]?[0-9][0-9_]*,[0-9_,]*(?:\.[0-9_]*)?", _with_comma),
        (r"[-+]?[0-9][0-9_]*\.[0-9_.]*(?:[eE][-+]?[0-9]+)?", _with_dots),
        (r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", _not_finite),
        (r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?", _as_date),
        (
            r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}.*",
            _as_moment,
        ),
    )
)
"""Spellings that are a number or a date for at least one reader."""
_ANY_ODD = re.compile("|".join(pattern.pattern for pattern, _ in _ODD))
