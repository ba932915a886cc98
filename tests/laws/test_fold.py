"""The fold against somebody who works the rulebook by hand, and the laws every fold keeps."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.explain import explain, reasons
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.engine.limits import flag_names
from rulegrid.exchange.effects import Concluded
from rulegrid.exchange.fees import batch_of
from rulegrid.exchange.record import record
from rulegrid.grid import Area, AreaId, Grid, MarketSlot, Snapshot
from tests.building import column
from tests.laws.drawn import VARIABLES, WIDE, Drawn, drawn
from tests.reference.days import Slot, Tree
from tests.reference.rulebooks import Decision, Operator


def binding_of(case: Drawn) -> Binding:
    """The drawn rulebook on the drawn tree; circles and negative fees are left to other tests."""
    made = case.compiled
    codes = {finding.code for finding in made.findings}
    assume(not codes & {"RG302", "RG204"})
    assert made.program is not None, made.findings
    found = bind(made.program, grid_of(case.tree))
    codes = {finding.code for finding in found.findings}
    assume("RG505" not in codes)
    assert found.binding is not None, found.findings
    return found.binding


def grid_of(tree: Tree) -> Grid:
    rows = zip(tree.ids, tree.names, tree.parents, strict=True)
    return Grid.from_areas(Area(AreaId(i), name, parent) for i, name, parent in rows)


def snapshot_of(slot: Slot, tree: Tree, grid: Grid) -> Snapshot:
    order = [tree.ids.index(area) for area in grid.ids]
    columns = {
        metric: column([numbers[place] for place in (order[:1] if metric in WIDE else order)])
        for metric, numbers in slot.metrics.items()
    }
    return Snapshot(MarketSlot(slot.when), grid, columns)


def folded(case: Drawn, *, sent: bool) -> list[Cycle]:
    binding = binding_of(case)
    memory, cycles = Memory.fresh(binding.grid), []
    for slot in case.slots:
        seen = snapshot_of(slot, case.tree, binding.grid)
        cycle, memory = step(binding, memory, as_if_sent(memory, seen) if sent else seen)
        cycles.append(cycle)
    return cycles


def decisions(cycle: Cycle, tree: Tree) -> list[Decision]:
    """A cycle in the words of the reference, in the order of its tree."""
    found = []
    for area in tree.ids:
        place = cycle.binding.grid.index[AreaId(area)]
        raw, fee = (float(c[place]) for c in (cycle.raw, cycle.fee))
        rule = int(cycle.rule[place])
        found.append(
            Decision(
                None if np.isnan(raw) else raw,
                None if np.isnan(fee) else fee,
                tuple(flag_names(int(cycle.flags[place]))),
                None if rule < 0 else rule,
            )
        )
    return found


@pytest.mark.parametrize("sent", [True, False], ids=["as if sent", "as reported"])
@settings(max_examples=80)
@given(case=drawn())
def test_a_fold_is_what_an_operator_works_out_by_hand(case, sent):
    """Raw fees, fees, limits and rules of every area and slot equal those of the reference."""
    operator = Operator(case.rulebook, case.tree, case.files, as_if_sent=sent)
    for slot, cycle in zip(case.slots, folded(case, sent=sent), strict=True):
        by_hand = operator.decide(slot.when, slot.metrics)
        assert by_hand == decisions(cycle, case.tree), slot.when


def fees_by_id(cycles: list[Cycle]) -> list[dict[str, str]]:
    """The fees of some slots by the areas' ids, to the last bit."""
    return [
        {area: float(cycle.fee[at]).hex() for area, at in cycle.binding.grid.index.items()}
        for cycle in cycles
    ]


def an_order(tree: Tree, data: st.DataObject) -> list[int]:
    """Some order of a tree's areas in which a parent comes before its children."""
    order: list[int] = []
    while len(order) < len(tree.names):
        ready = [p for p in range(len(tree.names)) if p not in order]
        ready = [p for p in ready if tree.parents[p] < 0 or tree.parents[p] in order]
        order.append(data.draw(st.sampled_from(ready)))
    return order


def rearranged(case: Drawn, order: list[int]) -> Drawn:
    """The same case with its areas in another order, in which parents still come first."""
    tree = case.tree
    parents = [tree.parents[place] for place in order]
    moved = Tree(
        [tree.names[place] for place in order],
        [-1 if parent < 0 else order.index(parent) for parent in parents],
        [tree.ids[place] for place in order],
    )
    slots = [
        Slot(slot.when, {m: [numbers[at] for at in order] for m, numbers in slot.metrics.items()})
        for slot in case.slots
    ]
    return replace(case, tree=moved, slots=slots)


def with_newcomer(case: Drawn, parent: int) -> Drawn:
    """The same case with one more area, which has data and may be named by wildcards."""
    tree = case.tree
    more = Tree([*tree.names, "Newcomer"], [*tree.parents, parent], [*tree.ids, "id new"])
    slots = [
        Slot(slot.when, {m: [*numbers, numbers[parent]] for m, numbers in slot.metrics.items()})
        for slot in case.slots
    ]
    return replace(case, tree=more, slots=slots)


@settings(max_examples=40)
@given(case=drawn(), data=st.data())
def test_the_order_of_areas_changes_nothing(case, data):
    """Siblings may come in any order, and so may the lines of `areas` and `variables`."""
    order = an_order(case.tree, data)
    shuffled = {
        key: dict(data.draw(st.permutations(list(value.items()))))
        if key in ("areas", "variables")
        else value
        for key, value in case.rulebook.items()
    }
    other = rearranged(replace(case, rulebook=shuffled), order)
    assert fees_by_id(folded(case, sent=True)) == fees_by_id(folded(other, sent=True))


@settings(max_examples=40)
@given(case=drawn(over_areas=False), data=st.data())
def test_one_more_area_changes_no_other_fee(case, data):
    """Whatever an area that no formula goes over does, the others' fees are what they were."""
    parent = data.draw(st.integers(0, len(case.tree.names) - 1))
    more = fees_by_id(folded(with_newcomer(case, parent), sent=True))
    assert fees_by_id(folded(case, sent=True)) == [
        {area: fee for area, fee in slot.items() if area != "id new"} for slot in more
    ]


@settings(max_examples=40)
@given(case=drawn(), name=st.sampled_from(sorted(VARIABLES)), other=st.sampled_from(["zz", "A"]))
def test_the_name_of_a_variable_means_nothing(case, name, other):
    """A variable called something else wherever it stands gives the same fees."""
    text = re.sub(rf"\b{name}\b", other, yaml.safe_dump(case.rulebook, sort_keys=False))
    renamed = replace(case, rulebook=yaml.safe_load(text))
    assert fees_by_id(folded(case, sent=True)) == fees_by_id(folded(renamed, sent=True))


@settings(max_examples=40)
@given(case=drawn(over_areas=False), data=st.data())
def test_a_tree_that_changes_keeps_what_is_known_of_each_area(case, data):
    """Where the areas come in another order, and one more, histories and holds go on by id."""
    change = data.draw(st.integers(0, len(case.slots)))
    parent = data.draw(st.integers(0, len(case.tree.names) - 1))
    order = an_order(case.tree, data)
    whole = folded(case, sent=True)
    first, then = whole[0].binding, rearranged(with_newcomer(case, parent), [*order, len(order)])
    second = binding_of(then)
    memory, cycles = Memory.fresh(first.grid), []
    for number in range(len(case.slots)):
        now, binding = (case, first) if number < change else (then, second)
        seen = snapshot_of(now.slots[number], now.tree, binding.grid)
        memory = memory.on(binding.grid)
        cycle, memory = step(binding, memory, as_if_sent(memory, seen))
        cycles.append(cycle)
    without = [{a: f for a, f in slot.items() if a != "id new"} for slot in fees_by_id(cycles)]
    assert fees_by_id(whole) == without


@settings(max_examples=40)
@given(case=drawn())
def test_every_fee_can_be_explained(case):
    """An explanation ends in the fee that was decided, and a record of it is JSON."""
    for cycle in folded(case, sent=True):
        told = reasons(cycle)
        assert sorted(told) == np.flatnonzero(cycle.rule >= 0).tolist()
        for place, reason in told.items():
            explanation = explain(cycle, place)
            assert reason == explanation.reason
            assert bool(reason.no_data) == bool(np.isnan(cycle.raw[place]))
            last = [cycle.raw[place], *(fee for _, fee in explanation.stages)][-1]
            assert np.array_equal(last, cycle.fee[place], equal_nan=True)
            fee = explanation.fee
            if fee is not None:
                assert np.array_equal(fee.value[0], cycle.raw[place], equal_nan=True)
        json.dumps(record(concluded_dry(cycle), cycle.binding.program), allow_nan=False)


def concluded_dry(cycle: Cycle) -> Concluded:
    return Concluded(cycle.slot, "dry-run", cycle, "id", batch_of(cycle))
