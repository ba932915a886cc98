"""What all that may stand behind a name means, as a number."""

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any

from rulegrid.bodies import Band, Body, Calendar, Dated, Hours, Sheet
from rulegrid.formula import Expression
from rulegrid.rulebook.diff.formulas import formula_meaning
from rulegrid.rulebook.diff.meanings import Meaning, Meanings, See
from rulegrid.rulebook.schedules import MIDNIGHT


def meaning(body: Body, meanings: Meanings, see: See) -> Meaning:
    """What a formula or any other body means, where names mean what `see` says."""
    return _READERS[type(body)](body, meanings, see)


def are_apart(windows: Iterable[Hours]) -> bool:
    """Whether it is certain that no two windows hold at the same time."""
    pieces = [piece for hours in windows for piece in _pieces(hours)]
    return not any(
        _meet(one, other) for at, one in enumerate(pieces) for other in pieces[at + 1 :]
    )


_Piece = tuple[bool, int, int, int, int]
"""Whether it goes by the day before, its months and days, its first minute and the one after."""


def _pieces(hours: Hours) -> tuple[_Piece, ...]:
    of = hours.months, hours.days
    if not hours.is_over_midnight:
        return ((False, *of, hours.start, hours.end),)
    return (False, *of, hours.start, MIDNIGHT), (True, *of, 0, hours.end)


def _meet(one: _Piece, other: _Piece) -> bool:
    if one[4] <= other[3] or other[4] <= one[3]:
        return False
    is_same_day = one[0] == other[0]
    return not is_same_day or bool(one[1] & other[1] and one[2] & other[2])


def _dated(body: Dated, meanings: Meanings, see: See) -> Meaning:
    """Only the days on which the value really changes count."""
    found: list[tuple[int, Meaning]] = []
    for day, option in zip(body.first_days, body.options, strict=True):
        value = meaning(option.value, meanings, see)
        if not found or found[-1][1] != value:
            found.append((day, value))
    return meanings.of("dated", *found)


def _band(body: Band, meanings: Meanings, see: See) -> Meaning:
    """What the rules `when: input <= end` with the same fees mean."""
    size = formula_meaning(body.input, meanings, see)
    steps: list[tuple[float, Meaning]] = []
    for end, option in zip((*body.bounds, inf), body.options, strict=True):
        fee = meaning(option.value, meanings, see)
        if steps and steps[-1][1] == fee:  # its end is none at which a fee changes
            steps.pop()
        steps.append((end, fee))
    whole = steps[-1][1]
    if len(steps) == 1:
        return meanings.of("where known", size, whole)
    for end, fee in reversed(steps[:-1]):
        within = meanings.of("<=", size, meanings.of("number", end))
        whole = meanings.choice(within, fee, whole)
    return whole


def _calendar(body: Calendar, meanings: Meanings, see: See) -> Meaning:
    values = [meaning(option.value, meanings, see) for option in body.options]
    windows = [
        (hours.months, hours.days, hours.start, hours.end, value)
        for hours, value in zip(body.windows, values, strict=False)
    ]
    rest = values[len(windows) :]
    if are_apart(body.windows):
        return meanings.of("calendar", *rest, *sorted(windows))
    return meanings.of("calendar", body.overlap, *rest, *windows)


def _sheet(body: Sheet, meanings: Meanings, see: See) -> Meaning:
    del see  # there are no formulas in a table
    columns = zip(*body.table.values, strict=True)
    return meanings.of("table", *sorted(zip(body.table.areas, columns, strict=True)))


_READERS: Mapping[type, Callable[[Any, Meanings, See], Meaning]] = {
    Expression: formula_meaning,
    Dated: _dated,
    Band: _band,
    Calendar: _calendar,
    Sheet: _sheet,
}
