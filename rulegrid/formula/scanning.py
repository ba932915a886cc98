"""From text to atoms and a skeleton that ast.parse reads safely.

Two states suffice to say what is wrong with nearly every mistake: an operand is due, or an operator.
"""

import re

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula.numbers import read_number, read_unit
from rulegrid.formula.tokens import MOST_NESTED, Group, Name, Scan
from rulegrid.formula.words import (
    AGGREGATES_LATER,
    ARITHMETIC,
    COMPARISONS,
    ENDINGS,
    FUNCTION_ALIASES,
    LANGUAGE_WORDS,
    PYTHON_WORDS,
    WRONG_OPERATORS,
    WRONG_PREFIXES,
    WRONG_VALUES,
    WRONG_WORD_OPERATORS,
)
from rulegrid.metrics import FEE, FUNCTIONS
from rulegrid.units import UNIT_NAMES

BLANKS = " \t\r\n"
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOTTED = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)")
_SIGN = re.compile(r"===|!==|\*\*|//|<<|>>|<>|==|!=|<=|>=|=<|=>|:=|&&|\|\||.", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_][\w]*")
_NOT_MAY_FOLLOW = frozenset({"", "(", ",", "and", "or", "not", "if", "else"})


def scan(text: str) -> Scan:
    """Scan a whole formula. Never raises; without problems the skeleton is a Python expression."""
    state = Scan(text, skeleton=[" "] * len(text))
    while not state.stopped:
        while state.at < len(text) and text[state.at] in BLANKS:
            state.at += 1
        if state.at == len(text):
            break
        (_operand if state.want_operand else _operator)(state, text[state.at])
    if not state.stopped:
        _end(state)
    return state


def _operand(state: Scan, char: str) -> None:
    """Read on where an operand is due."""
    following = state.text[state.at + 1 : state.at + 2]
    if char in "0123456789" or (char == "." and following in tuple("0123456789")):
        number, problems = read_number(state.text, state.at)
        state.problems.extend(problems)
        state.take_atom("number", number)
    elif char.isascii() and (char.isalpha() or char == "_"):
        _word_as_operand(state)
    elif char in "\"'":
        _quoted_area(state)
    elif char == "(":
        _open(state)
    elif char == ")":
        _close_too_early(state)
    else:
        _sign(state)


def _sign(state: Scan) -> None:
    """A sign where an operand is due: a minus, or a mistake."""
    sign = _sign_at(state)
    if sign == "-":
        state.take("sign", 1, then_operand=True)
    elif sign in WRONG_PREFIXES:
        state.find(*WRONG_PREFIXES[sign])
        state.take("sign", 1, then_operand=True)
    elif sign in {"*", "**"} and state.last in {"(", ","}:
        state.stop(
            "RG103",
            "arguments are written out one by one",
            "leave out the `*`",
            end=state.at + len(sign),
        )
    elif sign in ARITHMETIC | COMPARISONS | {","} or sign in WRONG_OPERATORS:
        _operand_missing(state, sign)
        state.take(sign, len(sign), then_operand=True)
    else:
        _strange(state, sign)


def _operand_missing(state: Scan, sign: str) -> None:
    what = (
        f"before `{sign}`" if state.last in {"", "("} else f"between `{_last(state)}` and `{sign}`"
    )
    both = sign in COMPARISONS and state.last in {"and", "or"}
    hint = "write `10 kWh < import < 20 kWh`, or name it again" if both else ""
    state.find("RG102", f"something is missing {what}", hint, end=state.at + len(sign))


def _last(state: Scan) -> str:
    """The text of the last token, as far as a message needs it."""
    return shown(state.text[state.last_start : state.at].rstrip(BLANKS))


def _sign_at(state: Scan) -> str:
    found = _SIGN.match(state.text, state.at)
    return found[0] if found else ""


def _word_as_operand(state: Scan) -> None:
    found = _WORD.match(state.text, state.at)
    word = found[0] if found else ""
    end = state.at + len(word)
    rest = state.text[end:]
    if word == "not":
        _not(state)
    elif rest[:1] in tuple("\"'"):
        state.stop(
            "RG103",
            "a text with a prefix is not allowed",
            'an area\'s name is written `"House 1".import`',
            end=end + 1,
        )
    elif rest[:1] == ".":
        _dotted(state, word)
    elif rest.lstrip(BLANKS)[:1] == "(" and word not in _JOINING:
        _function(state, word)
    else:
        _plain_word(state, word)


_JOINING = frozenset({"and", "or", "if", "else", "in", "is"})


def _plain_word(state: Scan, word: str) -> None:
    """A word that stands alone as an operand."""
    end = state.at + len(word)
    if word == "if":
        state.stop("RG102", "an `if` stands between two amounts", "write `A if C else B`", end=end)
    elif word in _JOINING:
        _operand_missing(state, word)
        state.take(word, len(word), then_operand=True)
    else:
        wrong = _wrong_word(word)
        if wrong:
            state.find(*wrong, end=end)
        state.take_atom("name", Name(state.at, end, word))
        state.stopped = state.stopped or (word in PYTHON_WORDS and word not in WRONG_VALUES)


def _wrong_word(word: str) -> tuple[str, str, str] | None:
    """The problem of a word that can not be an operand, whatever the rulebook defines."""
    if word in WRONG_VALUES:
        return "RG103", f"there is no `{word}` in formulas", WRONG_VALUES[word]
    if word in PYTHON_WORDS:
        return "RG103", f"`{word}` is not allowed in formulas", ""
    if word in FUNCTIONS:
        return "RG102", f"`{word}` is a function", f"write `{FUNCTIONS[word].signature}`"
    if word in UNIT_NAMES:
        return "RG102", f"`{word}` is a unit and follows a number", f"write `1 {word}`"
    return _wrong_reserved(word)


def _wrong_reserved(word: str) -> tuple[str, str, str] | None:
    if word in {"children", "all"}:
        return "RG103", AGGREGATES_LATER, ""
    if word == "parent":
        return "RG102", "`parent` alone is no amount", "write `parent.import` or `parent.fee`"
    if word == FEE:
        hint = "write `current_fee`, `next_fee` or `last_fee`"
        return "RG112", "the area's own fee is what is being worked out", hint
    return None


def _not(state: Scan) -> None:
    if state.last not in _NOT_MAY_FOLLOW:
        where = "after a minus" if state.last == "sign" else f"after `{_last(state)}`"
        state.find(
            "RG102", f"a `not` {where} needs parentheses", "write `(not x)`", end=state.at + 3
        )
    state.take("not", 3, then_operand=True)


def _function(state: Scan, word: str) -> None:
    """A word before an opening parenthesis."""
    end = state.at + len(word)
    if word == "count":
        state.find("RG103", AGGREGATES_LATER, end=end)
    elif word not in FUNCTIONS:
        state.find(*_unknown_function(word), end=end)
    state.take_function(len(word))


def _unknown_function(word: str) -> tuple[str, str, str]:
    if word in PYTHON_WORDS:
        return "RG103", f"`{word}` is not allowed in formulas", WRONG_VALUES.get(word, "")
    if word in LANGUAGE_WORDS:
        return "RG102", f"`{word}` is no function", f"to multiply, write `{word} * (...)`"
    alias = FUNCTION_ALIASES.get(word.lower())
    hint = f"write `{FUNCTIONS[alias].signature}`" if alias else did_you_mean(word, FUNCTIONS)
    return "RG101", f"unknown function `{shown(word)}`", hint


def _dotted(state: Scan, word: str) -> None:
    """A name before a dot: `parent`, or an area's name that needs no quotes."""
    end = state.at + len(word)
    if word in {"children", "all"}:
        state.find("RG103", AGGREGATES_LATER, end=end)
    elif word != "parent" and word in LANGUAGE_WORDS:
        state.find(
            "RG102",
            f"`{word}` is a word of the language and names no area here",
            f'an area of that name is written `"{word}".import`',
            end=end,
        )
    _metric_of(state, word, end, is_parent=word == "parent")


def _quoted_area(state: Scan) -> None:
    start, quote = state.at, state.text[state.at]
    close = state.text.find(quote, start + 1)
    if close < 0:
        state.stop("RG102", "this quote is never closed", end=len(state.text))
        return
    name = state.text[start + 1 : close]
    if not name.isprintable() or not name.strip():
        what = "is empty" if not name.strip() else "holds a character that does not show"
        state.find("RG102", f"the name of this area {what}", end=close + 1)
    if state.text[close + 1 : close + 2] != ".":
        hint = f"write `{quote}{shown(name)}{quote}.import`" if name.strip() else ""
        state.find("RG103", "a text is only allowed as an area's name", hint, end=close + 1)
        state.take_atom("area", Name(start, close + 1, "", name))
    else:
        _metric_of(state, name, close + 1, is_parent=False)


def _metric_of(state: Scan, owner: str, dot: int, *, is_parent: bool) -> None:
    """The metric behind the dot of a dotted name."""
    found = _DOTTED.match(state.text, dot)
    if not found:
        state.stop(
            "RG102", "the name of a metric is missing after the dot", start=state.at, end=dot + 1
        )
        return
    more = _DOTTED.match(state.text, found.end())
    if more:
        hint = f'write the path in quotes: `"{shown(owner)}/{found[1]}".{more[1]}`'
        state.stop("RG103", "a name has only one dot", hint, start=state.at, end=more.end())
        return
    state.take_atom("name", Name(state.at, found.end(), found[1], owner, is_parent))


def _open(state: Scan) -> None:
    if len(state.groups) > MOST_NESTED:
        state.stop(
            "RG110",
            f"at most {MOST_NESTED} parentheses stand in each other",
            "split it into variables",
        )
        return
    is_call = state.last == "function"
    state.groups.append(Group(state.at, is_call))
    state.take("(", 1, then_operand=True)


def _close_too_early(state: Scan) -> None:
    """A closing parenthesis where an operand is due."""
    if len(state.groups) == 1:
        _close(state)
    elif state.last == ",":
        state.find(
            "RG103", "a comma before `)` is not allowed", "leave it out", start=state.last_start
        )
    elif state.last == "(" and state.groups[-1].is_call:
        state.find("RG109", "the arguments are missing", start=state.last_start, end=state.at + 1)
    elif state.last == "(":
        state.find(
            "RG102",
            "there is nothing between these parentheses",
            start=state.last_start,
            end=state.at + 1,
        )
    else:
        _operand_missing(state, ")")
    if len(state.groups) > 1:
        _close(state)


def _close(state: Scan) -> None:
    if len(state.groups) == 1:
        state.find("RG102", "this `)` closes nothing", "leave it out, or add the `(`")
    else:
        _check_if(state)
        state.groups.pop()
    state.take(")", 1, then_operand=False)


def _check_if(state: Scan) -> None:
    """At the end of a group or an argument: an `if` must have had its `else`."""
    start = state.groups[-1].open_if
    if start is not None:
        state.find(
            "RG102", "this `if` has no `else`", "write `A if C else B`", start=start, end=start + 2
        )
        state.groups[-1].open_if = None


def _operator(state: Scan, char: str) -> None:
    """Read on where an operator is due."""
    if char.isascii() and (char.isalpha() or char == "_"):
        _word_as_operator(state)
    elif char == ")":
        _close(state)
    elif char == ",":
        _comma(state)
    elif char in "0123456789\"'(":
        _operator_missing(state)
    elif char == ".":
        _stray_dot(state)
    else:
        _sign_as_operator(state)


def _sign_as_operator(state: Scan) -> None:
    sign = _sign_at(state)
    if sign in ARITHMETIC or sign in COMPARISONS:
        state.take(sign, len(sign), then_operand=True)
    elif sign == "=" and state.last == "name" and state.groups[-1].is_call:
        state.stop(
            "RG103",
            "arguments are given by their place, without names",
            "leave out the name and the `=`; a comparison is written `==`",
            start=state.last_start,
            end=state.at + 1,
        )
    elif sign in WRONG_OPERATORS:
        state.find(*WRONG_OPERATORS[sign], end=state.at + len(sign))
        state.take(sign, len(sign), then_operand=True)
    else:
        _strange(state, sign)


def _strange(state: Scan, sign: str) -> None:
    """A sign that has no meaning in formulas at all."""
    letters = _LETTERS.match(state.text, state.at)
    if sign in ENDINGS:
        state.stop(*ENDINGS[sign], end=state.at + len(sign))
    elif letters:
        hint = f'names are plain letters, digits and `_`; an area\'s name goes in quotes: `"{shown(letters[0])}".import`'
        state.stop("RG102", f"`{shown(letters[0])}` is no name", hint, end=letters.end())
    else:
        state.stop(
            "RG102", f"`{shown(sign)}` has no meaning in a formula", end=state.at + len(sign)
        )


def _word_as_operator(state: Scan) -> None:
    found = _WORD.match(state.text, state.at)
    word = found[0] if found else ""
    if word in {"and", "or"}:
        state.take(word, len(word), then_operand=True)
    elif word == "if":
        _if(state)
    elif word == "else":
        _else(state)
    elif word == "not" and re.match(r"not[ \t\r\n]+in\b", state.text[state.at :]):
        state.stop("RG103", *WRONG_WORD_OPERATORS["in"], end=state.at + 3)
    elif word in WRONG_WORD_OPERATORS:
        state.stop("RG103", *WRONG_WORD_OPERATORS[word], end=state.at + len(word))
    elif word in PYTHON_WORDS and word not in WRONG_VALUES:
        state.stop("RG103", f"`{word}` is not allowed in formulas", end=state.at + len(word))
    else:
        _operator_missing(state)


def _if(state: Scan) -> None:
    group = state.groups[-1]
    if group.open_if is not None:
        state.find("RG102", "an `if` within a condition needs parentheses", end=state.at + 2)
    group.open_if = state.at
    state.take("if", 2, then_operand=True)


def _else(state: Scan) -> None:
    group = state.groups[-1]
    if group.open_if is None:
        state.find("RG102", "this `else` has no `if`", "write `A if C else B`", end=state.at + 4)
    group.open_if = None
    state.take("else", 4, then_operand=True)


def _operator_missing(state: Scan) -> None:
    """Something stands where an operator is due: read it as the operand of a missing one."""
    following = re.compile(r"[\w.]+|.", re.ASCII | re.DOTALL).match(state.text, state.at)
    following_text = following[0] if following else ""
    last = _last(state)
    digits = last.isdigit() and following_text.isdigit()
    if state.last == "number" and last.endswith("%"):
        code, message, hint = WRONG_OPERATORS["%"]
    elif last.lower() == "not":
        code, message, hint = "RG103", f"`{last}` is written in small letters", "write `not`"
    elif digits:
        code, message, hint = (
            "RG104",
            "a number holds no blanks",
            f"write `{last}{following_text}`",
        )
    else:
        code, message, hint = (
            "RG102",
            f"an operator is missing between `{last}` and `{shown(following_text)}`",
            "",
        )
    state.find(code, message, hint, end=state.at + len(following_text))
    state.want_operand = True
    state.last = "*"


def _comma(state: Scan) -> None:
    """A comma where an operator is due: between arguments, or in a number written with a decimal comma."""
    if state.groups[-1].is_call:
        _check_if(state)
        state.take(",", 1, then_operand=True)
        return
    before = re.search(r"[0-9]+\Z", state.text[: state.at])
    after = re.match(r"[0-9]+", state.text[state.at + 1 :])
    if not (before and after):
        state.stop("RG102", "a comma stands only between the arguments of a function")
        return
    number = f"{before[0]}.{after[0]}"
    end = state.at + 1 + after.end()
    state.find(
        "RG104",
        "a decimal comma is not allowed",
        f"write `{number}`",
        start=before.start(),
        end=end,
    )
    _, end_of_unit, _ = read_unit(state.text, end)
    state.take("number", end_of_unit - state.at, then_operand=False)


def _stray_dot(state: Scan) -> None:
    if state.last == "number":
        state.stop(
            "RG104", "a number has only one point", start=state.last_start, end=state.at + 1
        )
    elif state.last in {"name", "area"}:
        state.stop(
            "RG102",
            "no blank may stand before the dot",
            "write it as one word, as in `Grid.import`",
        )
    else:
        state.stop(
            "RG103", "only an area has a dot behind it", "write a dotted name, as in `Grid.import`"
        )


def _end(state: Scan) -> None:
    """What may be missing at the end of a formula."""
    if not state.tokens:
        state.find("RG102", "the formula is empty", start=0, end=max(1, len(state.text)))
    elif state.want_operand:
        state.find(
            "RG102",
            f"something is missing after `{_last(state)}`",
            start=state.last_start,
            end=state.at,
        )
    for group in reversed(state.groups[1:]):
        _check_if(state)
        state.groups.pop()
        state.find("RG102", "this `(` is never closed", "add the `)`", start=group.start)
    _check_if(state)
