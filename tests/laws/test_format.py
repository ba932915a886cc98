"""Whatever a rulebook looks like, formatting keeps what it says, and is done once."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from random import Random

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rulegrid.formula import Expression, Parsed, read
from rulegrid.formula.spelling import spelled, words
from rulegrid.gateway.files import schema
from rulegrid.program import Place
from rulegrid.rulebook.compile import compile_opened, open_source
from rulegrid.rulebook.document import decode
from rulegrid.rulebook.format import format_source
from rulegrid.source import Source
from tests.console import ROOT, RULES
from tests.reference.grammar import formulas
from tests.reference.worlds import dice

FILES = sorted(
    (*RULES, *(ROOT / "tests/golden").glob("[of]*/*.yaml")),
)
TEXTS = [decode(path.name, path.read_bytes())[0].text for path in FILES]
TABLES = {
    f"tables/{path.name}": path.read_bytes()
    for path in (ROOT / "tests/golden/ok/tables").iterdir()
}
SCHEMA = schema("rulebook")


def formatted(text: str) -> str | None:
    """A text formatted, or None where it has errors."""
    return format_source(Source("rulebook.yaml", text), SCHEMA).text


def program(text: str) -> object:
    """What a rulebook means, without the places of its text."""
    opened = open_source(Source("rulebook.yaml", text))
    return meant(compile_opened(opened, SCHEMA, TABLES, "").program)


def meant(part: object) -> object:
    """A part of a program with its expressions as what they compute, without places."""
    if isinstance(part, Expression):
        return part.key
    if isinstance(part, tuple | Mapping):
        pairs = part.items() if isinstance(part, Mapping) else enumerate(part)
        return {key: meant(value) for key, value in pairs}
    if is_dataclass(part) and not isinstance(part, Place):
        return {each.name: meant(getattr(part, each.name)) for each in fields(part)}
    if isinstance(part, str):  # a step is told in the words of the rulebook
        part = part.replace(" ", "")
    return None if isinstance(part, Place) else part


def comments(text: str) -> Counter[str]:
    """The comments of a text as PyYAML's own scanner leaves them between its tokens."""
    found, end = Counter(), 0
    for token in yaml.scan(text.replace("\t", " ")):
        found.update(
            each.rstrip() for each in re.findall("#.*", text[end : token.start_mark.index])
        )
        block = isinstance(token, yaml.ScalarToken) and token.style in ("|", ">")
        header = text[token.start_mark.index : text.find("\n", token.start_mark.index)]
        found.update(each.rstrip() for each in re.findall(r"#.*", header) if block)
        end = token.end_mark.index
    return found


def hold(text: str) -> None:
    """The laws of formatting, for any text."""
    after = formatted(text)
    if after is None:
        return
    assert formatted(after) == after
    assert comments(text) == comments(after)
    assert yaml.compose(text) is not None
    assert not re.search(r"[ \t]+$|\r", after, re.MULTILINE) or "|" in text or ">" in text
    assert meaning(text) == meaning(after)


def meaning(text: str) -> object:
    """The data of a text for a reader of YAML 1.1, without blanks."""
    return re.sub(r"\s|\\n", "", repr(yaml.safe_load(text)))


@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in FILES])
def test_every_rulebook_keeps_its_meaning_and_its_comments(text):
    """Equal data for another YAML reader, equal comments, and nothing left to do."""
    assert formatted(text) is not None
    hold(text)


def worn(text: str, dice: Random) -> str:
    """A text after some careless editing."""
    for _ in range(dice.randint(1, 6)):
        lines = text.split("\n")
        place = dice.randrange(len(lines))
        wear = dice.choice(WEAR)
        lines[place] = wear(lines[place], dice)
        text = "\n".join(lines)
    return dice.choice(WHOLE)(text)


def _replaced(pattern: str, by: str):
    def wear(line: str, dice: Random) -> str:
        del dice
        return re.sub(pattern, by, line, count=1)

    return wear


def _scratched(line: str, dice: Random) -> str:
    at = dice.randint(0, len(line))
    return line[:at] + dice.choice(" #'\":-{}[],|>&*\n0a") * dice.randint(0, 2) + line[at:]


WEAR = [
    lambda line, dice: line + " " * dice.randint(1, 3),
    lambda line, dice: line + " " * dice.randint(1, 9) + "# why not: 'so'",
    lambda line, dice: " " * dice.randint(0, 12) + "# above\n" + line,
    lambda line, dice: line + "\n" + " " * dice.randint(0, 30) + "# below",
    lambda line, dice: line + "\n" * dice.randint(1, 3),
    lambda line, dice: " " * dice.randint(1, 2) + line,
    _replaced(r": +", ":   "),
    _replaced(r" ([-+*/<>]) ", r"\1"),
    _replaced(r"(\d) (ct|kWh|%|slots)", r"\1\2"),
    _replaced(r": ([^\"'{\[|>#]+)$", r": '\1'"),
    _replaced(r": ([^\"'{\[|>#]+)$", r': "\1"'),
    _replaced(r": ([^\"'{\[|>#]+)$", ":\n                \\1"),
    _replaced(r"\{", "{ "),
    _replaced(r"\{", "{\n              "),
    _replaced(r", ", " ,\n                 "),
    _replaced(r"- ", "-    "),
    _replaced(r": (>-?|\|[-+]?)$", r": \1  # block"),
    _replaced(r": ([^\"'{\[|>#]+)$", ": |+\n                \\1\n\n"),
    _scratched,
]
WHOLE = [
    lambda text: text,
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("\n  ", "\n    "),
    lambda text: re.sub(r"^( +)", r"\1\1", text, flags=re.MULTILINE),
    lambda text: text.rstrip("\n"),
    lambda text: text + "\n\n",
    lambda text: re.sub(r"^(\s*)  - ", r"\1- ", text, flags=re.MULTILINE),
]


@settings(max_examples=100)
@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
def test_a_worn_rulebook_keeps_its_meaning_and_its_comments(text, seed):
    """However it was edited, what comes out says the same; what has errors is not touched."""
    hold(worn(text, dice(seed)))


@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in FILES])
def test_a_formatted_rulebook_is_the_same_program(text):
    """Policies, variables and limits are equal but for their places in the text."""
    assert program(text) == program(formatted(text) or "")


@settings(max_examples=80)
@given(formulas(), st.integers(0, 2**32))
@example("2 / (1Wh / hour)", 56)
def test_a_formula_keeps_its_parts_whatever_its_blanks(text, seed):
    """The blanks that a formula can do without change nothing, and come back as they should be."""
    thrown = dice(seed)
    parsed = read(text)
    assert isinstance(parsed, Parsed)
    parts = re.split(r"(\"[^\"]*\"|'[^']*'|ct/kWh|EUR/[kM]Wh|[0-9.]+(?:[eE][-+]?[0-9]+)?)", text)

    def respaced(found: re.Match[str]) -> str:
        # without it `1 Wh / hour` would be so many `Wh/hour`
        kept = " " if found[0].startswith(" /") else ""
        return kept + found[1] + " " * thrown.randint(0, 2)

    parts[::2] = [re.sub(r" *([<>=!]=|[-+*/(),<>]) *", respaced, part) for part in parts[::2]]
    tight = "".join(parts)
    again = read(tight)
    assert isinstance(again, Parsed)
    assert words(again) == words(parsed)
    assert spelled(again) == spelled(parsed)
