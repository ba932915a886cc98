"""Days, weeks and steps as pictures of letters in a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from shutil import get_terminal_size

import click

from rulegrid.cli.amounts import amount

SHADES = "·░▒▓█"
_COLOURS = ("blue", "cyan", "green", "yellow", "red")
NOTHING, UNKNOWN = " ", "?"
"""Where the clock skips an hour, and where a value depends on what is reported."""

QUARTERS = 96
_WIDTH = 60
"""Columns of the curve of a band."""


class Scale:
    """Which shade an amount has, from the lowest to the highest."""

    def __init__(self, amounts: Iterable[float | None]) -> None:
        known = sorted({each for each in amounts if each is not None})
        self._lowest, self._highest = (known[0], known[-1]) if known else (0.0, 0.0)
        self._known = known

    def shade(self, value: float | None) -> str:
        """The letter of an amount."""
        if value is None:
            return UNKNOWN
        return SHADES[self._place(value)]

    def painted(self, row: str) -> str:
        """A row of shades in colours, for a stream that shows them."""
        colours = dict(zip(SHADES, _COLOURS, strict=True))
        runs = ("".join(group) for _, group in groupby(row))
        return "".join(click.style(run, fg=colours.get(run[0])) for run in runs)

    def legend(self, unit: str) -> str:
        """What each shade means: the amounts that have it."""
        groups: dict[str, list[float]] = {}
        for value in self._known:
            groups.setdefault(self.shade(value), []).append(value)
        told = (f"{shade} {_range(values)}" for shade, values in groups.items())
        return f"{'   '.join(told)}   {unit}" if groups else ""

    def _place(self, value: float) -> int:
        width = self._highest - self._lowest
        share = (value - self._lowest) / width if width else 0.0
        return round(share * (len(SHADES) - 1))


def _range(values: Sequence[float]) -> str:
    return amount(values[0]) if len(values) == 1 else f"{amount(values[0])}-{amount(values[-1])}"


def day_row(slots: Sequence[datetime], amounts: Sequence[float | None], scale: Scale) -> str:
    """A local day as 96 letters, one a quarter of an hour by the clock on the wall.

    Of several slots in a quarter, and of an hour that comes twice, the last is shown.
    """
    letters = [NOTHING] * QUARTERS
    step = max(1, round((slots[1] - slots[0]).total_seconds() / 900)) if len(slots) > 1 else 1
    for slot, value in zip(slots, amounts, strict=True):
        quarter = (slot.hour * 60 + slot.minute) // 15
        width = min(step, QUARTERS - quarter)
        letters[quarter : quarter + width] = scale.shade(value) * width
    return "".join(letters)


def heat_map(rows: Sequence[tuple[str, str]], scale: Scale) -> Iterator[str]:
    """Rows of days or areas below the hours of a day, half as wide in a narrow terminal."""
    width = max(len(label) for label, _ in rows)
    step = 1 if width + 1 + QUARTERS <= get_terminal_size().columns else 2
    hours = "".join(f"{hour:<{8 // step}}" for hour in range(0, 24, 2))
    yield f"{'':{width}} {hours}".rstrip()
    for label, row in rows:
        yield f"{label:{width}} {scale.painted(row[::step])}".rstrip()


def curve(uppers: Sequence[float], fees: Sequence[float]) -> Iterator[str]:
    """A band as steps: its fees upwards, its input to the right.

    `uppers` are the upper ends of all steps but the last; there is one fee more.
    """
    levels = sorted({*fees}, reverse=True)
    ends = _ends(uppers)
    margin = max(len(amount(level)) for level in levels)
    for level in levels:
        yield f"{amount(level):>{margin}} ┤{_line(level, fees, ends)}".rstrip()
    yield f"{'':{margin}} └{_axis(ends)}"
    yield f"{'':{margin}}  {_ticks(uppers, ends)}".rstrip()


def _ends(uppers: Sequence[float]) -> list[int]:
    """The columns in which steps end."""
    lowest = min(0.0, *uppers)
    width = (max(uppers) - lowest) * 1.25 or 1.0
    ends = [round((upper - lowest) / width * _WIDTH) for upper in uppers]
    return [max(end, 3 * (place + 1)) for place, end in enumerate(ends)] + [_WIDTH]


def _line(level: float, fees: Sequence[float], ends: Sequence[int]) -> str:
    """One level of the curve: flat where it is the fee, upright where the fee passes it."""
    letters = [" "] * (max(ends) + 1)
    start = 0
    for fee, end in zip(fees, ends, strict=True):
        if fee == level:
            letters[start:end] = "─" * (end - start)
        start = end
    for (before, after), end in zip(pairwise(fees), ends[:-1], strict=True):
        if min(before, after) <= level <= max(before, after) and before != after:
            letters[end] = _corner(level, before, after)
    return "".join(letters)


def _corner(level: float, before: float, after: float) -> str:
    if level not in (before, after):
        return "│"
    is_rise = after > before
    if level == before:
        return "┘" if is_rise else "┐"
    return "┌" if is_rise else "└"


def _axis(ends: Sequence[int]) -> str:
    marks = set(ends[:-1])
    return "".join("┴" if column in marks else "─" for column in range(max(ends) + 1))


def _ticks(uppers: Sequence[float], ends: Sequence[int]) -> str:
    text = ""
    for upper, end in zip(uppers, ends[:-1], strict=True):
        told = amount(upper)
        start = max(len(text) + (1 if text else 0), end - len(told) // 2)
        text = f"{text:<{start}}{told}"
    return text
