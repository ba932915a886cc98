"""How the table of a calendar has changed, cell by cell; equal changes in a row are one."""

from collections.abc import Iterator
from dataclasses import dataclass

from rulegrid.bodies import DAY_MINUTES, Sheet
from rulegrid.rulebook.diff.change import Change, Side
from rulegrid.rulebook.diff.saying import amount


def cells(what: str, old: Sheet, new: Sheet) -> Iterator[Change]:
    """The columns that are gone or new, and the times at which a column says something else."""
    if old.table.slot_minutes != new.table.slot_minutes:
        sides = (_column(each, None, f"{each.table.slot_minutes} min") for each in (old, new))
        yield Change("table", f"{what}, minutes a row", next(sides), next(sides))
        return
    for area in old.table.areas:
        if area not in new.table.areas:
            yield Change("table", f"{what}, column `{area}`", _column(old, area, "gone"), None)
    for area in new.table.areas:
        if area in old.table.areas:
            yield from _differences(what, area, old, new)
        else:
            yield Change("table", f"{what}, column `{area}`", None, _column(new, area, "new"))


def _column(sheet: Sheet, area: str | None, text: str) -> Side:
    source = sheet.table.source
    at = sheet.table.areas.index(area) if area is not None else 0
    return Side(text, source.name, source.position(sheet.table.spans[at].start).line)


@dataclass(slots=True)
class _Run:
    """Rows one after another in which the same amount became the same other one."""

    first: int
    after: int
    pair: tuple[float, float]


def _differences(what: str, area: str, old: Sheet, new: Sheet) -> Iterator[Change]:
    before, after = old.table.areas.index(area), new.table.areas.index(area)
    runs: list[_Run] = []
    for at, rows in enumerate(zip(old.table.values, new.table.values, strict=True)):
        pair = rows[0][before], rows[1][after]
        if pair[0] == pair[1]:
            continue
        if runs and runs[-1].after == at and runs[-1].pair == pair:
            runs[-1].after = at + 1
        else:
            runs.append(_Run(at, at + 1, pair))
    for run in runs:
        minutes = new.table.slot_minutes
        hours = f"{_clock(run.first * minutes)}-{_clock(run.after * minutes)}"
        sides = (
            Side(amount(value, new.kind), sheet.table.source.name, sheet.table.lines[run.first])
            for sheet, value in zip((old, new), run.pair, strict=True)
        )
        yield Change("table", f"{what}, `{area}` {hours}", next(sides), next(sides))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}" if minute < DAY_MINUTES else "24:00"
