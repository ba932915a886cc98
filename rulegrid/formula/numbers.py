"""Numbers with their units, as a formula writes them."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula.problem import Problem
from rulegrid.formula.words import UNIT_ALIASES
from rulegrid.metrics import CLOCK, METRICS
from rulegrid.units import UNIT_NAMES

MOST_DIGITS = 15
LARGEST = Decimal("1e15")
LARGEST_EXPONENT = 400
"""Any exponent beyond is refused unread: the exact fraction of 1e-999999 would fill the memory."""

_ANY_NUMBER = re.compile(
    r"0[xXbBoO][0-9A-Fa-f_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][+-]?[0-9]+)?"
)
_GOOD_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_UNIT = re.compile(r"[ \t\r\n]*(%|([A-Za-z_][A-Za-z0-9_]*)(/[A-Za-z_][A-Za-z0-9_]*)?)")
_WORD_OPERATORS = frozenset(
    {"and", "or", "not", "if", "else", "in", "is", "mod", "div", "xor", "then"}
)
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
        return not Decimal(self.digits)

    def in_canonical_unit(self, factor: Fraction) -> float:
        """The nearest float of the exact amount; `factor` is the size of the unit in its canonical unit."""
        return float(Fraction(Decimal(self.digits)) * factor)


def read_number(text: str, start: int) -> tuple[Number, tuple[Problem, ...]]:
    """The literal that begins at `start`, and what is wrong with it. A wrong one reads as 1 for what follows it."""
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
    end = start + len(digits)
    if not _GOOD_NUMBER.fullmatch(digits):
        message, hint = _wrong_spelling(digits)
        return Problem(start, end, "RG104", message, hint)
    mantissa, _, exponent = digits.lower().partition("e")
    if len(mantissa.replace(".", "").lstrip("0")) > MOST_DIGITS:
        return Problem(start, end, "RG104", f"a number has at most {MOST_DIGITS} digits")
    power = int(exponent or 0)
    if power > LARGEST_EXPONENT or (power >= -LARGEST_EXPONENT and Decimal(digits) > LARGEST):
        return Problem(start, end, "RG104", "a number is at most 1e15")
    if Decimal(mantissa) and (power < -LARGEST_EXPONENT or not float(digits)):
        return Problem(
            start, end, "RG104", "this number is too small: it would count as 0", "write `0`"
        )
    return None


def _wrong_spelling(digits: str) -> tuple[str, str]:
    """The message and the hint for digits that are no number of ours."""
    if digits[:2].lower() in {"0x", "0b", "0o"}:
        return "a number is written in decimal digits", ""
    if "_" in digits:
        return "a number holds no `_`", f"write `{digits.replace('_', '')}`"
    if digits.startswith("."):
        return "a number begins with a digit", f"write `0{digits}`"
    if not digits[-1].isdigit() or ".e" in digits.lower():
        return "a digit is missing after the point", f"write `{digits.replace('.', '.0')}`"
    return "a number has no leading zeros", f"write `{digits.lstrip('0') or '0'}`"


def read_unit(text: str, start: int) -> tuple[str, int, Problem | None]:
    """The unit that follows a number, the offset behind it, and what is wrong with it.

    The unit is empty where none follows: the end, an operator, or a name that lacks an operator before it.
    """
    found = _UNIT.match(text, start)
    if not found:
        return "", start, None
    whole, word, per = found[1], found[2], found[3]
    if whole in UNIT_NAMES:
        return whole, found.end(1), None
    if per and _is_unit_like(per[1:]) and _is_unit_like(word):
        return "", found.end(1), _unknown_unit(whole, found.start(1))
    if word in UNIT_NAMES:
        return word, found.end(2), None
    return _no_unit(text, start, found)


def _no_unit(text: str, start: int, found: re.Match[str]) -> tuple[str, int, Problem | None]:
    """A word behind a number that is no unit: another part of the formula, or a unit gone wrong."""
    word = found[2]
    other = word.lower() in _WORD_OPERATORS or text[found.end(2) :].lstrip()[:1] in {"(", "."}
    known_name = (word in METRICS or word in CLOCK) and word not in UNIT_ALIASES
    if other or known_name:
        return "", start, None
    end = found.end(1) if found[3] and _is_unit_like(found[3][1:]) else found.end(2)
    return "", end, _unknown_unit(text[found.start(1) : end], found.start(1))


def _is_unit_like(word: str) -> bool:
    return word.casefold() in _FOLDED_UNITS or word.casefold() in UNIT_ALIASES


def _unknown_unit(word: str, start: int) -> Problem:
    folded = word.casefold()
    alias = UNIT_ALIASES.get(folded) or _FOLDED_UNITS.get(folded)
    hint = f"write `{alias}`" if alias else did_you_mean(word, UNIT_NAMES)
    return Problem(start, start + len(word), "RG105", f"unknown unit `{shown(word)}`", hint)
