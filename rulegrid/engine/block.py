"""Many slots at once: what `step` does slot by slot, over columns of shape `(slots, areas)`.

Raw fees come from the same functions as in a cycle. Only the limits may need the fee before, and
they are settled by the same `settle`, slot by slot where it is so. A rulebook whose formulas read
the fees it has set itself cannot be decided in blocks: it is folded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import Newest, Truth, Value, zero_for_no_data
from rulegrid.engine.binding import Binding, History
from rulegrid.engine.clock import clock_block
from rulegrid.engine.cycle import NO_RULE, Cycle, first_true, group_columns, prepare, reported
from rulegrid.engine.history import Memory, Ring, Standing, slot_number
from rulegrid.engine.outcome import Block, Outcome
from rulegrid.engine.schedule import Index
from rulegrid.engine.settling import Past, filled_forward, settle_rows
from rulegrid.grid import Column, MarketSlot, later
from rulegrid.program import Program

OWN_FEES = frozenset({"current_fee", "next_fee", "last_fee"})
"""Metrics that show the fees we have set ourselves."""

T = TypeVar("T", bound=np.generic)


def reads_own_fees(program: Program) -> bool:
    """Whether a formula may read a fee that the program has set in an earlier slot."""
    return any(
        reference.name in OWN_FEES
        for expression in program.expressions()
        for reference in expression.all_reads().values()
    )


@dataclass(frozen=True, eq=False)
class Decisions(Outcome):
    """What was decided in a block, with all that was read."""

    columns: Mapping[str, Value]
    histories: Mapping[str, "Padded"]

    def cycle(self, row: int) -> Cycle:
        """The cycle of one slot, as `step` gives it."""
        length = self.binding.program.slot_length
        slot = later(self.block.first, length, row)
        changed_at = _changed_at(self.changed[:row], self.memory, self.block.first, length)
        return Cycle(
            self.binding,
            slot,
            later(slot, length),
            {key: _row(value, row) for key, value in self.columns.items()},
            {key: padded.ring(row) for key, padded in self.histories.items()},
            before=self.before[row],
            since_change=slot_number(slot, length) - changed_at,
            raw=self.raw[row],
            rule=self.rule[row],
            fee=self.fee[row],
            flags=self.flags[row],
        )


def decide(binding: Binding, memory: Memory, block: Block) -> tuple[Decisions, Memory]:
    """Decide the fees of a block, as if those of each slot had been sent before the next.

    The outcome is that of a fold of `step` over `as_if_sent` snapshots, to the bit.

    Raises `ValueError` where the block is not newer than the memory, where it belongs to another
    grid, and where the program reads its own fees.
    """
    program = binding.program
    if block.grid != binding.grid:
        raise ValueError("the block belongs to another grid than the binding")
    if memory.slot is not None and block.first <= memory.slot:
        raise ValueError("a slot can only be decided after all earlier ones")
    if not OWN_FEES.isdisjoint(binding.metrics):
        raise ValueError("a rulebook that reads its own fees is decided slot by slot")
    memory = memory.on(binding.grid)
    columns = reported(binding, block.columns)
    columns |= clock_block(
        later(block.first, program.slot_length),
        block.slots,
        program.slot_length,
        program.timezone,
        program.holidays,
    )
    for sheet in binding.sheets:
        columns |= sheet.columns(columns)
    histories = _Histories(memory, block, memory.missed(block.first, program.slot_length))
    prepare(binding, columns, histories.push)
    decisions = _decided((binding, memory, block), columns, histories.of)
    return decisions, _remembered(decisions)


def _decided(
    known: tuple[Binding, Memory, Block],
    columns: Mapping[str, Value],
    histories: Mapping[str, "Padded"],
) -> Decisions:
    """Group by group, so that each fee is decided before it is read."""
    binding, memory, block = known
    shown = block.metric("next_fee")
    is_read = any(group.fees for group in binding.groups)
    standing = shown.copy() if is_read else shown
    past = _past(memory, block, binding.program.slot_length)
    parts: list[_Part] = []
    for group in binding.groups:
        at = (slice(None), group.index)
        read = group_columns(group, columns, standing, binding.grid, group.index)
        raw, rule = first_true(group.policy, read, (block.slots, len(group.areas)))
        start = Past(past.fees[group.index], past.changed_at[group.index], past.now)
        settled = settle_rows(raw, shown[at], start, group.policy)
        parts.append((at, {"raw": raw, "rule": rule, **settled._asdict()}))
        if is_read:
            standing[at] = np.where(np.isnan(settled.fee), settled.before, settled.fee)
    return Decisions(
        binding, block, memory, columns=columns, histories=histories, **_together(parts, shown)
    )


_Part = tuple[tuple[slice, Index], Mapping[str, NDArray[Any]]]
"""What is decided for the areas of a group, by its name."""


def _together(parts: Sequence[_Part], shown: Column) -> Mapping[str, NDArray[Any]]:
    """What is decided for all areas; one part may be all there is."""
    for _, columns in parts:
        if columns["fee"].shape == shown.shape:
            return columns
    found = {
        "raw": np.full(shown.shape, np.nan),
        "rule": np.full(shown.shape, NO_RULE, dtype=np.int16),
        "before": shown.copy(),
        "fee": np.full(shown.shape, np.nan),
        "flags": np.zeros(shown.shape, dtype=np.uint8),
    }
    for at, columns in parts:
        for name, column in columns.items():
            found[name][at] = column
    return found


def _past(memory: Memory, block: Block, slot_length: timedelta) -> Past:
    fees = memory.standing[-1].fees if memory.standing else np.full(len(block.grid), np.nan)
    return Past(fees, memory.changed_at, slot_number(block.first, slot_length))


def _remembered(decisions: Decisions) -> Memory:
    """What is known after a block, as after its last slot."""
    memory, block = decisions.memory, decisions.block
    length = decisions.binding.program.slot_length
    last = later(block.first, length, block.slots - 1)
    standing = memory.standing[-1:]
    for back, fees in enumerate(_newest(decisions), 1 - min(block.slots, 2)):
        standing = (*standing[-1:], Standing(later(last, length, 1 + back), fees))
    return replace(
        memory,
        slot=last,
        rings={key: padded.ring(block.slots - 1) for key, padded in decisions.histories.items()},
        changed_at=_changed_at(decisions.changed, memory, block.first, length),
        standing=standing,
    )


def _newest(decisions: Decisions) -> Column:
    """The fees decided that stand after each of the last two slots, or after the only one."""
    fees = decisions.fee[-2:]
    if np.isnan(fees).any():
        standing = decisions.memory.standing
        start = standing[-1].fees if standing else np.full(fees.shape[1], np.nan)
        fees = filled_forward(np.vstack((start, decisions.fee)))[1:][-2:]
    return fees.copy()


def _changed_at(
    changed: NDArray[np.bool_], memory: Memory, first: MarketSlot, slot_length: timedelta
) -> Column:
    """The number of the slot of each area's last change."""
    back = np.argmax(changed[::-1], axis=0) if len(changed) else 0
    at = slot_number(first, slot_length) + len(changed) - 1 - back
    return np.where(changed.any(axis=0), at, memory.changed_at)


@dataclass(frozen=True, eq=False, slots=True)
class Padded:
    """A window's operand over a block, with the slots before it that windows go over."""

    values: Column
    """Of shape `(depth - 1 + slots, areas)` or `(depth - 1 + slots, 1)`."""
    depth: int
    known: int
    """How many of the slots before the block there were."""

    def ring(self, row: int) -> Ring:
        """The ring of one slot, as a fold has it."""
        length = min(self.depth, self.known + row + 1)
        newest = row + self.depth
        return tuple(each.copy() for each in self.values[newest - length : newest])


class _Newest(Newest):
    """The newest values in every slot of a block: views, one slot apart, oldest first."""

    def __init__(self, padded: Padded) -> None:
        self._padded = padded
        super().__init__(self._views(padded.values))

    def shape(self, _slots: int) -> tuple[int, ...]:
        return self.columns[0].shape

    def filled(self, slots: int) -> Sequence[Column]:
        return self._views(self._filled)[-slots:]

    def known(self, slots: int) -> Sequence[NDArray[np.bool_]]:
        return self._views(self._known)[-slots:]

    @cached_property
    def _filled(self) -> Column:
        return zero_for_no_data(self._padded.values)

    @cached_property
    def _known(self) -> NDArray[np.bool_]:
        return ~np.isnan(self._padded.values)

    def _views(self, values: NDArray[T]) -> Sequence[NDArray[T]]:
        slots = len(values) - self._padded.depth + 1
        return [values[age : age + slots] for age in range(self._padded.depth)]


class _Histories:
    """The operands of windows, as they are worked out."""

    def __init__(self, memory: Memory, block: Block, missed: int) -> None:
        self.of: dict[str, Padded] = {}
        self._memory, self._slots, self._missed = memory, block.slots, missed

    def push(self, task: History, newest: Column) -> Newest:
        """Put the values of a block after those of the slots before."""
        gap = (np.full(1, np.nan),) * min(self._missed, task.depth)
        past = (*self._memory.rings.get(task.key, ()), *gap)
        past = past[max(0, len(past) - task.depth + 1) :]
        width = max(each.shape[-1] for each in (*past, newest))
        values = np.full((task.depth - 1 + self._slots, width), np.nan)
        for row, each in enumerate(past, task.depth - 1 - len(past)):
            values[row] = each
        values[task.depth - 1 :] = newest
        self.of[task.key] = Padded(values, task.depth, len(past))
        return _Newest(self.of[task.key])


def _row(value: Value, row: int) -> Value:
    """What a value of a block has in one of its slots."""
    if isinstance(value, Truth):
        return Truth(_entries(value.yes, row), _entries(value.no, row))
    return _entries(value, row)


def _entries(array: NDArray[T], row: int) -> NDArray[T]:
    return array[row] if array.ndim > 1 else array
