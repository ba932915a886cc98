"""A formatted rulebook looks the same whoever wrote it, and says what it said."""

import pytest

from rulegrid.formula import Parsed, read
from rulegrid.formula.spelling import spelled
from rulegrid.gateway.files import schema
from rulegrid.rulebook.document import load
from rulegrid.rulebook.format import NotTheSameError, format_source, format_text
from rulegrid.rulebook.format.layout import layout
from rulegrid.rulebook.format.quoting import quoted
from rulegrid.source import Source
from tests.console import ROOT

SPELLINGS = {
    "a+b": "a + b",
    "-a*-3kWh": "-a * -3 kWh",
    "- -a": "--a",
    "a--1": "a - -1",
    "max( a ,b )": "max(a, b)",
    "average (import,4slots)": "average(import, 4 slots)",
    "not(a>b)and c": "not (a > b) and c",
    "40%<=self_sufficiency<70 %": "40 % <= self_sufficiency < 70 %",
    "'Community 1'.import>3kWh": "'Community 1'.import > 3 kWh",
    "2 if(a>1)else(3)": "2 if (a > 1) else (3)",
    "1e-3*x/2ct/kWh": "1e-3 * x / 2 ct/kWh",
    "a\n  + b": "a + b",
}
QUOTES = {
    "Flat fee": "Flat fee",
    "it's": "it's",
    "Ratio 1:2": "Ratio 1:2",
    "12 ct/kWh": "12 ct/kWh",
    "12": '"12"',
    "1e3": '"1e3"',
    "on": '"on"',
    "null": '"null"',
    "": '""',
    "22:30": '"22:30"',
    "17:00-20:00": '"17:00-20:00"',
    "2026-01-09": '"2026-01-09"',
    "a: b": '"a: b"',
    "a #b": '"a #b"',
    "ends:": '"ends:"',
    " blank": '" blank"',
    "%": '"%"',
    "* 2": '"* 2"',
    '"Grid".import': "'\"Grid\".import'",
    "'Grid'.import \"": "'''Grid''.import \"'",
    "- 2": '"- 2"',
}
IN_FLOW = {"max(1, 2)": '"max(1, 2)"', "a{b}": '"a{b}"', "a:b": '"a:b"', "Flat fee": "Flat fee"}


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_formula_has_one_space_around_operators_and_before_units(text):
    """And none inside parentheses, behind a minus before an operand, or before a comma."""
    parsed = read(text)
    assert isinstance(parsed, Parsed)
    assert SPELLINGS[text] == spelled(parsed)


@pytest.mark.parametrize("text", QUOTES)
def test_quotes_stand_where_any_yaml_reader_needs_them(text):
    """Double ones, unless the text holds such a quote."""
    assert QUOTES[text] == quoted(text)


@pytest.mark.parametrize("text", IN_FLOW)
def test_in_braces_more_texts_need_quotes(text):
    """A comma, a colon, a brace or a bracket would end them."""
    assert IN_FLOW[text] == quoted(text, is_in_flow=True)


def test_a_name_with_a_star_keeps_its_quotes():
    """So that a wildcard always looks the same."""
    assert '"Street *"' == quoted("Street *", is_key=True)


def test_a_broken_rulebook_gives_its_findings_and_no_text():
    """What is wrong is said before anything is made prettier."""
    formatted = format_source(Source("a.yaml", "rulegrid: 1\nareas: 2\n"), schema("rulebook"))
    assert formatted.text is None
    assert {"RG202", "RG203"} == {finding.code for finding in formatted.findings}


def test_warnings_do_not_keep_a_rulebook_from_being_formatted():
    """They may be meant."""
    text = "rulegrid: 1\nname:   A\nvariables: {unused: 1}\nareas: {Grid: 1}\n"
    assert format_source(Source("a.yaml", text), schema("rulebook")).text is not None


@pytest.mark.parametrize(
    "text",
    [
        "a: |+\n    b\n\n\nc: 1\n",
        "a: |+\n    b\n\n\n",
        "a: |2\n    b\n     c\n",
        "a: |\n    b",
        "a: >-\n     b\n\n       c\n\nd: 1\n",
    ],
)
def test_the_blanks_that_belong_to_a_text_stay(text):
    """Of a text behind `|` or `>` only the indentation changes."""
    assert data(text) == data(format_text(Source("", text), lambda _: False))


def data(text):
    document, _ = load(Source("", text))
    return document.data


def test_what_would_change_the_content_is_refused(monkeypatch):
    """A mistake of the formatter reaches no file."""
    monkeypatch.setattr("rulegrid.rulebook.format.parted", lambda found: found.text + "b: 2\n")
    with pytest.raises(NotTheSameError, match="says"):
        format_text(Source("", "a: 1\n"), lambda _: False)


def test_what_would_lose_a_comment_is_refused(monkeypatch):
    """Not one."""
    monkeypatch.setattr("rulegrid.rulebook.format.aligned", lambda *_: "a: 1\n")
    with pytest.raises(NotTheSameError, match="comment"):
        format_text(Source("", "a: 1  # one\n"), lambda _: False)


def test_every_part_of_a_file_is_known_to_the_formatter():
    """Each key and each value of a large rulebook is a scalar of its layout, once."""
    text = (ROOT / "rules" / "import_bands.yaml").read_text()
    document, _ = load(Source("", text))
    found = layout(document)
    values = [each.path for each in found.scalars if not each.is_key]
    assert len(set(values)) == len(values)
    assert set(values) == set(document.texts)
