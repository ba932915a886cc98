"""What a formula has become once it is checked: a canonical tree, and all it reads."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from fractions import Fraction
from typing import Final, Literal

from rulegrid.units import NUMBER, UNITS, Dimension, Unit, slot_units


class TruthKind(Enum):
    """The kind of a condition; its only member is `TRUTH`."""

    TRUTH = "a condition"

    def __str__(self) -> str:
        return self.value


TRUTH: Final = TruthKind.TRUTH
"""The kind of what is true, false, or no data."""

Kind = Dimension | TruthKind
"""What a formula is: an amount of a dimension, or a truth."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a name of a formula reads.

    `own` is a metric, variable or clock name of the area itself, `parent` a metric of its parent,
    `area` a metric of the area that `area` names (a name or a path), and `grid` a metric that is
    the same for the whole grid. `members` is a metric or variable of each of several areas, which
    `area` names: `children`, `all` or a group; only aggregates read such, as `own` of each.
    """

    scope: Literal["own", "parent", "area", "grid", "members"]
    name: str
    """A metric, a variable, a clock name, or `fee`."""
    area: str | None = None


@dataclass(frozen=True, slots=True)
class NameRead:
    """A name in a formula that has been read but not yet checked, and its place."""

    reference: Reference
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A checked formula."""

    text: str
    tree: ast.expr
    """Canonical: every name is a key of `reads`, `windows` or `aggregates`, every constant a float
    in canonical units, and the hundredths of percentages are written out. `col_offset` and
    `end_col_offset` are places in `text`; what the check has inserted is an empty place."""
    kind: Kind
    reads: Mapping[str, Reference]
    """What the tree reads itself, by the names in it; what only windows and aggregates read is in
    their operands."""
    windows: Mapping[str, "Window"]
    aggregates: Mapping[str, "Aggregate"]
    nodes: int
    """The work for one area: the nodes of the tree and of the operands of windows and aggregates,
    and one a slot of each window."""
    key: str
    """Equal keys compute the same, however the formulas are spelled."""
    places: Mapping[str, tuple[int, int]]
    """Where each name of `reads`, `windows` and `aggregates` stands first in `text`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in the tree: what it reads itself, its windows and its aggregates."""
        return (*self.reads, *self.windows, *self.aggregates)

    def all_reads(self) -> dict[str, Reference]:
        """What the formula reads, its windows and aggregates included."""
        found = dict(self.reads)
        for lifted in self.lifted():
            found.update(lifted.operand.all_reads())
        return found

    def its_own_reads(self) -> dict[str, Reference]:
        """What it reads for the area itself, its windows included and its aggregates left out."""
        found = dict(self.reads)
        for window in self.all_windows():
            found.update(window.operand.reads)
        return found

    def all_windows(self) -> Iterator["Window"]:
        """Its windows, each after those inside it; those inside aggregates left out."""
        for window in self.windows.values():
            yield from window.operand.all_windows()
            yield window

    def lifted(self) -> Iterator["Window | Aggregate"]:
        """The windows and aggregates of the tree itself."""
        yield from self.windows.values()
        yield from self.aggregates.values()

    def all_lifted(self) -> Iterator["Window | Aggregate"]:
        """The windows and aggregates of the formula, each after those inside it."""
        for lifted in self.lifted():
            yield from lifted.operand.all_lifted()
            yield lifted


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A call over the newest slots, lifted out of its formula into a column of its own."""

    key: str
    """Equal windows share a key, whatever the blanks and units of their spelling."""
    function: str
    """`average`, `total`, `lowest`, `highest` or `previous`."""
    operand: Expression
    operand_key: str
    """Windows with equal operands share one history."""
    slots: int
    """Length in slots, at least 1; for `previous`, how many slots ago."""

    @property
    def depth(self) -> int:
        """The slots it looks at, the newest included."""
        return self.slots + 1 if self.function == "previous" else self.slots


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """A call over several areas, lifted out of its formula into a column of its own."""

    key: str
    """Equal aggregates share a key, whatever the blanks and units of their spelling."""
    function: str
    """`average`, `total`, `lowest`, `highest` or `count`."""
    members: str
    """`children`, `all`, or the name of a group."""
    operand: Expression
    """What is worked out for each of them: `children.import` is read as `import` there."""

    @property
    def kind(self) -> Kind:
        """What it gives: of a condition, a count."""
        return NUMBER if self.operand.kind is TRUTH else self.operand.kind


@dataclass(frozen=True, slots=True)
class Scope:
    """What a formula may lean on besides the language itself."""

    variables: Mapping[str, Kind | None]
    """The kind of each variable; None for one that is itself broken, about which nothing more is
    said."""
    fee_dimension: Dimension
    slot_length: timedelta
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Words known in other places, for better messages: the word and what it is, such as `an
    area`."""
    uniform: Collection[str] = frozenset()
    """The variables that have one value in all areas, so that an aggregate can read them alone."""

    @property
    def slot_hours(self) -> Fraction:
        """The exact length of a market slot in hours."""
        return Fraction(self.slot_length // timedelta(microseconds=1), 3_600_000_000)

    def unit(self, name: str) -> Unit:
        """A unit by its name, `slot` and `slots` included."""
        return UNITS.get(name) or slot_units(self.slot_hours)[name]
