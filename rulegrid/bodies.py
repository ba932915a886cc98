"""What a named value is worked out from: a formula, dated values, a band, a calendar or a table.

A further kind of body is a class here and a member of `Body`. It needs four more things: what the
author writes (`rulebook/model`), how that is read (`rulebook/bodies`), what it gives
(`engine/bodies.worked_out`) and how that came about (`engine/telling.told`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rulegrid.formula import Expression, Kind
from rulegrid.source import Place, Source, Span
from rulegrid.units import Dimension


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values a body may take: a step of a band, a window of a calendar, a dated one."""

    name: str
    """`step 2`, `from 2026-01-01`, the window's name, `otherwise`: a reason for a person."""
    when: str
    """When it is taken, in the words of the rulebook: `up_to 10 kWh`; empty for `otherwise`."""
    value: "Expression | Dated"
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """Values that change on certain days: the newest one holds, before the first is no data."""

    kind: Kind
    options: tuple[Option, ...]
    """The values are expressions."""
    first_days: tuple[int, ...]
    """For each option the local day from which it holds, rising, as `date.toordinal` counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Values by the size of an input: step by step, without gap or overlap."""

    kind: Kind
    options: tuple[Option, ...]
    input: Expression
    bounds: tuple[float, ...]
    """For each option but the last the highest input that it takes, rising."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a window of a calendar holds; the days are those on which it begins."""

    months: int
    """A bit for each month, 1 for January is bit 1."""
    days: int
    """A bit for each kind of day: 0 to 6 for Monday to Sunday, 7 to 13 if they are holidays."""
    start: int
    """In minutes since midnight, itself included."""
    end: int
    """In minutes since midnight, itself left out; not after `start` for a window over midnight."""

    @property
    def is_over_midnight(self) -> bool:
        """Whether it ends on the day after the one it begins on."""
        return self.end <= self.start


WEEKDAYS = 7
"""A holiday is the kind of day that a weekday is, and so much more."""


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Values by the local time of the slot in which a fee will be in force."""

    kind: Dimension
    options: tuple[Option, ...]
    """The windows, and after them `otherwise` where there is one."""
    windows: tuple[Hours, ...]
    overlap: Literal["add", "last"] = "last"
    """Where windows overlap, they add up, or the last one wins. Checks see to it that they do not
    where the rulebook says nothing."""

    @property
    def otherwise(self) -> Option | None:
        """What holds where no window does."""
        return self.options[-1] if len(self.options) > len(self.windows) else None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A column of amounts per area, and a row per slot of the day."""

    source: Source
    areas: tuple[str, ...]
    """What the columns are called: names or paths of areas."""
    spans: tuple[Span, ...]
    """Where in the source those names stand."""
    values: tuple[tuple[float, ...], ...]
    """For each slot of the day, the amount of each column."""
    lines: tuple[int, ...]
    """The line of each slot of the day."""

    @property
    def slot_minutes(self) -> int:
        """The length of a slot."""
        return DAY_MINUTES // len(self.values)


DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Values by area and by the local time of the slot, from a table."""

    kind: Dimension
    name: str
    """The calendar's name."""
    file: str
    """The name of the table, as the rulebook writes it."""
    table: Table

    @property
    def amount_key(self) -> str:
        """The column of what each area's cell says in this slot."""
        return f"amount of {self.name}"

    @property
    def column_key(self) -> str:
        """The column of which of the table's columns each area has, the first is 0."""
        return f"column of {self.name}"


Choice = Dated | Band | Calendar
"""A body of which one option is taken, by the slot or by what is read."""
Body = Expression | Choice | Sheet
"""All that may stand behind a name."""


def expressions(body: Body) -> Iterator[Expression]:
    """Every formula in a body."""
    if isinstance(body, Expression):
        yield body
        return
    if isinstance(body, Sheet):
        return
    if isinstance(body, Band):
        yield body.input
    for option in body.options:
        yield from expressions(option.value)


DATE = "date of the slot"
MINUTE = "minute of the day"
MONTH, MONTH_BEFORE = "month of the day", "month of the day before"
DAY, DAY_BEFORE = "kind of the day", "kind of the day before"
CLOCK_KEYS = (DATE, MINUTE, MONTH, MONTH_BEFORE, DAY, DAY_BEFORE)
"""Columns that bodies read besides those of their formulas: the slot's local day by
`date.toordinal`, its minutes since midnight, and the months and kinds of days as in `Hours`. They
have spaces in them, so that no name of a rulebook is theirs."""


def keys(body: Body) -> Iterator[str]:
    """The keys of every column that a body reads."""
    for expression in expressions(body):
        yield from expression.names
    if isinstance(body, Sheet):
        yield from (body.amount_key, body.column_key)
    if not isinstance(body, Expression):
        yield from CLOCK_KEYS
