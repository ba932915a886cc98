"""A block of slots is decided as its slots are one by one, to the bit."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.columns import Truth
from rulegrid.engine.binding import Binding
from rulegrid.engine.block import decide, reads_own_fees
from rulegrid.engine.clock import clock_block, clock_columns
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.explain import explain, reasons
from rulegrid.engine.history import Memory, as_if_sent
from rulegrid.engine.outcome import Block
from rulegrid.grid import MarketSlot, Snapshot, later
from tests.building import NOON, bound
from tests.laws.drawn import Drawn, drawn
from tests.laws.test_fold import binding_of, snapshot_of

LENGTHS = [1, 2, 3, 7, 96]


def without_own_fees(case: Drawn) -> Drawn:
    """The same rulebook reading another metric wherever it reads a fee of its own past."""
    metric = "self_sufficiency" if case.rulebook.get("fee_unit") == "percent" else "avg_price"
    text = yaml.safe_dump(case.rulebook, sort_keys=False)
    return replace(
        case, rulebook=yaml.safe_load(re.sub(r"\b(current|next|last)_fee\b", metric, text))
    )


def in_blocks(snapshots: list[Snapshot], slot_length: timedelta, longest: int) -> list[Block]:
    """The slots in blocks without a gap."""
    blocks: list[list[Snapshot]] = []
    for each in snapshots:
        is_next = blocks and each.slot == later(blocks[-1][-1].slot, slot_length)
        if is_next and len(blocks[-1]) < longest:
            blocks[-1].append(each)
        else:
            blocks.append([each])
    return [
        Block(
            rows[0].slot,
            len(rows),
            rows[0].grid,
            {name: np.stack([row.columns[name] for row in rows]) for name in rows[0].columns},
        )
        for rows in blocks
    ]


def by_block(binding: Binding, blocks: list[Block]) -> tuple[list[Cycle], Memory]:
    memory, cycles = Memory.fresh(binding.grid), []
    for block in blocks:
        decisions, memory = decide(binding, memory, block)
        cycles += [decisions.cycle(row) for row in range(block.slots)]
    return cycles, memory


def by_slot(binding: Binding, snapshots: list[Snapshot]) -> tuple[list[Cycle], Memory]:
    memory, cycles = Memory.fresh(binding.grid), []
    for each in snapshots:
        cycle, memory = step(binding, memory, as_if_sent(memory, each))
        cycles.append(cycle)
    return cycles, memory


def bits(array: np.ndarray, width: int) -> bytes:
    """The bits of each number; no data is no data, whatever the sign of its NaN."""
    known = array if array.dtype.kind != "f" else np.where(np.isnan(array), np.nan, array)
    return np.broadcast_to(known, width).tobytes()


def told(cycle: Cycle) -> dict:
    """All that a cycle says, to the bit."""
    size = len(cycle.binding.grid)
    columns = (cycle.before, cycle.raw, cycle.rule, cycle.fee, cycle.flags, cycle.since_change)
    return {
        "slots": (cycle.slot, cycle.applies_to),
        "columns": [bits(column, size) for column in columns],
        "rings": {
            key: [bits(column, size) for column in ring] for key, ring in cycle.rings.items()
        },
        "reasons": reasons(cycle),
    }


def known(memory: Memory) -> dict:
    size = len(memory.grid)
    return {
        "slot": memory.slot,
        "changed": bits(memory.changed_at, size),
        "standing": [(each.since, bits(each.fees, size)) for each in memory.standing],
        "rings": {k: [bits(column, size) for column in ring] for k, ring in memory.rings.items()},
    }


@settings(max_examples=80)
@given(case=drawn(), longest=st.sampled_from(LENGTHS))
def test_blocks_of_any_length_decide_as_the_fold_does(case, longest):
    """Fees, flags, rules, reasons, histories and memory are the same, however long a block is."""
    case = without_own_fees(case)
    binding = binding_of(case)
    snapshots = [snapshot_of(slot, case.tree, binding.grid) for slot in case.slots]
    folded, memory = by_slot(binding, snapshots)
    blocks = in_blocks(snapshots, binding.program.slot_length, longest)
    found, after = by_block(binding, blocks)
    assert [told(each) for each in folded] == [told(each) for each in found]
    assert known(memory) == known(after)
    for one, other in zip(folded, found, strict=True):
        for place in range(len(binding.grid)):
            ours, theirs = explain(one, place), explain(other, place)
            assert (ours and ours.stages) == (theirs and theirs.stages)


MOMENTS = st.integers(-30 * 96, 30 * 96)
ZONES = ["Europe/Vienna", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "UTC"]
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
]


@settings(max_examples=60)
@given(
    change=st.sampled_from(CHANGES),
    zone=st.sampled_from([None, *map(ZoneInfo, ZONES)]),
    shift=MOMENTS,
    minutes=st.sampled_from([5, 15, 60]),
    count=st.integers(1, 400),
)
def test_the_clock_of_a_block_is_that_of_each_slot(change, zone, shift, minutes, count):
    """Also where clocks are changed by an hour or by half of one, and around holidays."""
    first = MarketSlot(change + shift * timedelta(minutes=15))
    length, holidays = timedelta(minutes=minutes), frozenset({change.date()})
    block = clock_block(first, count, length, zone, holidays)
    for row in range(count):
        slot = clock_columns(later(first, length, row), zone, holidays)
        assert slot.keys() == block.keys()
        for name, value in slot.items():
            if isinstance(value, Truth):
                assert (value.yes, value.no) == (block[name].yes[row], block[name].no[row])
            else:
                assert value == block[name][row]


def test_a_rulebook_that_reads_its_own_fees_is_not_decided_in_blocks():
    """The fee of one slot would be needed before the next is evaluated."""
    binding = bound("areas:\n  Grid: default(last_fee, 1 ct/kWh) + 1 ct/kWh\n", {"Grid": {}})
    block = Block(NOON, 1, binding.grid, {})
    assert reads_own_fees(binding.program)
    with pytest.raises(ValueError, match="slot by slot"):
        decide(binding, Memory.fresh(binding.grid), block)


def test_blocks_follow_each_other_in_time():
    """A block that begins before the memory ends cannot be decided."""
    binding = bound("areas:\n  Grid: 1\n", {"Grid": {}})
    block = Block(NOON, 3, binding.grid, {})
    _, memory = decide(binding, Memory.fresh(binding.grid), block)
    with pytest.raises(ValueError, match="earlier ones"):
        decide(binding, memory, block)
