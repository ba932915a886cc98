"""The fold against somebody who works the rulebook by hand, and the laws every fold keeps."""

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings

from rulegrid.engine.binding import Binding, bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.engine.limits import flag_names
from rulegrid.grid import Area, AreaId, Grid, MarketSlot, Snapshot
from tests.building import column, compiled
from tests.laws.drawn import WIDE, Drawn, drawn
from tests.reference.days import Slot, Tree
from tests.reference.rulebooks import Decision, Operator


def binding_of(case: Drawn) -> Binding:
    """The drawn rulebook on the drawn tree; circles are left to other tests."""
    made = compiled(yaml.safe_dump(case.rulebook, sort_keys=False, allow_unicode=True))
    codes = {finding.code for finding in made.findings}
    assume("RG302" not in codes)
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
@settings(max_examples=150)
@given(case=drawn())
def test_a_fold_is_what_an_operator_works_out_by_hand(case, sent):
    """Raw fees, fees, limits and rules of every area and slot equal those of the reference."""
    operator = Operator(case.rulebook, case.tree, as_if_sent=sent)
    for slot, cycle in zip(case.slots, folded(case, sent=sent), strict=True):
        by_hand = operator.decide(slot.when, slot.metrics)
        assert by_hand == decisions(cycle, case.tree), slot.when
