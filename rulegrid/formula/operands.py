"""Scanning where an operand is due: a number, a name, a call, a minus, or a parenthesis."""

import re

from rulegrid.diagnostics import shown
from rulegrid.formula.numbers import read_number
from rulegrid.formula.refusals import CALLABLE, strange, wrong_function, wrong_operand, wrong_owner
from rulegrid.formula.tokens import BLANKS, Group, Name, Scan
from rulegrid.formula.words import (
    ARITHMETIC,
    COMPARISONS,
    PYTHON_WORDS,
    WRONG_OPERATORS,
    WRONG_PREFIXES,
    WRONG_VALUES,
)

MOST_NESTED = 32
_METRIC = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9.])")
_DATE_LENGTH = 10
_CALLED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[ \t\r\n]*\Z")
_NUMBER = re.compile(r"\.?[0-9]")
_JOINING = frozenset({"and", "or", "if", "else", "in", "is"})
_NOT_MAY_FOLLOW = frozenset({"", "(", ",", "and", "or", "not", "if", "else"})


def scan_operand(state: Scan) -> None:
    """Read on where an operand is due."""
    char = state.text[state.at]
    if _DATE.match(state.text, state.at):
        hint = "a value that holds from a day on stands under `from:`"
        state.stop(("RG103", "a date is no amount", hint), state.at, state.at + _DATE_LENGTH)
    elif _NUMBER.match(state.text, state.at):
        number, problems = read_number(state.text, state.at)
        state.problems.extend(problems)
        state.take_atom("number", number)
    elif state.word():
        _word(state, state.word())
    elif char in "\"'":
        _quoted_area(state, char)
    elif char == "(":
        _open(state)
    elif char == ")":
        _close_too_early(state)
    else:
        _sign(state, state.sign())


def _sign(state: Scan, sign: str) -> None:
    """A sign where an operand is due: a minus, or a mistake."""
    end = state.at + len(sign)
    if sign == "-":
        state.take("sign", 1, then_operand=True)
    elif sign in WRONG_PREFIXES:
        state.find(WRONG_PREFIXES[sign], state.at, end)
        state.take("sign", 1, then_operand=True)
    elif sign in {"*", "**"} and state.last in {"(", ","}:
        refusal = ("RG103", "arguments are written out one by one", "leave out the `*`")
        state.stop(refusal, state.at, end)
    elif sign in ARITHMETIC or sign in COMPARISONS or sign in WRONG_OPERATORS or sign == ",":
        _missing(state, sign)
        state.take(sign, len(sign), then_operand=True)
    else:
        refusal, end = strange(state.text, state.at, sign)
        state.stop(refusal, state.at, end)


def _missing(state: Scan, token: str) -> None:
    """Something is missing before a token."""
    between = f"between `{state.last_text}` and `{token}`"
    what = f"before `{token}`" if state.last in {"", "("} else between
    twice = token in COMPARISONS and state.last in {"and", "or"}
    hint = "write `10 kWh < import < 20 kWh`, or name it again" if twice else ""
    state.find(("RG102", f"something is missing {what}", hint), state.at, state.at + len(token))


def _word(state: Scan, word: str) -> None:
    end = state.at + len(word)
    following = state.text[end : end + 1]
    if word == "not":
        _not(state)
    elif following and following in "\"'":
        hint = 'an area\'s name is written `"House 1".import`'
        state.stop(("RG103", "a text with a prefix is not allowed", hint), state.at, end + 1)
    elif following == ".":
        _area(state, word)
    elif word in _JOINING:
        _joining(state, word)
    elif state.text[end:].lstrip(BLANKS).startswith("("):
        _function(state, word)
    else:
        _name(state, word)


def _not(state: Scan) -> None:
    """A `not` binds loosely: behind an operator that binds tighter it needs parentheses."""
    if state.last not in _NOT_MAY_FOLLOW:
        message = f"a `not` behind `{state.last_text}` needs parentheses"
        state.find(("RG102", message, "write `(not x)`"), state.at, state.at + 3)
    state.take("not", 3, then_operand=True)


def _joining(state: Scan, word: str) -> None:
    """An `and` or the like where an operand is due."""
    if word == "if":
        refusal = ("RG102", "an `if` stands between two amounts", "write `A if C else B`")
        state.stop(refusal, state.at, state.at + 2)
    else:
        _missing(state, word)
        state.take(word, len(word), then_operand=True)


def _function(state: Scan, word: str) -> None:
    refusal = wrong_function(word)
    if refusal:
        state.find(refusal, state.at, state.at + len(word))
    state.take_function(len(word))


def _name(state: Scan, word: str) -> None:
    """A word that stands alone."""
    refusal = wrong_operand(word)
    if refusal:
        state.find(refusal, state.at, state.at + len(word))
    state.take_atom("name", Name(state.at, state.at + len(word), word))
    if word in PYTHON_WORDS and word not in WRONG_VALUES:
        state.stopped = True


def _area(state: Scan, word: str) -> None:
    """A word before a dot: `parent`, several areas, or an area's name that needs no quotes."""
    refusal = wrong_owner(word)
    if refusal:
        state.find(refusal, state.at, state.at + len(word))
    _metric_of(state, word, state.at + len(word), is_quoted=False)


def _quoted_area(state: Scan, quote: str) -> None:
    close = state.text.find(quote, state.at + 1)
    if close < 0:
        state.stop(("RG102", "this quote is never closed", ""), state.at, len(state.text))
        return
    name = state.text[state.at + 1 : close]
    if not name.isprintable() or not name.strip():
        what = "holds a character that does not show" if name.strip() else "is empty"
        state.find(("RG102", f"the name of this area {what}", ""), state.at, close + 1)
    if state.text.startswith(".", close + 1):
        _metric_of(state, name, close + 1, is_quoted=True)
    else:
        _text_alone(state, name, close + 1)


def _text_alone(state: Scan, name: str, end: int) -> None:
    """A text in quotes without a dot behind it."""
    if not state.text[end:].lstrip(BLANKS).startswith("."):
        hint = f'write `"{shown(name)}".import`' if name.strip() else ""
        refusal = ("RG103", "a text is only allowed as an area's name", hint)
        state.find(refusal, state.at, end)
    state.take_atom("area", Name(state.at, end, "", name))


def _metric_of(state: Scan, owner: str, dot: int, *, is_quoted: bool) -> None:
    """The metric behind the dot of a dotted name."""
    found = _METRIC.match(state.text, dot)
    more = found and _METRIC.match(state.text, found.end())
    if not found:
        message = "the name of a metric is missing behind the dot"
        state.stop(("RG102", message, ""), state.at, dot + 1)
    elif more:
        hint = f'write the path in quotes: `"{shown(owner)}/{found[1]}".{more[1]}`'
        state.stop(("RG103", "a name has only one dot", hint), state.at, more.end())
    else:
        state.take_atom("name", Name(state.at, found.end(), found[1], owner, is_quoted))


def _open(state: Scan) -> None:
    if len(state.groups) > MOST_NESTED:
        message = f"at most {MOST_NESTED} parentheses stand in each other"
        state.stop(("RG110", message, "split it into variables"), state.at, state.at + 1)
    else:
        state.groups.append(Group(state.at, is_call=state.last == "function"))
        state.take("(", 1, then_operand=True)


def _close_too_early(state: Scan) -> None:
    """A closing parenthesis where an operand is due."""
    end = state.at + 1
    if len(state.groups) > 1:
        if state.last == ",":
            refusal = ("RG103", "a comma before `)` is not allowed", "leave it out")
            state.find(refusal, state.last_start, end)
        elif state.last == "(" and state.groups[-1].is_call:
            called = _CALLED.search(state.text[: state.last_start])
            known = CALLABLE.get(called[1]) if called else None
            hint = f"write `{known.signature}`" if known else ""
            state.find(("RG109", "the arguments are missing", hint), state.last_start, end)
        elif state.last == "(":
            message = "there is nothing between these parentheses"
            state.find(("RG102", message, ""), state.last_start, end)
        else:
            _missing(state, ")")
    state.close()
