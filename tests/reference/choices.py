"""Bands, calendars, tables, dated values, slow and plain: one area, one slot, from their YAML."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from tests.reference.evaluator import UNITS, Amount, Measure, Node, World, read

Maker = Callable[[World], Node]
"""What a name stands for, once it is known which variables there are."""

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
GROUPS = ("workdays", "weekends", "holidays")


class Days:
    """The local time of each slot's fees, and the holidays."""

    def __init__(self, holidays: Sequence[Any]) -> None:
        self.holidays = {date.fromisoformat(str(each)) for each in holidays}
        self.moments: list[datetime] = []

    def is_on(self, day: date, window: Mapping[str, Any]) -> bool:
        """Whether a window begins on a day."""
        months, days = window.get("months", "Jan-Dec"), window.get("days")
        if not is_among(MONTHS[day.month - 1], months, MONTHS):
            return False
        if days is None:
            return True
        names = [DAYS[day.weekday()], "weekends" if day.weekday() >= 5 else "workdays"]
        if day in self.holidays:
            names = [name for name in names if name != "workdays"] + ["holidays"]
        texts = [text for text in listed(days) if text not in GROUPS]
        return not set(names).isdisjoint(listed(days)) or is_among(names[0], texts, DAYS)

    def holds(self, slot: int, window: Mapping[str, Any]) -> bool:
        """Whether a window holds: it has begun today or yesterday, and is not over."""
        now = self.moments[slot].replace(tzinfo=None)
        for day in (now.date(), now.date() - timedelta(days=1)):
            begin, end = span(day, window.get("hours", "00:00-24:00"))
            if self.is_on(day, window) and begin <= now < end:
                return True
        return False


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def is_among(name: str, texts: Any, order: Sequence[str]) -> bool:
    """Whether a name is one of some names and ranges."""
    for text in listed(texts):
        first, _, last = text.partition("-")
        at = order.index(first)
        while True:
            if order[at] == name:
                return True
            if order[at] == (last or first):
                break
            at = (at + 1) % len(order)
    return False


def span(day: date, hours: str) -> tuple[datetime, datetime]:
    """When a window that begins on a day begins and ends, on a clock that is never changed."""
    midnight = datetime.combine(day, time())
    begin, end = (
        midnight + timedelta(hours=int(text[:2]), minutes=int(text[3:]))
        for text in hours.split("-")
    )
    return begin, end if end > begin else end + timedelta(days=1)


def measured(value: Any, measure: Measure | None, days: Days) -> Maker:
    """A formula or dated ones, whose plain numbers are in a unit of size 1."""

    def make(world: World) -> Node:
        if isinstance(value, dict):
            return dated(value["from"], measure, days)(world)
        node = read(str(value), world)

        def worth(area: int, slot: int) -> Any:
            found = node(area, slot)
            if isinstance(found, Amount) and measure is not None:
                return Amount(found.number, measure)
            return found

        return worth

    return make


def dated(values: Mapping[Any, Any], measure: Measure | None, days: Days) -> Maker:
    def make(world: World) -> Node:
        nodes = {
            date.fromisoformat(str(day)): measured(value, measure, days)(world)
            for day, value in values.items()
        }

        def worth(area: int, slot: int) -> Any:
            begun = [day for day in nodes if day <= days.moments[slot].date()]
            if not begun:
                any_day = next(iter(nodes.values()))(area, slot)
                return Amount(None, any_day.measure) if isinstance(any_day, Amount) else None
            return nodes[max(begun)](area, slot)

        return worth

    return make


def band(written: Mapping[str, Any], measure: Measure, days: Days) -> Maker:
    def make(world: World) -> Node:
        size = read(str(written["input"]), world)
        steps = [
            (step.get("up_to"), measured(step["fee"], measure, days)(world))
            for step in written["steps"]
        ]

        def worth(area: int, slot: int) -> Amount:
            found = size(area, slot).number
            if found is None:
                return Amount(None, measure)
            for up_to, fee in steps:
                if up_to is None or found <= read(str(up_to), world)(area, slot).number:
                    return fee(area, slot)
            raise AssertionError("a band without an end")

        return worth

    return make


def calendar(written: Mapping[str, Any], measure: Measure, days: Days) -> Maker:
    if "unit" in written:
        measure = UNITS[written["unit"]][0]

    def make(world: World) -> Node:
        windows = [
            (window, measured(window["value"], measure, days)(world))
            for window in written["windows"]
        ]
        otherwise = measured(written.get("otherwise", 0), measure, days)(world)

        def worth(area: int, slot: int) -> Amount:
            holding = [value for window, value in windows if days.holds(slot, window)]
            if not holding:
                return otherwise(area, slot)
            if written.get("overlap") != "add":
                return holding[-1](area, slot)
            numbers = [value(area, slot).number for value in holding]
            return Amount(None if None in numbers else sum(numbers), measure)

        return worth

    return make


def table(written: Mapping[str, Any], text: str, measure: Measure, days: Days) -> Maker:
    factor = Fraction(1)
    if "unit" in written:
        measure, factor = UNITS[written["unit"]]
    first, *_ = text.splitlines()
    header, *rows = csv.reader(text.splitlines(), delimiter=";" if ";" in first else ",")

    def make(world: World) -> Node:
        def worth(area: int, slot: int) -> Amount:
            now = days.moments[slot].strftime("%H:%M:%S")
            *_, row = [row for row in rows if row[0] <= now]
            for name in (world.paths[area], world.names[area]):
                if name in header[1:]:
                    said = row[header.index(name, 1)].replace(",", ".")
                    return Amount(float(Fraction(said) * Fraction(factor)), measure)
            return Amount(None, measure)

        return worth

    return make
