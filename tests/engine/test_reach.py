"""How far back decisions look: what is further away changes nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from rulegrid.engine.cycle import remember, step
from rulegrid.engine.history import Memory
from rulegrid.engine.reach import reach
from tests.building import after, bound, fold, program, snapshot
from tests.laws.drawn import drawn
from tests.laws.test_fold import binding_of, snapshot_of

REACHES = {
    "areas: {Mill: 2}": 1,
    "areas: {Mill: import / 1 kWh}": 1,
    "areas: {Mill: 'average(import, 4 slots) / 1 kWh'}": 4,
    "areas: {Mill: 'total(import, 1 h) / 1 kWh'}": 4,
    "areas: {Mill: 'previous(current_fee, 4 slots)'}": 5,
    "areas: {Mill: {fee: last_fee, limits: {hold: 3 slots}}}": 4,
    "areas: {Mill: 2, Grid: {fee: last_fee, limits: {hold: 1 h}}}": 5,
    """\
areas:
  Mill:
    rules:
      - {when: 'total(volume, 7 slots) > 3 kWh', fee: 1}
      - {otherwise: 2}
""": 7,
    "areas: {Mill: 'highest(average(import, 3 slots), 4 slots) / 1 kWh'}": 6,
    "areas: {Mill: 'previous(previous(current_fee, 2 slots), 3 slots)'}": 6,
    """\
variables: {flow: 'average(import, 3 slots)', low: 'lowest(flow, 5 slots)'}
areas: {Mill: low / 1 kWh}
""": 7,
    """\
variables: {flow: import}
areas:
  Mill: flow / 1 kWh
  Grid: {fee: 'total(flow, 2 slots) / 1 kWh', variables: {flow: 'total(export, 5 slots)'}}
""": 6,
}


@pytest.mark.parametrize(("text", "slots"), REACHES.items())
def test_a_rulebook_looks_back_as_far_as_its_longest_way_through_windows(text, slots):
    """Windows inside windows add up, through variables too, and `hold` looks back as well."""
    assert slots == reach(program(text))


@pytest.mark.parametrize("text", REACHES)
def test_what_is_further_back_changes_nothing(text):
    """The last slot is decided from the newest `reach` slots, and what was decided in them."""
    binding = bound(text)
    random = np.random.default_rng(7)
    seen = [
        snapshot(
            binding.grid,
            after(number),
            **{
                metric: float(random.integers(0, 99)) for metric in ("volume", "import_", "export")
            },
            current_fee=number % 3,
            next_fee=number % 3,
            last_fee=number % 5,
        )
        for number in range(12)
    ]
    whole = fold(binding, seen)
    memory = Memory.fresh(binding.grid)
    for number in range(len(seen) - reach(binding.program), len(seen)):
        newest, _ = step(binding, memory, seen[number])
        memory = remember(memory, replace(newest, fee=whole[number].fee))
    for name in ("raw", "fee", "flags"):
        assert getattr(whole[-1], name).tobytes() == getattr(newest, name).tobytes()


@settings(max_examples=30)
@given(case=drawn())
def test_what_only_remembers_remembers_the_same(case):
    """It decides nothing, and has the same histories of windows as what decides."""
    binding = binding_of(case)
    whole = alone = Memory.fresh(binding.grid)
    for slot in case.slots:
        seen = snapshot_of(slot, case.tree, binding.grid)
        _, whole = step(binding, whole, seen)
        cycle, alone = step(binding.remembering, alone, seen)
        assert np.isnan(cycle.fee).all()
        assert whole.rings.keys() == alone.rings.keys()
        for key, ring in whole.rings.items():
            assert [c.tobytes() for c in ring] == [c.tobytes() for c in alone.rings[key]]
