"""Formulas read in dependency order, each once, and on past every mistake."""

import pytest

from tests.building import VILLAGE, bound, compiled, fees, fold, program, snapshot

BROKEN = [
    # a mistake in one definition, and all that is said about it
    ("variables: {a: import +, b: a * 2}\nareas: {Grid: b / 1 kWh}", ["RG102"]),
    ("variables: {a: imprt, b: a * 2}\nareas: {Grid: b / 1 kWh}", ["RG101"]),
    ("variables: {a: import + volume + avg_price, b: a}\nareas: {Grid: b / 1 kWh}", ["RG106"]),
    ("variables: {a: a, b: a}\nareas: {Grid: b, Mill: a + 1 ct/kWh}", ["RG302"]),
    ("variables: {a: {unit: kwh, value: import}}\nareas: {Grid: a / 1 kWh}", ["RG105"]),
    ("variables: {a: {unit: kWh, value: avg_price}}\nareas: {Grid: a / 1 kWh}", ["RG113"]),
    ("variables: {a: null}\nareas: {Grid: a}", ["RG203"]),
    ("variables: {a: import}\nareas: {Grid: {fee: a / 1 kWh, variables: {a: avg_price}}}",
     ["RG106"]),
    ("areas: {Grid: import +, Mill: 1 kWh}", ["RG102", "RG113"]),
    ("slot_length: x\nareas: {Grid: 'average(import, 30 min) / 1 kWh'}", ["RG102"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "codes"), BROKEN)
def test_one_mistake_is_one_finding_whoever_leans_on_it(text, codes):
    """A broken variable keeps its name: what uses it is not wrong because of that."""
    assert codes == [finding.code for finding in compiled(text).findings]


def test_equal_texts_are_each_judged_at_their_own_place():
    """The same mistake in two lines is told twice, each time where it stands."""
    made = compiled("areas:\n  Grid: imprt / 1 kWh\n  Mill: imprt / 1 kWh\n")
    places = [made.source.position(finding.span.start).line for finding in made.findings]
    assert [4, 5] == places


def test_equal_texts_mean_what_their_area_says():
    """A formula over a variable is another one where an area defines it itself."""
    text = """\
variables: {base: 2 ct/kWh}
areas:
  Grid: base * 2
  Mill: {fee: base * 2, variables: {base: avg_price}}
"""
    binding = bound(text)
    (cycle,) = fold(binding, [snapshot(binding.grid, avg_price=5)])
    assert (4, 10) == (fees(cycle)["Grid"], fees(cycle)["Mill"])


ORDERS = [
    "{a: b * 2, b: c, c: import}",
    "{c: import, b: c, a: b * 2}",
    "{b: c, a: b * 2, c: import}",
]


@pytest.mark.parametrize("variables", ORDERS)
def test_variables_come_after_those_they_read(variables):
    """Whatever their order in the file."""
    made = program(f"variables: {variables}\nareas: {{Grid: a / 1 kWh}}")
    assert ["c", "b", "a"] == [variable.name for variable in made.variables]


def test_an_areas_own_variable_may_lean_on_a_shared_one_that_comes_later():
    """The order is that of all versions together."""
    text = "variables: {z: import}\nareas: {Grid: {fee: a / 1 kWh, variables: {a: z * 2}}}"
    assert ["z", "a"] == [variable.name for variable in program(text).variables]


def test_a_variable_that_only_an_area_defines_is_known_only_there():
    """Elsewhere it is an unknown name."""
    text = "areas: {Grid: {fee: a, variables: {a: 2}}, Mill: a}"
    found = compiled(text).findings
    assert ["RG101"] == [finding.code for finding in found]
    assert text.index("Mill: a") + len("Mill: ") + len("rulegrid: 1\nname: A test\n") == (
        found[0].span.start
    )


UNITS = [
    # a variable under a unit, its use, the fee
    ("{unit: ct/kWh, value: 2}", "v", 2),
    ("{unit: EUR/kWh, value: 0.02}", "v", 2),
    ("{unit: EUR/kWh, value: 2 ct/kWh}", "v", 2),
    ("{unit: '%', value: 50}", "v * 4 ct/kWh", 2),
    ("{unit: MWh, value: 0.002}", "v / 1 kWh", 2),
    ("{unit: ct/kWh, value: 2 if 1 < 2 else 3}", "v", 2),
    ("2", "v", 2),
]


@pytest.mark.parametrize(("variable", "fee", "expected"), UNITS)
def test_a_number_under_a_unit_takes_it(variable, fee, expected):
    """A bare value, also as a branch, is in the unit beside it."""
    binding = bound(f"variables: {{v: {variable}}}\nareas: {{Grid: '{fee}'}}", VILLAGE)
    (cycle,) = fold(binding, [snapshot(binding.grid)])
    assert expected == fees(cycle)["Grid"]
