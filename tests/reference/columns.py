"""A world as columns, so that rulegrid's evaluator can be held against the reference."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from rulegrid.columns import Members, Newest, Truth, Value, aggregate, evaluate, window
from rulegrid.formula import Aggregate, Expression, Kind, Reference, Scope, Window, check, read
from rulegrid.metrics import CLOCK
from rulegrid.units import PERCENT, PRICE
from tests.reference.evaluator import World, evaluate_text
from tests.reference.worlds import GROUPS, VARIABLES


def scope_of(of: World) -> Scope:
    fee = PERCENT if of.fee_unit == "percent" else PRICE
    slot_length = timedelta(minutes=of.slot_minutes)
    kinds = {}
    for name, text in VARIABLES.items():
        kinds[name] = checked(text, Scope({}, fee, slot_length), None).kind
    return Scope(kinds, fee, slot_length)


def checked(text: str, scope: Scope, expected: Kind | None) -> Expression:
    parsed = read(text, GROUPS)
    assert not isinstance(parsed, tuple), (text, parsed)
    expression = check(parsed, scope, expected)
    assert not isinstance(expression, tuple), (text, expression)
    return expression


class Columns:
    """A world as columns of one slot or blocks of all slots, with windows folded."""

    def __init__(self, of: World) -> None:
        self.world = of
        self.scope = scope_of(of)
        self.past: dict[tuple[str, int], Value] = {}
        self.variables = {
            name: checked(text, self.scope, None) for name, text in VARIABLES.items()
        }

    def value(self, expression: Expression, slots: int | slice) -> Value:
        """The expression at a slot, or in the block of all slots."""
        return evaluate(expression, self.columns(expression, slots))

    def columns(self, expression: Expression, slots: int | slice) -> Mapping[str, Value]:
        read = {key: self.read(reference, slots) for key, reference in expression.reads.items()}
        fold = self.block_window if isinstance(slots, slice) else self.slot_window
        read |= {key: fold(of, slots) for key, of in expression.windows.items()}
        over = expression.aggregates.items()
        return read | {key: self.over_areas(of, slots) for key, of in over}

    def read(self, reference: Reference, slots: int | slice) -> Value:
        if reference.name in VARIABLES:
            return self.value(self.variables[reference.name], slots)
        if reference.name in CLOCK:
            return self.clock(reference.name, slots)
        rows = [self.row(reference.name, slot) for slot in range(len(self.world.clock))]
        return self.of_area(np.array(rows)[slots], reference)

    def row(self, name: str, slot: int) -> list[float]:
        source = self.world.fees[slot] if name == "fee" else self.world.metrics[slot][name]
        return [np.nan if number is None else number for number in source]

    def of_area(self, column, reference: Reference) -> Value:
        if reference.scope == "own":
            return column
        if reference.scope == "parent":
            parents = np.array(self.world.parents)
            return np.where(parents < 0, np.nan, column[..., parents])
        return column[..., :1] if reference.scope == "grid" else self.named(column, reference)

    def named(self, column, reference: Reference) -> Value:
        """The column of one area, named by its name or path; an unknown one has no data."""
        listed = self.world.names if reference.area in self.world.names else self.world.paths
        if reference.area not in listed:
            return np.full_like(column[..., :1], np.nan)
        place = listed.index(reference.area)
        return column[..., place : place + 1]

    def clock(self, name: str, slots: int | slice) -> Value:
        values = np.array([[slot[name]] for slot in self.world.clock])[slots]
        return Truth(values, ~values) if CLOCK[name].is_truth else values.astype(np.float64)

    def over_areas(self, of: Aggregate, slots: int | slice) -> Value:
        """An aggregate, whose members are found as the reference finds them."""
        size = len(self.world.names)
        results = range(size) if of.members == "children" else [0]
        pairs = [(p, at) for at in results for p in self.world.members(of.members, at)]
        places, of_results = (np.array([p[i] for p in pairs], dtype=np.intp) for i in (0, 1))
        members = Members.of(places, of_results, len(results))
        return aggregate(of.function, self.value(of.operand, slots), members, size)

    def slot_window(self, of: Window, slot: int) -> Value:
        for past in range(slot + 1):
            if (of.operand_key, past) not in self.past:
                self.past[of.operand_key, past] = self.value(of.operand, past)
        columns = [self.past[of.operand_key, past] for past in range(slot + 1)]
        return window(of.function, Newest(columns), of.slots)

    def block_window(self, of: Window, slots: slice) -> Value:
        column = self.value(of.operand, slots)
        count = len(self.world.clock)
        column = np.broadcast_to(column, (count, column.shape[-1]))
        gap = np.full_like(column, np.nan)
        ring = [np.concatenate([gap[:back], column[: count - back]]) for back in range(count)]
        return window(of.function, Newest(ring[::-1]), of.slots)


def bits(value: Value, shape: tuple[int, ...]) -> list:
    """A value as a list of exact texts, None for no data."""
    if isinstance(value, Truth):
        yes, no = (np.broadcast_to(flags, shape).ravel() for flags in (value.yes, value.no))
        return [True if y else False if n else None for y, n in zip(yes, no, strict=True)]
    return [
        None if np.isnan(number) else float(number).hex()
        for number in np.broadcast_to(value, shape).ravel()
    ]


def reference_bits(text: str, slot: int, of: World) -> list:
    """What the reference gives for all areas at a slot, as `bits` writes it."""
    values = [evaluate_text(text, area, slot, of) for area in range(len(of.names))]
    return [value if value is None or isinstance(value, bool) else value.hex() for value in values]
