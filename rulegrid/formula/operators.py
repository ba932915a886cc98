"""Scanning where an operator is due: behind a number, a name, or a closing parenthesis."""

import re

from rulegrid.diagnostics import shown
from rulegrid.formula.numbers import read_unit
from rulegrid.formula.refusals import strange
from rulegrid.formula.tokens import Scan
from rulegrid.formula.unquoted import unquoted
from rulegrid.formula.words import (
    ARITHMETIC,
    COMPARISONS,
    PYTHON_WORDS,
    WRONG_OPERATORS,
    WRONG_VALUES,
    WRONG_WORD_OPERATORS,
    Refusal,
)

_NOT_IN = re.compile(r"not[ \t\r\n]+in\b")
_DIGITS = re.compile(r"[0-9]+")
_DIGITS_BEFORE = re.compile(r"[0-9]+\Z")
_FOLLOWING = re.compile(r"[A-Za-z0-9_.]+|.", re.DOTALL)


def scan_operator(state: Scan) -> None:
    """Read on where an operator is due."""
    char = state.text[state.at]
    if state.word():
        _word(state, state.word())
    elif char == ")":
        state.close()
    elif char == ",":
        _comma(state)
    elif char in "0123456789\"'(":
        _operator_missing(state)
    elif char == ".":
        state.stop(_stray_dot(state), state.last_start, state.at + 1)
    else:
        _sign(state, state.sign())


def _sign(state: Scan, sign: str) -> None:
    end = state.at + len(sign)
    if sign in ARITHMETIC or sign in COMPARISONS:
        state.take(sign, len(sign), then_operand=True)
    elif sign == "=" and state.last == "name" and state.groups[-1].is_call:
        hint = "leave out the name and the `=`; a comparison is written `==`"
        refusal = ("RG103", "arguments are given by their place, without names", hint)
        state.stop(refusal, state.last_start, end)
    elif sign in WRONG_OPERATORS:
        state.find(WRONG_OPERATORS[sign], state.at, end)
        state.take(sign, len(sign), then_operand=True)
    else:
        refusal, end = strange(state.text, state.at, sign)
        state.stop(refusal, state.at, end)


def _word(state: Scan, word: str) -> None:
    end = state.at + len(word)
    if word in {"and", "or"}:
        state.take(word, len(word), then_operand=True)
    elif word == "if":
        _if(state)
    elif word == "else":
        _else(state)
    elif word in WRONG_WORD_OPERATORS or _NOT_IN.match(state.text, state.at):
        state.stop(WRONG_WORD_OPERATORS.get(word, WRONG_WORD_OPERATORS["in"]), state.at, end)
    elif word in PYTHON_WORDS and word not in WRONG_VALUES:
        state.stop(("RG103", f"`{word}` is not allowed in formulas", ""), state.at, end)
    else:
        _operator_missing(state)


def _if(state: Scan) -> None:
    group = state.groups[-1]
    if group.open_if is not None:
        message = "an `if` inside a condition needs parentheses"
        state.find(("RG102", message, ""), state.at, state.at + 2)
    group.open_if = state.at
    state.take("if", 2, then_operand=True)


def _else(state: Scan) -> None:
    group = state.groups[-1]
    if group.open_if is None:
        refusal = ("RG102", "this `else` has no `if`", "write `A if C else B`")
        state.find(refusal, state.at, state.at + 4)
    group.open_if = None
    state.take("else", 4, then_operand=True)


def _operator_missing(state: Scan) -> None:
    """Something stands where an operator is due."""
    if state.last == "name" and unquoted(state):
        return
    found = _FOLLOWING.match(state.text, state.at)
    following = found[0] if found else ""
    end = state.at + len(following)
    if state.last == "number" and state.last_text.isdigit() and following.isdigit():
        hint = f"write `{state.last_text}{following}`"
        hint += f" or `{state.last_text}, {following}`" if state.groups[-1].is_call else ""
        state.find(("RG104", "a number holds no blanks", hint), state.last_start, end)
        state.take("number", len(following), then_operand=False)
    elif following == "(" and state.last == "name":
        message = f"`{state.last_text}` is no function"
        state.stop(("RG103", message, "to multiply, write `*`"), state.last_start, end)
    else:
        state.find(_missing(state, shown(following)), state.at, end)
        state.last = "*"
        state.want_operand = True


def _missing(state: Scan, following: str) -> Refusal:
    if state.last == "number" and state.last_text.endswith("%"):
        return WRONG_OPERATORS["%"]
    if state.last_text.lower() == "not":
        return "RG103", f"`{state.last_text}` is written in small letters", "write `not`"
    message = f"an operator is missing between `{state.last_text}` and `{following}`"
    if state.groups[-1].is_call:
        return "RG102", message, "arguments are parted by `,`"
    return "RG102", message, "write what joins them, such as `and` or `*`"


def _comma(state: Scan) -> None:
    """A comma between arguments, or in a number written with a decimal comma."""
    before = _DIGITS_BEFORE.search(state.text[: state.at])
    after = _DIGITS.match(state.text, state.at + 1)
    if state.groups[-1].is_call:
        state.end_part()
        state.take(",", 1, then_operand=True)
    elif before and after:
        hint = f"write `{before[0]}.{after[0]}`"
        state.find(("RG104", "a decimal comma is not allowed", hint), before.start(), after.end())
        _, end_of_unit, _ = read_unit(state.text, after.end())
        state.take("number", end_of_unit - state.at, then_operand=False)
    else:
        message = "a comma stands only between the arguments of a function"
        state.stop(("RG102", message, ""), state.at, state.at + 1)


def _stray_dot(state: Scan) -> Refusal:
    if state.last == "number":
        return "RG104", "a number has only one point", ""
    if state.last in {"name", "area"}:
        hint = "write it as one word, as in `Grid.import`"
        return "RG102", "no blank may stand before the dot", hint
    return "RG103", "only an area has a dot behind it", "write a dotted name, as in `Grid.import`"
