"""What is said about words and signs that have no place where they stand."""

import re

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula.words import (
    ENDINGS,
    FUNCTION_ALIASES,
    LANGUAGE_WORDS,
    PYTHON_WORDS,
    SPREADSHEET_FUNCTIONS,
    WRONG_VALUES,
    Refusal,
)
from rulegrid.metrics import AGGREGATES, FEE, FUNCTIONS, SEVERAL
from rulegrid.units import UNIT_NAMES

CALLABLE = {**FUNCTIONS, "count": AGGREGATES["count"]}
"""Every function by its name, as it is written most."""

_LETTERS = re.compile(r"[^\W\d_]\w*")


def wrong_operand(word: str) -> Refusal | None:
    """The problem of a word that can not be an operand, whatever the rulebook defines."""
    if word in PYTHON_WORDS or word in WRONG_VALUES:
        return _wrong_python(word)
    if word in CALLABLE:
        return "RG102", f"`{word}` is a function", f"write `{CALLABLE[word].signature}`"
    if word in UNIT_NAMES:
        count = 2 if word in {"slots", "days"} else 1
        return "RG102", f"`{word}` is a unit and follows a number", f"write `{count} {word}`"
    return _WRONG_ALONE.get(word)


_WRONG_ALONE: dict[str, Refusal] = {
    several: (
        "RG102",
        f"`{several}` alone is no amount",
        f"write `total({several}.import)` or `count({several}.import > 3 kWh)`",
    )
    for several in SEVERAL
}
_WRONG_ALONE |= {
    "parent": (
        "RG102",
        "`parent` alone is no amount",
        "write `parent.import` or `parent.fee`",
    ),
    FEE: (
        "RG112",
        "the area's own fee is what is being worked out",
        "write `current_fee`, `next_fee` or `last_fee`",
    ),
}


def _wrong_python(word: str) -> Refusal:
    if word in WRONG_VALUES:
        return "RG103", f"there is no `{word}` in formulas", WRONG_VALUES[word]
    return "RG103", f"`{word}` is not allowed in formulas", ""


def wrong_function(word: str) -> Refusal | None:
    """The problem of a word before an opening parenthesis."""
    if word in CALLABLE:
        return None
    if word in PYTHON_WORDS or word in WRONG_VALUES:
        return _wrong_python(word)
    if word in LANGUAGE_WORDS:
        return "RG102", f"`{word}` is no function", f"to multiply, write `{word} * (...)`"
    return _unknown_function(word)


def _unknown_function(word: str) -> Refusal:
    alias = FUNCTION_ALIASES.get(word.lower())
    hint = did_you_mean(word, CALLABLE)
    if alias:
        over_areas = f" or `{AGGREGATES[alias].signature}`" if alias in AGGREGATES else ""
        hint = f"write `{CALLABLE[alias].signature}`{'' if alias == 'count' else over_areas}"
    hint = SPREADSHEET_FUNCTIONS.get(word.lower()) or hint
    hint = hint or f"the functions are {', '.join(CALLABLE)}"
    return "RG101", f"unknown function `{shown(word)}`", hint


def wrong_owner(word: str) -> Refusal | None:
    """The problem of a word before a dot, outside quotes."""
    if word in {"parent", *SEVERAL} or word not in LANGUAGE_WORDS:
        return None
    hint = f'an area of that name is written `"{word}".import`'
    return "RG102", f"`{word}` is a word of the language and names no area here", hint


def strange(text: str, at: int, sign: str) -> tuple[Refusal, int]:
    """The problem of a sign that has no meaning in formulas at all, and the offset behind it."""
    letters = _LETTERS.match(text, at)
    if sign in ENDINGS:
        return ENDINGS[sign], at + len(sign)
    if not letters:
        return ("RG102", f"`{shown(sign)}` has no meaning in a formula", ""), at + len(sign)
    word = shown(letters[0])
    hint = f'an area\'s name goes in quotes, as in `"{word}".import`'
    return ("RG102", f"`{word}` is no name", hint), letters.end()
