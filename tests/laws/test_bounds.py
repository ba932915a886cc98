"""What is proven of an expression holds for whatever the engine works out."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.bounds import ANYTHING, Chances, Knowledge, Possible
from rulegrid.columns import Truth
from rulegrid.formula import TRUTH, Expression
from rulegrid.metrics import METRICS
from rulegrid.units import PRICE
from tests.reference.columns import Columns, checked
from tests.reference.grammar import amounts, conditions, formulas
from tests.reference.worlds import dice, world

FORMULAS = st.one_of(
    st.tuples(formulas(), st.just(PRICE)),
    st.tuples(conditions(), st.just(TRUTH)),
    st.tuples(amounts(), st.none()),
)
"""A formula and what it must end in."""


def reported(seed: int):
    """A world in which every metric is something that an exchange reports."""
    made = world(dice(seed))
    metrics = [
        {
            name: [
                None if n is None else min(max(n, METRICS[name].least), METRICS[name].most)
                for n in numbers
            ]
            for name, numbers in slot.items()
            if name in METRICS
        }
        for slot in made.metrics
    ]
    return replace(made, metrics=metrics)


def known(columns: Columns) -> Knowledge:
    minutes = math.gcd(columns.world.slot_minutes, 5)  # as the worlds' clocks have it
    return Knowledge(columns.variables.items(), minutes, lambda _: ANYTHING)


def strays(proven: Possible, value) -> list:
    """What was worked out and was proven impossible."""
    if isinstance(proven, Chances):
        assert isinstance(value, Truth)
        seen = {"yes": value.yes.any(), "no": value.no.any(), "lacking": (~value.known).any()}
        return [what for what, happened in seen.items() if happened and not getattr(proven, what)]
    numbers = [number for number in np.ravel(value) if not np.isnan(number)]
    found = [n for n in numbers if not any(low <= n <= high for low, high in proven.pieces)]
    return found + (["no data"] if np.isnan(value).any() and not proven.lacking else [])


def of_all_slots(columns: Columns, expression: Expression) -> list:
    slots = range(len(columns.world.clock))
    return [columns.value(expression, slot) for slot in slots]


@settings(max_examples=250)
@given(FORMULAS, st.integers(0, 2**32))
def test_what_is_worked_out_lies_within_what_is_proven(formula, seed):
    """For every formula, grid and slot: no number outside its range, no truth without a chance."""
    columns = Columns(reported(seed))
    expression = checked(formula[0], columns.scope, formula[1])
    proven = known(columns).possible(expression)
    assert [] == [each for v in of_all_slots(columns, expression) for each in strays(proven, v)]


@settings(max_examples=150)
@given(conditions(), FORMULAS, st.integers(0, 2**32), st.booleans())
def test_what_is_assumed_is_only_what_follows(condition, formula, seed, holds):
    """Where a condition holds (or does not), a formula lies within what is proven under it."""
    columns = Columns(reported(seed))
    test = checked(condition, columns.scope, TRUTH)
    expression = checked(formula[0], columns.scope, formula[1])
    knowledge = known(columns)
    walk = knowledge.walk(test).assuming(test.tree, holds)
    proven = (
        None if walk is None else knowledge.walk(expression, walk.names).value(expression.tree)
    )
    for slot in range(len(columns.world.clock)):
        truth = columns.value(test, slot)
        where = np.broadcast_to(truth.yes if holds else truth.no, 5)
        value = columns.value(expression, slot)
        if not where.any():
            continue
        assert proven is not None
        assert [] == strays(proven, cut(value, where))


def cut(value, where):
    if isinstance(value, Truth):
        yes, no = (np.broadcast_to(flags, 5)[where] for flags in (value.yes, value.no))
        return Truth(yes, no)
    return np.broadcast_to(value, 5)[where]
