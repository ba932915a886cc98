"""The gate: whatever the text, a formula that can be read or the problems of the text."""

import ast
import re
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.diagnostics import CODES
from rulegrid.formula import Parsed, Problem, Reference, read
from tests.formula.examples import findings, written_out
from tests.yardstick import slowness

HOSTILE = Path(__file__).with_name("hostile.txt").read_text().splitlines()
PIECES = [
    *"()+-*/<>=!,.%&|~^@:;?[]{}#$\\`'\"_ \t\n",
    *("<=", ">=", "==", "!=", "**", "//", "and", "or", "not", "if", "else", "in", "is"),
    *("import", "Grid.import", '"House 1".fee', "parent.fee", "children.import", "x", "lambda"),
    *("1", "0.5", "1e3", "2 kWh", "40 %", "4 slots", "007", ".5", "5.", "1_0", "1,5", "0x1"),
    *(
        "abs(",
        "max(",
        "average(",
        "round(",
        "has(",
        "f(",
        "True",
        "None",
        "µ",
        "\N{LESS-THAN OR EQUAL TO}",
        "\N{MINUS SIGN}",
    ),
]
SOUP = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def outcome(text: str) -> Parsed | tuple[Problem, ...]:
    """What reading gives, with the promises about problems held."""
    result = read(text)
    if isinstance(result, tuple):
        assert result
        for problem in result:
            assert problem.code in CODES
            assert 0 <= problem.start <= problem.end <= len(text), problem
            assert problem.message
            assert (problem.message + problem.hint).isprintable(), problem
    return result


@pytest.mark.parametrize("line", HOSTILE)
def test_hostile_texts_are_refused(line):
    """No text from a list of escapes, bombs and other languages becomes an expression."""
    assert findings(written_out(line), None)
    outcome(written_out(line))


@given(st.one_of(st.text(max_size=80), SOUP))
def test_any_text_is_read_or_has_problems(text):
    """Any text at all gives a formula or problems inside the text, never an exception."""
    outcome(text)


@given(SOUP)
def test_what_is_read_holds_only_the_language(text):
    """A tree that passes the gate has none but the few kinds of nodes of the language."""
    parsed = outcome(text)
    if isinstance(parsed, Parsed):
        kinds = {type(node) for node in ast.walk(parsed.tree) if isinstance(node, ast.expr)}
        allowed = {ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name}
        assert kinds <= allowed


LARGE = [
    "1+" * 255 + "1",
    "1+" * 400 + "1",
    "(" * 500,
    ")" * 1024,
    "-" * 1024,
    "not " * 200 + "x",
    "x if y else " * 60 + "z",
    "(x)+" * 128 + "x",
    "abs(" * 32 + "1" + ")" * 32,
    "a<" * 255 + "a",
    "1 " * 512,
    "1" * 1024,
    "1e" + "9" * 1000,
    "0." + "0" * 1000 + "1",
    "x" * 1024,
    "é" * 1024,
    '"' * 1024,
    '"a".import,' * 90,
    "," * 1024,
    "_" * 1024,
    "." * 1024,
    "max(" + ",".join("x" * 400) + ")",
    "x" * 100_000,
]


@pytest.mark.parametrize("text", LARGE, ids=range(len(LARGE)))
def test_the_largest_texts_take_no_time(text):
    """The worst texts are settled in under 50 ms on a machine of the usual speed."""
    times = []
    for _ in range(3):
        start = process_time()
        outcome(text)
        times.append(process_time() - start)
    assert min(times) < 0.05 or min(times) / slowness() < 0.05


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 1025, "a formula has at most 1024 characters, this has 1025"),
        ("1 +" * 257, "a formula has at most 512 words, numbers and signs"),
        ("(" * 33 + "1" + ")" * 33, "at most 32 parentheses stand in each other"),
        ("-" * 17 + "1", "more than 16 signs in a row"),
        ("not " * 17 + "x", "more than 16 signs in a row"),
        (
            "+".join("1" * 129),
            "a formula has at most 256 names, numbers and operators, this has 257",
        ),
        ("-(" * 31 + "1" + ")" * 31, None),
        ("--(" * 16 + "1" + ")" * 16, "a formula has at most 32 levels"),
    ],
)
def test_the_limits_are_told(text, message):
    """What is too large is refused with the limit in the message, and what just fits is read."""
    result = read(text)
    if message is None:
        assert isinstance(result, Parsed)
    else:
        assert [("RG110", message)] == [(problem.code, problem.message) for problem in result]


def test_chains_count_as_one_level():
    """Long sums and long `else` chains are no deeper than short ones."""
    assert isinstance(read("+".join("x" * 128)), Parsed)
    assert isinstance(read("1 if x else " * 80 + "2"), Parsed)


def test_names_are_listed_before_they_are_checked():
    """Own names, named areas, paths and parents are listed with their places."""
    text = """a + Grid.import * 'Haus "1"'.fee - parent.fee
              + abs("A/B".volume) + market_maker_rate"""
    parsed = read(text)
    assert isinstance(parsed, Parsed)
    assert [
        ("a", Reference("own", "a")),
        ("Grid.import", Reference("area", "import", "Grid")),
        ("""'Haus "1"'.fee""", Reference("area", "fee", 'Haus "1"')),
        ("parent.fee", Reference("parent", "fee")),
        ('"A/B".volume', Reference("area", "volume", "A/B")),
        ("market_maker_rate", Reference("grid", "market_maker_rate")),
    ] == [(text[name.start : name.end], name.reference) for name in parsed.names_read]


def test_blanks_and_line_breaks_are_spaces():
    """A formula may be spread over lines and begin with blanks; places stay."""
    parsed = read("\n  import\r\n\t+ export ")
    assert isinstance(parsed, Parsed)
    assert [3, 14] == [name.start for name in parsed.names_read]


def test_messages_name_no_invisible_character():
    """Whatever stands in the text, a message shows it escaped."""
    for code in (*range(32), 127, 0x85, 0x200B, 0x202E, 0xFEFF, 0xD800):
        for text in (f"1{chr(code)}2", f"x{chr(code)}", f'"{chr(code)}".import', chr(code)):
            if not re.fullmatch(r"[\t\n\r]", chr(code)):
                assert isinstance(outcome(text), tuple)
