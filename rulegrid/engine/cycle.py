"""The fold: one market slot in, the fee of every area out.

`step(binding, memory, snapshot) -> (cycle, memory)` is the only place where fees are decided.
`run`, dry runs, tests, backtests and explanations differ in where snapshots come from and where
cycles go. What works out raw fees here takes columns of `(areas,)` or of `(slots, areas)`: `block`
decides many slots at once with the same functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rulegrid.columns import Newest, Truth, Value, aggregate, evaluate, window
from rulegrid.engine.areas import NO_DATA, above, full, overlaid, single, taken
from rulegrid.engine.binding import Assignment, Binding, History
from rulegrid.engine.bodies import worked_out
from rulegrid.engine.clock import clock_columns
from rulegrid.engine.history import Memory, Ring, Standing, pushed, slot_number
from rulegrid.engine.limits import Flags, moved, settle
from rulegrid.engine.schedule import Group, Index
from rulegrid.formula import Aggregate, Expression
from rulegrid.grid import Column, Grid, MarketSlot, Snapshot, later
from rulegrid.program import Policy

NO_RULE = -1

Push = Callable[[History, Column], Newest]


@dataclass(frozen=True, eq=False)
class Cycle:
    """What was decided in one slot, as columns over the areas, and all that was read."""

    binding: Binding
    slot: MarketSlot
    """The slot that had just opened."""
    applies_to: MarketSlot
    """The slot in which the fees will be in force."""
    columns: Mapping[str, Value]
    """All that is read but the fees of this cycle: metrics, clock names, dotted names, variables,
    windows, aggregates."""
    rings: Mapping[str, Ring]
    before: Column
    """The fee that would be in force without this cycle (`next_fee`), NaN where it is not known.
    """
    since_change: Column
    """Decisions since each area's fee last changed, this one counted: inf for never."""
    raw: Column
    """The fee before limits, NaN where there was no data."""
    rule: NDArray[np.int16]
    """The rule that decided, or that lacked data: its index in the area's policy, -1 where no
    selector is."""
    fee: Column
    """The final fee, NaN where nothing is sent."""
    flags: Flags
    """The steps that changed a number, as bits of `limits.Step`."""

    @property
    def standing(self) -> Column:
        """The fee each area will have: the one decided, else the one already in force."""
        return np.where(np.isnan(self.fee), self.before, self.fee)


def step(binding: Binding, memory: Memory, snapshot: Snapshot) -> tuple[Cycle, Memory]:
    """Decide the fees of one slot.

    Raises `ValueError` where the snapshot is not newer than the memory, or belongs to another
    grid.
    """
    if snapshot.grid is not binding.grid and snapshot.grid != binding.grid:
        raise ValueError("the snapshot belongs to another grid than the binding")
    if memory.slot is not None and snapshot.slot <= memory.slot:
        raise ValueError("a slot can only be decided after all earlier ones")
    memory = memory.on(binding.grid)
    length = binding.program.slot_length
    applies_to = later(snapshot.slot, length)
    columns = reported(binding, snapshot.columns)
    columns |= clock_columns(applies_to, binding.program.timezone, binding.program.holidays)
    for sheet in binding.sheets:
        columns |= sheet.columns(columns)
    now, missed = slot_number(snapshot.slot, length), memory.missed(snapshot.slot, length)

    rings: dict[str, Ring] = {}

    def push(task: History, newest: Column) -> Newest:
        before = memory.rings.get(task.key, ())
        rings[task.key] = pushed(before, newest, task.depth, missed)
        return Newest(rings[task.key])

    prepare(binding, columns, push)
    size = len(binding.grid)
    cycle = Cycle(
        binding,
        snapshot.slot,
        applies_to,
        columns,
        rings,
        before=full(snapshot.columns.get("next_fee", NO_DATA), size),
        since_change=now - memory.changed_at,
        raw=np.full(size, np.nan),
        rule=np.full(size, NO_RULE, dtype=np.int16),
        fee=np.full(size, np.nan),
        flags=np.zeros(size, dtype=np.uint8),
    )
    _decide(cycle)
    return cycle, remember(memory, cycle)


def remember(memory: Memory, cycle: Cycle) -> Memory:
    """What is known after a cycle: its fees count as decided, whoever has decided them."""
    fees, missing = cycle.fee, np.isnan(cycle.fee)
    if missing.any() and memory.standing:
        fees = np.where(missing, memory.standing[-1].fees, fees)
    changed = moved(cycle.fee, cycle.before)
    now = slot_number(cycle.slot, cycle.binding.program.slot_length)
    return replace(
        memory,
        slot=cycle.slot,
        rings=cycle.rings,
        changed_at=np.where(changed, now, memory.changed_at),
        standing=(*memory.standing[-1:], Standing(cycle.applies_to, fees)),
    )


def group_columns(
    group: Group, known: Mapping[str, Value], standing: Column, grid: Grid, areas: Index
) -> dict[str, Value]:
    """What the formulas of a group read, cut to some of its areas.

    `known` are the columns of all areas, `standing` holds the fees decided so far.
    """
    size = len(grid)
    columns = {key: taken(known[key], areas, size) for key in group.columns}
    for key, reference, place in group.fees:
        columns[key] = (
            above(standing, grid, areas)
            if reference.scope == "parent"
            else single(standing, place, size)
        )
    for name, body in group.variables:
        columns[name] = worked_out(body, columns)
    return columns


def reported(binding: Binding, metrics: Mapping[str, Column]) -> dict[str, Value]:
    """The metrics that are read, and the dotted names that read them."""
    columns: dict[str, Value] = {name: metrics.get(name, NO_DATA) for name in binding.metrics}
    size = len(binding.grid)
    for key, (reference, place) in binding.views.items():
        column = metrics.get(reference.name, NO_DATA)
        columns[key] = (
            above(column, binding.grid, slice(None))
            if reference.scope == "parent"
            else single(column, place, size)
        )
    return columns


def prepare(binding: Binding, columns: dict[str, Value], push: Push) -> None:
    """Work out windows, aggregates and variables into the columns, in order.

    `push` puts the newest column, or columns, of a window's operand behind those known.
    """
    newest: dict[str, Newest] = {}
    for task in binding.tasks:
        if isinstance(task, History):
            newest[task.key] = push(task, _amount(task.operand, columns))
        elif isinstance(task, Assignment):
            columns[task.variable.name] = _assigned(task, columns, len(binding.grid))
        elif isinstance(task, Aggregate):
            value, members = evaluate(task.operand, columns), binding.members[task.members]
            columns[task.key] = aggregate(task.function, value, members, len(binding.grid))
        else:
            columns[task.key] = window(task.function, newest[task.operand_key], task.slots)


def _assigned(task: Assignment, columns: Mapping[str, Value], size: int) -> Value:
    """A variable's shared value with some areas' own values in place."""
    shared = task.variable.shared
    value = None if shared is None else worked_out(shared, columns)
    for body, areas in task.own:
        value = overlaid(value, worked_out(body, columns), areas, size)
    return NO_DATA if value is None else value


def _decide(cycle: Cycle) -> None:
    """Fill in the cycle group by group, so that each fee is decided before it is read."""
    is_read = any(group.fees for group in cycle.binding.groups)
    standing = cycle.before.copy() if is_read else cycle.before
    for group in cycle.binding.groups:
        at = group.index
        columns = group_columns(group, cycle.columns, standing, cycle.binding.grid, at)
        raw, rule = first_true(group.policy, columns, (len(group.areas),))
        limits = group.policy.limits
        held = cycle.since_change[at] <= limits.hold_slots
        settled = settle(raw, cycle.before[at], held, (limits, group.policy.when_no_data))
        cycle.raw[at], cycle.rule[at] = raw, rule
        cycle.fee[at], cycle.flags[at] = settled.fee, settled.flags
        if is_read:
            standing[at] = np.where(np.isnan(settled.fee), standing[at], settled.fee)
    for column in (cycle.raw, cycle.rule, cycle.fee, cycle.flags):
        column.flags.writeable = False


def first_true(
    policy: Policy, columns: Mapping[str, Value], shape: tuple[int, ...]
) -> tuple[Column, NDArray[np.int16]]:
    """Read rules from the top, for all areas at once: the raw fee, and the rule that gave it.

    `shape` is that of the fees: `(areas,)` or `(slots, areas)`.

    The first condition that is true wins. An area whose condition is no data goes no further: its
    fee is no data.
    """
    chosen = np.zeros(shape, dtype=np.int16)
    decided = np.zeros(shape, dtype=bool)
    still_open = np.ones(shape, dtype=bool)
    fees: list[Column] = []
    for rule in policy.rules:
        if rule.when is None:
            takes, passed_on = still_open, None
        else:
            condition = _truth(rule.when, columns)
            takes, passed_on = still_open & condition.yes, still_open & condition.no
        decided |= takes
        fees.append(_amount(rule.fee, columns) if takes.any() else NO_DATA)
        if passed_on is None or not passed_on.any():
            break
        chosen += passed_on  # who goes on is decided by the next rule or a later one
        still_open = passed_on
    raw = _picked(fees, chosen)
    np.copyto(raw, np.nan, where=~decided)
    return raw, chosen


def _picked(fees: Sequence[Column], chosen: NDArray[np.int16]) -> Column:
    """The fee of each area's rule, as a new column.

    A fee that is the same for all areas is looked up, which is much the quickest.
    """
    single = [fee if fee.shape == (1,) else NO_DATA for fee in fees]
    raw = np.concatenate(single).take(chosen.astype(np.intp))
    for number, fee in enumerate(fees):
        if fee.shape != (1,):
            raw = np.where(chosen == number, fee, raw)
    return raw


def _amount(expression: Expression, columns: Mapping[str, Value]) -> Column:
    value = evaluate(expression, columns)
    if isinstance(value, Truth):
        raise TypeError(f"an amount was checked, a truth was found: {expression.text}")
    return value


def _truth(expression: Expression, columns: Mapping[str, Value]) -> Truth:
    value = evaluate(expression, columns)
    if not isinstance(value, Truth):
        raise TypeError(f"a truth was checked, an amount was found: {expression.text}")
    return value
