"""What a backtest found, for people and for machines."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from io import StringIO
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from rulegrid.cli.terminal import is_colourful
from rulegrid.diagnostics import shown_path
from rulegrid.engine.limits import LIMIT_NAMES
from rulegrid.grid import write_slot
from rulegrid.rehearsal.backtest import AreaResult, Backtest, Result

MOST_AREAS = 30
"""Areas that are shown one by one."""

REACTION = "The energy is what was recorded: it does not react to another fee, as trades would."
EMBEDDED = "the day that ships with rulegrid"
_WIDTH = 100

Cell = Callable[[AreaResult], str]


def as_json(found: Backtest, files: Sequence[str], data: str) -> dict[str, Any]:
    """All of it, in a form that stays."""
    span = found.span
    return {
        "data": data,
        "first_slot": write_slot(span.first),
        "last_slot": write_slot(span.last),
        "slots": span.slots,
        "rulebooks": [
            {
                "file": file,
                "name": result.name,
                "digest": result.digest,
                "fee_unit": result.fee_unit,
                "areas": [asdict(area) for area in result.areas],
                "total": {k: v for k, v in asdict(result.total).items() if k not in _OF_ONE},
            }
            for file, result in zip(files, found.results, strict=True)
        ],
        "seconds": asdict(found.seconds),
        "note": REACTION,
    }


_OF_ONE = ("area", "paid_eur")


@contextmanager
def progress(rows: int) -> Iterator[Callable[[int], None]]:
    """What is told how many rows were decided, and shows it on a terminal."""
    bar = Progress(
        TextColumn("{task.completed:,.0f} rows"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=rows or None)
        yield lambda done: bar.advance(task, done)


def as_text(found: Backtest, data: str, stream: TextIO) -> str:
    """The tables that a tariff analyst compares."""
    console = Console(
        file=StringIO(),
        width=Console(file=stream).width,
        force_terminal=is_colourful(stream),
        highlight=False,
    )
    span = found.span
    console.print(
        f"{shown_path(data) or EMBEDDED}: {span.slots:,} slots from {write_slot(span.first)} to "
        f"{write_slot(span.last)} UTC",
        markup=False,
    )
    console.print()
    console.print(_overview(found.results))
    console.print()
    console.print(_areas(found.results[0]) if len(found.results) == 1 else _side_by_side(found))
    for note in _notes(found):
        console.print(note, markup=False)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _overview(results: Sequence[Result]) -> Table:
    """All areas together: a column for each rulebook."""
    table = _table("all areas together", *(f"{n}" for n in range(1, len(results) + 1)))
    if len(results) == 1:
        table.show_header = False
    table.add_row("rulebook", *(Text(result.name) for result in results))
    table.add_row("fees in", *(result.fee_unit for result in results))
    totals = [result.total for result in results]
    rows = {**_TOTALS, **{f"at {name}": _at(name) for name in _met(totals)}}
    for name, cell in rows.items():
        table.add_row(name, *map(cell, totals))
    return table


def _areas(result: Result) -> Table:
    """One rulebook, area by area."""
    table = _table("area", *_COLUMNS)
    for area in result.areas[:MOST_AREAS]:
        table.add_row(_indented(area.area), *(cell(area) for cell in _COLUMNS.values()))
    return table


_FEES: Mapping[str, Cell] = {
    "mean": lambda area: _fee(area.mean_fee),
    "min": lambda area: _fee(area.min_fee),
    "max": lambda area: _fee(area.max_fee),
}
_COLUMNS: Mapping[str, Cell] = {
    **_FEES,
    "changes": lambda area: f"{area.changes_per_day:.1f}/day",
    "no data": lambda area: _share(area.slots_without_data, area.slots),
    "EUR": lambda area: _euro(area.revenue_eur),
    "recorded": lambda area: _euro(area.recorded_revenue_eur),
    "pays": lambda area: _euro(area.paid_eur),
}
_TOTALS: Mapping[str, Cell] = {
    **{f"{name} fee": cell for name, cell in _FEES.items()},
    "changes": lambda area: f"{area.changes_per_day:.1f}/day and area",
    "no data": _COLUMNS["no data"],
    "EUR": _COLUMNS["EUR"],
    "EUR recorded": _COLUMNS["recorded"],
}


def _met(areas: Sequence[AreaResult]) -> list[str]:
    """The limits that changed a fee anywhere."""
    return [n for n in LIMIT_NAMES.values() if any(area.slots_at_limit[n] for area in areas)]


def _at(limit: str) -> Cell:
    """The share of slots in which a limit changed the fee."""
    return lambda area: _share(area.slots_at_limit[limit], area.slots)


def _side_by_side(found: Backtest) -> Table:
    """Several rulebooks: the mean fee and the revenue of each area."""
    columns = [f"{what} {n + 1}" for what in ("mean", "EUR") for n in range(len(found.results))]
    table = _table("area", *columns)
    by_area = [{area.area: area for area in result.areas} for result in found.results]
    paths = list(dict.fromkeys(path for areas in by_area for path in areas))
    for path in paths[:MOST_AREAS]:
        rows = [areas.get(path) for areas in by_area]
        fees = (_fee(row.mean_fee) if row else "-" for row in rows)
        table.add_row(_indented(path), *fees, *(_euro(r.revenue_eur) if r else "-" for r in rows))
    return table


def _notes(found: Backtest) -> list[str]:
    """What has to be known to read the tables."""
    most = max(len(result.areas) for result in found.results)
    notes = [""]
    if most > MOST_AREAS:
        notes.append(
            f"{most - MOST_AREAS:,} more areas: --format json or -o tells of all of them."
        )
    notes += [
        "EUR: what these fees earn on the energy recorded in an area's market",
        "recorded: what the fees of the recording earned there, in EUR",
    ]
    if len(found.results) == 1:
        notes.append("pays: what an area pays of the EUR of the market above it")
    if _met([result.total for result in found.results]):
        notes.append("at max, at max_change ...: slots in which that limit changed the fee")
    notes += [REACTION]
    seconds = found.seconds
    notes.append(
        f"{seconds.reading:.1f} s reading, {seconds.evaluating:.1f} s evaluating, "
        f"{seconds.writing:.1f} s writing"
    )
    return notes


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, overflow="ellipsis", no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _indented(path: str) -> Text:
    """An area's name, further in the deeper it lies."""
    above, _, name = path.rpartition("/")
    return Text("  " * (above.count("/") + bool(above)) + shown_path(name))


def _share(slots: int, of: int) -> str:
    if not slots or not of:
        return "-"
    return f"{100 * slots / of:.1f} %" if slots * 1000 >= of else "< 0.1 %"


def _fee(fee: float | None) -> str:
    return "-" if fee is None else f"{fee:.2f}"


def _euro(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:,.2f}"
