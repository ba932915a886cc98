"""Numbers with their units, as a formula writes them."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula.problem import Problem
from rulegrid.formula.words import UNIT_ALIASES, WRONG_WORD_OPERATORS
from rulegrid.metrics import CLOCK, METRICS
from rulegrid.units import UNIT_NAMES

MOST_DIGITS = 15
LARGEST = Decimal("1e15")
SMALLEST = Decimal("1e-300")
"""A smaller number would come out as 0 in some unit."""
LARGEST_EXPONENT = 400
"""Any exponent beyond is refused unread: the exact fraction of 1e-999999 would fill the memory."""

_ANY_NUMBER = re.compile(
    r"0[xXbBoO][0-9A-Fa-f_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][+-]?[0-9]+)?"
)
_GOOD_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNIT = re.compile(r"[ \t\r\n]*(%|([A-Za-z_][A-Za-z0-9_]*)(/[A-Za-z_][A-Za-z0-9_]*)?)")
_WORD_OPERATORS = {"and", "or", "not", "if", "else"} | {*map(str.lower, WRONG_WORD_OPERATORS)}
_FOLDED_UNITS = {unit.casefold(): unit for unit in UNIT_NAMES}


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: its digits as written, and its unit, empty for a bare number."""

    start: int
    end: int
    digits: str
    unit: str

    @property
    def is_zero(self) -> bool:
        """Whether this is 0, which takes any unit."""
        return not self.digits.strip("0.") or not Decimal(self.digits)

    def in_canonical_unit(self, factor: Fraction) -> float:
        """The nearest float of the exact amount in a unit of that factor."""
        return float(self.digits) if factor == 1 else _in_unit(self.digits, factor)


@lru_cache(maxsize=4096)
def _in_unit(digits: str, factor: Fraction) -> float:
    """The same numbers recur in a rulebook."""
    return float(Fraction(Decimal(digits)) * factor)


def read_number(text: str, start: int) -> tuple[Number, tuple[Problem, ...]]:
    """The literal that begins at `start`, and what is wrong with it.

    A wrong one reads as 1 for what follows it.
    """
    found = _ANY_NUMBER.match(text, start)
    end = found.end() if found else start + 1
    digits = text[start:end]
    problem = _wrong_digits(digits, start)
    unit, end_of_unit, unit_problem = read_unit(text, end)
    problems = tuple(p for p in (problem, unit_problem) if p)
    number = Number(start, end_of_unit, "1" if problem else digits, unit)
    return number, problems


def _wrong_digits(digits: str, start: int) -> Problem | None:
    """What keeps a run of digits from being a number."""
    if not _GOOD_NUMBER.fullmatch(digits):
        message, hint = _wrong_spelling(digits)
        return Problem(start, start + len(digits), "RG104", message, hint)
    message = _wrong_size(digits)
    return Problem(start, start + len(digits), "RG104", message) if message else None


@lru_cache(maxsize=4096)
def _wrong_size(digits: str) -> str:
    """What is wrong with the size of a number that is spelled well, or an empty text."""
    mantissa, _, exponent = digits.lower().partition("e")
    power = int(exponent or 0)
    if len(mantissa.replace(".", "").lstrip("0")) > MOST_DIGITS:
        return f"a number has at most {MOST_DIGITS} digits"
    if power > LARGEST_EXPONENT or (power > -LARGEST_EXPONENT and Decimal(digits) > LARGEST):
        return "a number is at most 1e15"
    if Decimal(mantissa) and (power < -LARGEST_EXPONENT or Decimal(digits) < SMALLEST):
        return "this number is too small: it would count as 0"
    return ""


def _wrong_spelling(digits: str) -> tuple[str, str]:
    """The message and the hint for digits that are no number of ours."""
    bare = digits.lstrip("0")
    cases = (
        (digits[1:2] in {*"xXbBoO"}, "a number is written in decimal digits", ""),
        ("_" in digits, "a number holds no `_`", f"write `{digits.replace('_', '')}`"),
        (digits.startswith("."), "a number begins with a digit", f"write `0{digits}`"),
        (
            not re.search(r"\.[0-9]", digits) and "." in digits,
            "a digit is missing after the point",
            f"write `{digits.replace('.', '.0')}`",
        ),
        (
            True,
            "a number has no leading zeros",
            f"write `{bare if bare[:1].isdigit() else f'0{bare}'}`",
        ),
    )
    return next((message, hint) for applies, message, hint in cases if applies)


def read_unit(text: str, start: int) -> tuple[str, int, Problem | None]:
    """The unit that follows a number, the offset behind it, and what is wrong with it.

    The unit is empty where none follows: at the end, before an operator, or before a name that
    lacks an operator.
    """
    found = _UNIT.match(text, start)
    if not found:
        return "", start, None
    whole, word, per = found[1], found[2], found[3] or ""
    if whole in UNIT_NAMES:
        return whole, found.end(1), None
    is_compound = _is_unit_like(per[1:]) and _is_unit_like(word)
    if word in UNIT_NAMES and not is_compound:
        return word, found.end(2), None
    return _no_unit(text, start, found, whole if is_compound or _is_unit_like(per[1:]) else word)


def _no_unit(
    text: str, start: int, found: re.Match[str], unit: str
) -> tuple[str, int, Problem | None]:
    """A word behind a number that is no unit: another part, or a unit gone wrong."""
    word = found[2]
    is_other = word.lower() in _WORD_OPERATORS or word in METRICS or word in CLOCK
    followed = text[found.end(2) :].lstrip()[:1]
    if (is_other and word not in UNIT_ALIASES) or (followed and followed in "(."):
        return "", start, None
    end = found.start(1) + len(unit)
    return "", end, _unknown_unit(unit, found.start(1))


def _is_unit_like(word: str) -> bool:
    return word.casefold() in _FOLDED_UNITS or word.casefold() in UNIT_ALIASES


def _unknown_unit(word: str, start: int) -> Problem:
    folded = word.casefold()
    alias = UNIT_ALIASES.get(folded) or _FOLDED_UNITS.get(folded)
    hint = f"write `{alias}`" if alias else did_you_mean(word, UNIT_NAMES)
    hint = hint or f"to multiply, write `* {shown(word)}`"
    return Problem(start, start + len(word), "RG105", f"unknown unit `{shown(word)}`", hint)
