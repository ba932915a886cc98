"""What calendars, bands and tables say at a time, without an exchange.

What depends on the clock alone is worked out; anything else is told as the formula that it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from rulegrid.bodies import Band, Body, Calendar, Option, Sheet, keys
from rulegrid.columns import Truth, Value
from rulegrid.engine.bodies import takes, worked_out
from rulegrid.engine.clock import clock_columns
from rulegrid.engine.sheets import rows_of
from rulegrid.formula import Expression
from rulegrid.grid import MarketSlot
from rulegrid.program import Program

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A value: its number where that is known, else the formulas that give it."""

    amount: float | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hour:
    """What a calendar says in one slot."""

    slot: datetime
    """In local time."""
    names: tuple[str, ...]
    """The windows that hold, or `otherwise`; none where it says nothing."""
    value: Told


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a band: its words, its upper end (None for the last), and its fee."""

    when: str
    upper: float | None
    value: Told


class Timetable:
    """What the named values of a program say at a time."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bodies = {
            variable.name: variable.shared
            for variable in program.variables
            if variable.shared is not None and not variable.own
        }

    @property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars by name, but those that are read from tables."""
        return {name: body for name, body in self._in_file() if isinstance(body, Calendar)}

    @property
    def sheets(self) -> dict[str, Sheet]:
        """The calendars that are read from tables."""
        return {name: body for name, body in self._in_file() if isinstance(body, Sheet)}

    @property
    def bands(self) -> dict[str, Band]:
        """The bands by name."""
        return {name: body for name, body in self._in_file() if isinstance(body, Band)}

    def slots(self, day: date) -> tuple[datetime, ...]:
        """The slots of a local day, in local time: of 15 min 100 or 92 where the clock changes."""
        zone = self._program.timezone or UTC
        first, last = (
            datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + _A_DAY)
        )
        length = self._program.slot_length
        count = -((first - last) // length)
        return tuple((first + place * length).astimezone(zone) for place in range(count))

    def hours(self, calendar: Calendar, day: date) -> tuple[Hour, ...]:
        """What a calendar says in each slot of a local day."""
        return tuple(self._hour(calendar, slot) for slot in self.slots(day))

    def rows(self, sheet: Sheet, day: date) -> tuple[tuple[float, ...], ...]:
        """For each slot of a local day the amounts of a table's columns."""
        places = (int(rows_of(sheet, self._clock(slot)).flat[0]) for slot in self.slots(day))
        return tuple(sheet.table.values[place] for place in places)

    def steps(self, band: Band, day: date) -> tuple[Step, ...]:
        """The steps of a band with their fees at the beginning of a local day."""
        columns = self._columns(self.slots(day)[0])
        uppers = (*band.bounds, None)
        return tuple(
            Step(option.when, upper, _told((option,), columns))
            for option, upper in zip(band.options, uppers, strict=True)
        )

    def _in_file(self) -> list[tuple[str, Body]]:
        """The named values in the order of the file; they are worked out in another."""
        starts = {each.name: each.place.span.start for each in self._program.variables}
        return sorted(self._bodies.items(), key=lambda item: starts[item[0]])

    def _hour(self, calendar: Calendar, slot: datetime) -> Hour:
        columns = self._columns(slot)
        taken = [
            option
            for option, flag in zip(calendar.options, takes(calendar, columns), strict=True)
            if flag.any()
        ]
        return Hour(slot, tuple(option.name for option in taken), _told(taken, columns))

    def _clock(self, slot: datetime) -> dict[str, Value]:
        moment = MarketSlot(slot.astimezone(UTC))
        return clock_columns(moment, self._program.timezone, self._program.holidays)

    def _columns(self, slot: datetime) -> dict[str, Value]:
        """The clock, and all named values that need nothing else."""
        columns = self._clock(slot)
        for name, body in self._bodies.items():
            if _is_known(body, columns):
                columns[name] = worked_out(body, columns)
        return columns


def _is_known(body: Body, columns: Mapping[str, Value]) -> bool:
    return set(keys(body)) <= columns.keys()


def _told(taken: tuple[Option, ...] | list[Option], columns: Mapping[str, Value]) -> Told:
    """What some options give together."""
    text = " + ".join(_words(option.value) for option in taken)
    if not taken or not all(_is_known(option.value, columns) for option in taken):
        return Told(None, text or "no data")
    values = [worked_out(option.value, columns) for option in taken]
    amounts = [float(value.flat[0]) for value in values if not isinstance(value, Truth)]
    total = float(np.sum(amounts))
    return Told(None, "no data") if np.isnan(total) else Told(total, text)


def _words(body: Body) -> str:
    return body.text if isinstance(body, Expression) else "dated values"
