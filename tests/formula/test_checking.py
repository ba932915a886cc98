"""What a right formula becomes: its kind, its canonical tree, and what it reads."""

import ast
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulegrid.formula import TRUTH, Reference, check, read
from rulegrid.metrics import FUNCTIONS
from rulegrid.units import (
    ENERGY,
    MONEY,
    NUMBER,
    PERCENT,
    POWER,
    PRICE,
    TIME,
    UNITS,
    Dimension,
    Unit,
)
from tests.formula.examples import SCOPE, expression


@pytest.mark.parametrize(
    ("formula", "kind", "key"),
    [
        ("import", ENERGY, "import"),
        ("hour", NUMBER, "hour"),
        ("is_workday", TRUTH, "is_workday"),
        ("current_fee", PRICE, "current_fee"),
        ("parent.fee", PRICE, "parent.fee"),
        ("0", NUMBER, "0.0"),
        ("0 kWh", ENERGY, "0.0"),
        ("0.07 MWh", ENERGY, "70.0"),
        ("0.29 EUR", MONEY, "29.0"),
        ("250 Wh", ENERGY, "0.25"),
        ("85 EUR/MWh", PRICE, "8.5"),
        ("0.2EUR/kWh", PRICE, "20.0"),
        ("2 slots", TIME, "0.5"),
        ("90 min", TIME, "1.5"),
        ("5 kW * 15 min", ENERGY, "(5.0 * 0.25)"),
        ("import / 1 slot", POWER, "(import / 0.25)"),
        ("import * avg_price", MONEY, "(import * avg_price)"),
        ("fee_revenue / import", PRICE, "(fee_revenue / import)"),
        ("import / export", NUMBER, "(import / export)"),
        ("import * import", Dimension(energy=2), "(import * import)"),
        ("base_fee / 2 ct/kWh", NUMBER, "(base_fee / 2.0)"),
        ("1 - -2", NUMBER, "(1.0 - (-2.0))"),
        ("1 + 2 * 3 - 4", NUMBER, "((1.0 + (2.0 * 3.0)) - 4.0)"),
        ("(1 + 2) * 3", NUMBER, "((1.0 + 2.0) * 3.0)"),
        ("8 / 4 / 2", NUMBER, "((8.0 / 4.0) / 2.0)"),
        ("import + 0", ENERGY, "(import + 0.0)"),
        ("max(0, import, 3 kWh)", ENERGY, "max(0.0, import, 3.0)"),
        ("clamp(scarcity, 0, 1)", NUMBER, "clamp(scarcity, 0.0, 1.0)"),
        ("round(avg_price, 2)", PRICE, "round(avg_price, 2.0)"),
        ("default(is_full, is_workday)", TRUTH, "default(is_full, is_workday)"),
        ("has(is_full) or has(2)", TRUTH, "(has(is_full) or has(2.0))"),
        ("0 < import < 3 kWh", TRUTH, "(0.0 < import < 3.0)"),
        ("not is_full and is_full", TRUTH, "((not is_full) and is_full)"),
        ("1 if is_full else 2 if is_workday else 3", NUMBER, None),
    ],
)
def test_kinds_and_canonical_forms(formula, kind, key):
    """A formula's kind follows from its parts; its key is the formula in canonical units."""
    found = expression(formula)
    assert kind == found.kind
    assert key in {None, found.key}


@pytest.mark.parametrize(
    ("formula", "kind", "key"),
    [
        ("40 %", PERCENT, "40.0"),
        ("40 % * 2", PERCENT, "(40.0 * 2.0)"),
        ("2 * 40 %", PERCENT, "(2.0 * 40.0)"),
        ("40 % / 2", PERCENT, "(40.0 / 2.0)"),
        ("50 % * 50 %", PERCENT, "((50.0 * 50.0) / 100.0)"),
        ("50 % / 25 %", NUMBER, "(50.0 / 25.0)"),
        ("base_fee * 120 %", PRICE, "((base_fee * 120.0) / 100.0)"),
        ("120 % * base_fee", PRICE, "((120.0 * base_fee) / 100.0)"),
        ("base_fee / 80 %", PRICE, "((base_fee * 100.0) / 80.0)"),
        ("100 % - self_sufficiency", PERCENT, "(100.0 - self_sufficiency)"),
        ("0 * 40 %", PERCENT, "(0.0 * 40.0)"),
    ],
)
def test_percentages_count_as_hundredths_of_amounts(formula, kind, key):
    """A percentage stays in points; beside another amount it counts as its hundredth."""
    found = expression(formula)
    assert (kind, key) == (found.kind, found.key)


@pytest.mark.parametrize(
    ("formula", "key"),
    [
        ("2", "20.0"),
        ("-2", "(-20.0)"),
        ("0", "0.0"),
        ("2 ct/kWh", "2.0"),
        ("2 if is_full else base_fee", "(20.0 if is_full else base_fee)"),
        ("max(2, base_fee, abs(-3))", "max(20.0, base_fee, abs((-30.0)))"),
        ("round(2.5, 2)", "round(25.0, 2.0)"),
        ("clamp(base_fee, 1, 2)", "clamp(base_fee, 10.0, 20.0)"),
        ("default(base_fee, 2)", "default(base_fee, 20.0)"),
        ("1 if 2 < scarcity else 3", "(10.0 if (2.0 < scarcity) else 30.0)"),
        ("scarcity", "(scarcity * 10.0)"),
        ("2 if is_full else scarcity", "((2.0 if is_full else scarcity) * 10.0)"),
        ("min(2, 3 if is_full else base_fee)", "min(20.0, (30.0 if is_full else base_fee))"),
        ("2 * base_fee", "(2.0 * base_fee)"),
        ("base_fee * (2 if is_full else 3)", "(base_fee * (2.0 if is_full else 3.0))"),
    ],
)
def test_numbers_that_are_the_result_take_its_unit(formula, key):
    """A number that is the result takes its unit, and so does a result that is a plain number."""
    unit = replace(UNITS["ct/kWh"], name="ten", factor=10)
    found = expression(formula, unit)
    assert (PRICE, key) == (found.kind, found.key)


def test_small_units_divide():
    """A plain number in a unit smaller than the canonical one is divided, not multiplied."""
    assert "(scarcity / 1000.0)" == expression("scarcity", UNITS["Wh"]).key
    assert "0.002" == expression("2", UNITS["Wh"]).key
    assert "(scarcity / 10.0)" == expression("scarcity", UNITS["EUR/MWh"]).key


def test_a_dimension_stands_for_its_canonical_unit():
    """Where a dimension is needed, numbers without a unit are in its canonical unit."""
    assert "2.0" == expression("2", PRICE).key
    assert PERCENT == expression("2", PERCENT).kind


def test_fees_have_the_unit_of_the_rulebook():
    """Under `fee_unit: percent` the fees that are read are percentages."""
    scope = replace(SCOPE, fee_dimension=PERCENT)
    for formula in ("current_fee", "parent.fee", "Grid.next_fee", '"A".last_fee'):
        assert PERCENT == expression(formula, None, scope).kind


def test_reads_say_what_each_name_means():
    """Each name of the tree is a key of `reads`; different spellings of one area share it."""
    formula = 'import + "Grid".import + Grid.export + \'Haus "1"\'.import + parent.import'
    found = expression(formula + ' + "A/B".volume + "parent".import + "import".volume')
    assert {
        "import": Reference("own", "import"),
        "Grid.import": Reference("area", "import", "Grid"),
        "Grid.export": Reference("area", "export", "Grid"),
        "'Haus \"1\"'.import": Reference("area", "import", 'Haus "1"'),
        "parent.import": Reference("parent", "import"),
        '"A/B".volume': Reference("area", "volume", "A/B"),
        '"parent".import': Reference("area", "import", "parent"),
        '"import".volume': Reference("area", "volume", "import"),
    } == found.reads
    assert (
        Reference("grid", "feed_in_tariff") == expression("feed_in_tariff").reads["feed_in_tariff"]
    )


def test_the_tree_reads_nothing_else():
    """Names are keys of `reads` or `windows`, constants are floats, places are in the text."""
    found = expression("average(import, 1 h) * 40 % + (3 kWh if is_full else export)")
    called = {id(node.func) for node in ast.walk(found.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Name) and id(node) not in called:
            assert node.id in {**found.reads, **found.windows}
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, float)
        if isinstance(node, ast.expr):
            assert 0 <= node.col_offset <= node.end_col_offset <= len(found.text)


def test_places_are_those_of_the_first_reading():
    """Each name is found again in the text, a window as its whole call."""
    found = expression("(import + total( import, 2 slots)) - import")
    assert {"import": "import", "total(import, 2 slots)": "total( import, 2 slots)"} == {
        key: found.text[slice(*place)] for key, place in found.places.items()
    }


def test_windows_are_lifted_out_and_shared():
    """Windows of equal meaning share a key, and equal operands share theirs, however spelled."""
    found = expression(
        "average(import-export, 4 slots) + average( import - export , 1h) "
        "+ lowest((import - export), 60 min) - previous(import, 1 slot)"
    )
    assert {
        "average((import - export), 4 slots)": ("average", "(import - export)", 4),
        "lowest((import - export), 4 slots)": ("lowest", "(import - export)", 4),
        "previous(import, 1 slots)": ("previous", "import", 1),
    } == {
        key: (window.function, window.operand_key, window.slots)
        for key, window in found.windows.items()
    }
    assert {} == found.reads
    assert {"import", "export"} == set(found.all_reads())


def test_windows_inside_windows_belong_to_the_operand():
    """The windows of a window's operand are in the operand, and come before it."""
    found = expression("total(previous(import, 2 slots) + Grid.export, 3 slots)")
    (outer,) = found.windows.values()
    assert ["previous(import, 2 slots)"] == list(outer.operand.windows)
    assert ["previous", "total"] == [window.function for window in found.all_lifted()]
    assert {"import", "Grid.export"} == set(found.all_reads())


def test_slots_follow_the_slot_length():
    """The same duration is more or fewer slots, as the rulebook's slot is shorter or longer."""
    hourly = replace(SCOPE, slot_length=timedelta(hours=1))
    (window,) = expression("average(import, 1 day)", None, hourly).windows.values()
    assert 24 == window.slots
    assert "2.0" == expression("2 slots", None, hourly).key


def test_size_counts_windows_too():
    """The work of a formula: its nodes, those of its windows, and each window's slots."""
    assert 1 == expression("import").nodes
    assert 5 == expression("base_fee * 40 %").nodes
    assert 1 + 3 + 4 == expression("average(import - export, 4 slots)").nodes


@pytest.mark.parametrize(
    "formula", ["broken", "broken + 1 kWh > 3", "abs(broken) < 2 kWh", "-broken"]
)
def test_a_broken_variable_causes_no_further_findings(formula):
    """What leans on a variable that is itself broken is not usable, without a finding."""
    parsed = read(formula)
    assert not isinstance(parsed, tuple)
    assert () == check(parsed, SCOPE, PRICE)


LEAVES = st.sampled_from(
    [
        *("0", "2", "-3", "40 %", "3 kWh", "1 h", "2 slots", "5 kW", "import", "hour", "is_full"),
        *("base_fee", "broken", "nope", "parent.fee", "Grid.hour", "Grid.avg_price", "is_workday"),
    ]
)
CALLS = st.sampled_from([*FUNCTIONS])
SIGNS = st.sampled_from([*"+-*/<>", "<=", ">=", "==", "!=", "and", "or"])


def nested(inner):
    """Formulas that are spelled well, whatever they mean."""
    return st.one_of(
        st.tuples(inner, SIGNS, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(CALLS, st.lists(inner, min_size=1, max_size=3)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        inner.map(lambda text: f"(not {text})"),
        inner.map(lambda text: f"(-{text})"),
    )


@given(
    st.recursive(LEAVES, nested, max_leaves=12),
    st.sampled_from([PRICE, PERCENT, TRUTH, None, UNITS["EUR/MWh"]]),
)
def test_whatever_is_read_can_be_checked(formula, needed):
    """Names, kinds and units at will give an expression of the right kind, or problems."""
    parsed = read(formula)
    assert not isinstance(parsed, tuple)
    checked = check(parsed, SCOPE, needed)
    if isinstance(checked, tuple):
        assert checked or "broken" in formula
        for problem in checked:
            assert formula[problem.start : problem.end]
    elif needed is not None:
        assert (needed.dimension if isinstance(needed, Unit) else needed) == checked.kind
