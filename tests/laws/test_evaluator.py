"""Columns against the reference, which shares nothing with them but the language."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.columns import Truth, evaluate, trace
from rulegrid.formula import TRUTH
from rulegrid.units import PERCENT, PRICE
from tests.reference import evaluator
from tests.reference.columns import Columns, bits, checked, reference_bits
from tests.reference.grammar import amounts, conditions, formulas
from tests.reference.worlds import dice, world

BLOCK = slice(None)
WORLDS = st.builds(lambda seed: world(dice(seed)), st.integers(0, 2**32))
ANYTHING = st.one_of(
    st.tuples(formulas(), st.just(PRICE)),
    st.tuples(conditions(), st.just(TRUTH)),
    st.tuples(amounts(), st.none()),
)
"""A formula and what it must end in."""


def hold_against_the_reference(text, of, expected):
    columns = Columns(of)
    expression = checked(text, columns.scope, expected)
    slots = range(len(of.clock))
    found = [bits(columns.value(expression, slot), (len(of.names),)) for slot in slots]
    assert [reference_bits(text, slot, of) for slot in slots] == found


@pytest.mark.parametrize(("fee_unit", "fee"), [("ct/kWh", PRICE), ("percent", PERCENT)])
@settings(max_examples=80)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_fees_are_those_of_the_reference(data, seed, fee_unit, fee):
    """Columns give, bit for bit, the fees that the slow scalar reference gives area by area."""
    text = data.draw(formulas(fee_unit))
    hold_against_the_reference(text, world(dice(seed), fee_unit), fee)


@settings(max_examples=80)
@given(conditions(), WORLDS)
def test_conditions_are_those_of_the_reference(text, of):
    """A condition is true, false or no data in the very areas where the reference says so."""
    hold_against_the_reference(text, of, TRUTH)


@settings(max_examples=80)
@given(amounts(), WORLDS)
def test_amounts_are_those_of_the_reference(text, of):
    """Amounts of every measure, as variables have them, are the reference's bit for bit."""
    hold_against_the_reference(text, of, None)


@settings(max_examples=80)
@given(ANYTHING, WORLDS)
def test_a_block_of_slots_is_its_rows(formula, of):
    """A block of slots gives, bit for bit, what its slots give one by one."""
    columns = Columns(of)
    expression = checked(formula[0], columns.scope, formula[1])
    slots, areas = len(of.clock), len(of.names)
    rows = [bits(columns.value(expression, slot), (areas,)) for slot in range(slots)]
    assert [bit for row in rows for bit in row] == bits(
        columns.value(expression, BLOCK), (slots, areas)
    )


@settings(max_examples=80)
@given(ANYTHING, WORLDS)
def test_a_traced_walk_is_the_walk(formula, of):
    """A trace gives what evaluate gives, and reasons exactly where there is no data."""
    columns = Columns(of)
    expression = checked(formula[0], columns.scope, formula[1])
    read = columns.columns(expression, 0)
    found = trace(expression, read)
    areas = (len(of.names),)
    values = bits(evaluate(expression, read), areas)
    assert values == bits(found.value, areas)
    assert [value is None for value in values] == [
        bool(found.reasons((area,))) for area in range(len(of.names))
    ]


@settings(max_examples=80)
@given(ANYTHING, WORLDS, st.permutations(range(5)))
def test_the_order_of_areas_changes_nothing(formula, of, order):
    """Areas in another order get the same values: none looks at its neighbour in the column."""
    columns = Columns(of)
    expression = checked(formula[0], columns.scope, formula[1])
    read = columns.columns(expression, len(of.clock) - 1)

    def ordered(value):
        if isinstance(value, Truth):
            return Truth(ordered(value.yes), ordered(value.no))
        return value[..., order] if value.shape[-1] == len(order) else value

    turned = evaluate(expression, {key: ordered(value) for key, value in read.items()})
    values = bits(evaluate(expression, read), (len(order),))
    assert [values[place] for place in order] == bits(turned, (len(order),))


def test_the_reference_is_not_rulegrid():
    """The reference shares no code with what it is held against."""
    source = Path(evaluator.__file__).read_text()
    assert "rulegrid." not in source
