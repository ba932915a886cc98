"""The shape of a rulebook: its JSON Schema, and what is said where a file is otherwise."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rulegrid.diagnostics import in_reading_order, render
from rulegrid.program import Limits
from rulegrid.rulebook import structure
from rulegrid.rulebook.document import BROKEN, load
from rulegrid.rulebook.shapes import errors
from rulegrid.source import Source
from rulegrid.units import UNIT_NAMES
from tests.console import ROOT, RULES

SCHEMA = json.loads((ROOT / "schemas" / "rulebook.schema.json").read_text())
HEAD = "rulegrid: 1\nname: Test\n"
AREAS = "areas: {Grid: 1}\n"
KEYS = ("fee", "rules", "when", "otherwise", "because", "limits", "min", "max", "decimals", "hold")
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 20),
        st.sampled_from((0.5, -1.5, 2.0)),
        st.sampled_from(("", "keep", "a + b", "ct/kWh")),
        st.just(BROKEN),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from((*KEYS, "from", "fees", "value", "x-y")), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


def found(text):
    """The findings about a text that is YAML."""
    document, findings = load(Source("a.yaml", text))
    assert document
    shape = structure.findings(document, SCHEMA)
    assert shape == in_reading_order(shape)
    return [*findings, *shape]


def told(text):
    """Each finding as its code, what it points at, and what it says."""
    return [(f.code, text[f.span.start : f.span.end], f.message, f.hint) for f in found(text)]


def short(text):
    return [each[:2] for each in told(text)]


# The schema


def every_part(schema, path=()):
    yield path, schema
    for key, part in schema.items():
        if isinstance(part, dict):
            yield from every_part(part, (*path, key))
        for each in part if isinstance(part, list) else ():
            if isinstance(each, dict):
                yield from every_part(each, (*path, key))


def test_the_schema_is_a_schema():
    """Of draft 2020-12, without `oneOf` and without references to other files."""
    Draft202012Validator.check_schema(SCHEMA)
    assert "https://json-schema.org/draft/2020-12/schema" == SCHEMA["$schema"]
    for _, part in every_part(SCHEMA):
        assert "oneOf" not in part
        assert part.get("$ref", "#").startswith("#")


def test_no_mapping_takes_unknown_keys():
    """A key that nobody reads would be a rule that silently does not apply."""
    for path, part in every_part(SCHEMA):
        if "properties" in part and "properties" not in path[-1:]:
            assert part["additionalProperties"] is False, path


def test_the_schema_says_the_defaults_that_hold():
    """What an editor shows is what an empty rulebook does."""
    limits = SCHEMA["$defs"]["limits"]["properties"]
    assert (Limits().minimum, Limits().decimals) == (
        limits["min"]["default"],
        limits["decimals"]["default"],
    )


def test_the_units_it_names_are_units():
    """Its examples of units can be used."""
    assert set(SCHEMA["$defs"]["variable"]["properties"]["unit"]["examples"]) <= UNIT_NAMES


@pytest.mark.parametrize("path", RULES, ids=lambda p: p.stem)
def test_the_rulebooks_that_ship_have_the_right_shape(path):
    """And the schema alone, as an editor uses it, agrees."""
    document, _ = load(Source(path.name, path.read_text()))
    assert () == structure.findings(document, SCHEMA)
    assert [] == list(Draft202012Validator(SCHEMA).iter_errors(document.data))


# Quick validation


@given(VALUES)
def test_leaving_out_known_shapes_changes_no_verdict(value):
    """Errors are those of the library without shortcuts, whatever stands under a name."""
    names = {"areas": dict.fromkeys("abc", value), "variables": {"v": value, "w": value}}
    data = {"rulegrid": 1, "name": "Test", **names, "limits": value}

    def places(found):
        return sorted((str(list(e.absolute_path)), str(e.validator)) for e in found)

    assert places(Draft202012Validator(SCHEMA).iter_errors(data)) == places(errors(data, SCHEMA))


def test_a_shape_holds_keys_and_numbers():
    """An area that differs only in a number may still be wrong."""
    areas = "".join(f"  A{n}: {{fee: x, limits: {{min: {n}}}}}\n" for n in (1, 0, -1, 2))
    assert [("RG204", "-1")] == short(f"{HEAD}areas:\n{areas}")


# What is said


@pytest.mark.parametrize(
    ("text", "code", "part", "words"),
    [
        (f"{HEAD}{AREAS}fees: 1\n", "RG201", "fees", "possible here: description"),
        (f"{HEAD}{AREAS}limts: {{}}\n", "RG201", "limts", "did you mean `limits`?"),
        (f"{HEAD}{AREAS}max: 1\n", "RG201", "max", "belongs under `limits:`"),
        (f"{HEAD}areas: {{G: {{fee: 1, name: x}}}}\n", "RG201", "name", "not inside `G`"),
        (f"{HEAD}areas: {{G: {{fee:5}}}}\n", "RG201", "fee:5", "`fee: 5`"),
        (f"{HEAD}{AREAS}House 1: 2\n", "RG201", "House 1", "below `areas:`"),
        (f"rulegrid: 1\n{AREAS}", "RG202", "rulegrid", "`name: "),
        (f"name: x\n{AREAS}", "RG202", "name", "`rulegrid: 1`"),
        (HEAD, "RG202", "rulegrid", "write `areas:`, and below it"),
        (f"{HEAD}areas: {{G: {{description: x}}}}\n", "RG202", "G", "`fee` or `rules`"),
        (f"{HEAD}variables: {{v: {{unit: kWh}}}}\n{AREAS}", "RG202", "v", "`value` or `from`"),
        (f"{HEAD}areas:\n", "RG203", "areas", "has no value"),
        (f"{HEAD}areas: {{G: 1, H}}\n", "RG203", "H", "has no value"),
        (f"{HEAD}areas: [G]\n", "RG203", "[G]", "a list where a mapping"),
        (f"{HEAD}{AREAS}limits: max:30\n", "RG203", "max:30", "space behind the colon"),
        (f"{HEAD}{AREAS}timezone: 1\n", "RG203", "1", 'quotes: "1"'),
        (f"rulegrid: 1\nname: 2.10\n{AREAS}", "RG203", "2.10", 'quotes: "2.10"'),
        (f"{HEAD}areas: {{G: [1]}}\n", "RG203", "[1]", "one value, not several"),
        (
            f"{HEAD}areas: {{G: true}}\n",
            "RG203",
            "true",
            "a truth value where a number, a text or",
        ),
        (f"{HEAD}{AREAS}limits: {{decimals: 0.5}}\n", "RG203", "0.5", "a whole number"),
        (f"{HEAD}{AREAS}fee_unit: [percent]\n", "RG203", "[percent]", "several"),
        (f"{HEAD}{AREAS}fee_unit: ct/kwh\n", "RG204", "ct/kwh", "did you mean `ct/kWh`?"),
        (f"{HEAD}{AREAS}fee_unit: '%'\n", "RG204", "'%'", "write `percent`"),
        (f"{HEAD}{AREAS}limits: {{max: -1}}\n", "RG204", "-1", "lowest possible is 0"),
        (f"{HEAD}{AREAS}limits: {{decimals: 10}}\n", "RG204", "10", "highest possible is 9"),
        (f"{HEAD}areas: {{}}\n", "RG204", "areas", "is empty"),
        (f"rulegrid: 1\nname: ''\n{AREAS}", "RG204", "name", "is empty"),
        (f"{HEAD}groups: {{g: []}}\n{AREAS}", "RG204", "g", "at least one selector"),
        (f"{HEAD}groups: {{g: House 1}}\n{AREAS}", "RG203", "House 1", "begin each line with"),
        (f"{HEAD}groups: {{g: [1]}}\n{AREAS}", "RG203", "1", "this selector is a number"),
        (f"{HEAD}groups: {{g h: [a]}}\n{AREAS}", "RG204", "g h", "write `g_h`"),
        (f"{HEAD}variables: {{a-b: 1}}\n{AREAS}", "RG204", "a-b", "write `a_b`"),
        (f"{HEAD}variables: {{1a: 1}}\n{AREAS}", "RG204", "1a", "write `_1a`"),
        (f"{HEAD}areas: {{G: {{fee: max(a, b)}}}}\n", "RG205", "max(a, b)", '"max(a, b)"'),
        (f"rulegrid: 2\nname: x\n{AREAS}", "RG206", "2", "a newer rulegrid"),
        (f"rulegrid: '1'\nname: x\n{AREAS}", "RG206", "'1'", "write `rulegrid: 1`"),
        (f"rulegrid: 1.0\nname: x\n{AREAS}", "RG206", "1.0", "write `rulegrid: 1`"),
        (f"rulegrid:\nname: x\n{AREAS}", "RG206", "rulegrid", "write `rulegrid: 1`"),
        (f"rulegrid: true\nname: x\n{AREAS}", "RG206", "true", "write `rulegrid: 1`"),
        (f"name: x\nrulegrid: 1\n{AREAS}", "RG208", "rulegrid", "first line"),
    ],
)
def test_one_mistake_is_one_finding_at_its_place(text, code, part, words):
    """In words that an analyst understands, with what to write."""
    ((found_code, found_part, message, hint),) = told(text)
    assert (code, part) == (found_code, found_part)
    assert words in f"{message} {hint}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("- when: a", [("RG202", "when")]),
        ("- fee: 1", [("RG202", "fee")]),
        ("- because: a", [("RG202", "because")]),
        ("- {}", [("RG202", "{}")]),
        ("- {when: a, otherwise: 1}", [("RG207", "otherwise")]),
        ("- {otherwise: 1, fee: 1}", [("RG207", "fee")]),
        ("- {fee: 1, when: a, otherwise: 1}", [("RG207", "otherwise")]),
        ("- {if: a, fee: 1}", [("RG201", "if"), ("RG202", "fee")]),
        ("- {wen: a, fee: 1}", [("RG201", "wen")]),
        ("- {when: a, fees: 1}", [("RG201", "fees")]),
        ("- 1", [("RG203", "1")]),
        ("-", [("RG203", "")]),
        ("- {when: 1, fee: a}", [("RG203", "1")]),
    ],
)
def test_a_line_of_rules_has_one_finding_a_mistake(lines, expected):
    """Although several parts of the schema are not met."""
    text = f"{HEAD}areas:\n  Grid:\n    rules:\n      {lines}\n      - otherwise: 1\n"
    assert expected == short(text)


def test_fee_and_rules_exclude_each_other():
    """The later one is marked, the other one shown."""
    text = f"{HEAD}areas:\n  Grid:\n    rules: [{{otherwise: 1}}]\n    fee: 1\n"
    (finding,) = found(text)
    assert "RG207" == finding.code
    assert "fee" == text[finding.span.start : finding.span.end]
    (related,) = finding.related
    assert "rules" == text[related.span.start : related.span.end]


def test_because_belongs_to_one_formula():
    """With rules, each line has its own."""
    text = f"{HEAD}areas:\n  Grid:\n    rules: [{{otherwise: 1}}]\n    because: a\n"
    assert [("RG202", "because")] == short(text)


def test_a_misspelt_key_is_not_missing_besides():
    """One mistake, one finding."""
    assert [("RG201", "nam")] == short(f"rulegrid: 1\nnam: x\n{AREAS}")
    assert [("RG201", "rule")] == short(f"{HEAD}areas: {{G: {{rule: []}}}}\n")


def test_nothing_is_said_twice_about_a_value():
    """What the YAML already showed is left alone."""
    text = f"{HEAD}areas:\n  G: {{fee: on, when_no_data: 010}}\n  H: {{<<: {{fee: 1}}}}\nno: 1\n"
    assert ["RG007", "RG007", "RG005", "RG007"] == [code for code, *_ in told(text)]


def test_a_newer_language_is_not_looked_at_any_further():
    """Its other keys may be new as well."""
    assert [("RG206", "2")] == short("rulegrid: 2\nsomething: new\n")
    older = {code for code, _ in short("rulegrid: 0\nareas: {G: 1}\nx: 1\n")}
    assert {"RG206", "RG202", "RG201"} == older


def test_all_mistakes_are_found_in_one_run():
    """Wherever they are."""
    text = (
        f"{HEAD}areas:\n  A: [1]\n  B: {{fees: 1}}\n  C: {{fee: 1, limits: {{max: -1}}}}\nmin: 0\n"
    )
    assert ["RG203", "RG201", "RG204", "RG201"] == [code for code, _ in short(text)]


@pytest.mark.parametrize(
    "lines",
    [
        "".join(f"k{n}: 1\n" for n in range(50_000)),
        "areas:\n" + "".join(f" k{n}: []\n" for n in range(50_000)),
        "areas:\n G:\n  rules:\n" + "   - when: 1\n" * 50_000,
    ],
)
def test_a_hostile_file_has_a_bounded_number_of_findings(lines):
    """Nobody reads fifty thousand."""
    document, _ = load(Source("a.yaml", f"rulegrid: 1\n{lines}"))
    assert 0 < len(structure.findings(document, SCHEMA)) <= structure.MOST_FINDINGS


@given(VALUES, VALUES, st.sampled_from(("areas", "variables", "limits", "name", "rulegrid", "x")))
def test_any_shape_gives_findings_that_can_be_shown(one, other, key):
    """Never an exception, and nothing but a rulebook goes without a finding."""
    data = {"rulegrid": 1, "name": "Test", "areas": {"Grid": one, "House 1": other}, key: one}
    text = json.dumps(unbroken(data))
    document, findings = load(Source("a.yaml", text))
    if document is None:
        return
    shape = structure.findings(document, SCHEMA)
    for finding in shape:
        render(finding, document.source)
    if not findings:
        is_valid = Draft202012Validator(SCHEMA).is_valid(document.data)
        assert is_valid is (not [f for f in shape if f.code != "RG208"]) or key == "rulegrid"


def unbroken(value):
    """A value without the mark of broken ones, which no file can hold."""
    if isinstance(value, dict):
        return {key: unbroken(each) for key, each in value.items()}
    if isinstance(value, list):
        return [unbroken(each) for each in value]
    return None if value is BROKEN else deepcopy(value)
