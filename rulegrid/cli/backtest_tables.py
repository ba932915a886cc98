"""What a backtest found, as the tables that a tariff analyst compares."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rulegrid.cli.backtest_views import EMBEDDED, REACTION
from rulegrid.cli.terminal import is_colourful
from rulegrid.diagnostics import shown_path
from rulegrid.engine.limits import LIMIT_NAMES
from rulegrid.grid import write_slot
from rulegrid.rehearsal.backtest import AreaResult, Backtest, Result, Span

MOST_AREAS = 30
"""Areas that are shown one by one."""
_NAME = 28
"""So much room the name of an area gets where columns are many."""
_GAP = 2

Cell = Callable[[AreaResult], str]


def as_text(found: Backtest, data: str, stream: TextIO) -> str:
    """The tables, as wide as the terminal that they are for."""
    console = Console(
        file=StringIO(),
        width=Console(file=stream).width,
        force_terminal=is_colourful(stream),
        highlight=False,
    )
    console.print(_heading(found.span, shown_path(data) or EMBEDDED), markup=False)
    for table in _tables(found, console.width):
        console.print()
        console.print(table)
    console.print()
    for note in _notes(found):
        console.print(note, markup=False)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _heading(span: Span, data: str) -> str:
    slots = "slot" if span.slots == 1 else "slots"
    told = (
        f"{data}: {span.slots:,} {slots} from {write_slot(span.first)} to "
        f"{write_slot(span.last)} UTC"
    )
    return f"{told}, and {span.missing:,} between them without rows" if span.missing else told


def _tables(found: Backtest, width: int) -> Iterator[Table]:
    if len(found.results) == 1:
        yield _overview(found.results[0])
        yield _areas(found.results[0])
    else:
        yield from _compared(found.results)
        yield from _side_by_side(found.results, width)


# One rulebook


def _overview(result: Result) -> Table:
    """All areas together."""
    table = _table("all areas together", [_Column("", ())])
    table.show_header = False
    table.add_row("rulebook", Text(result.name))
    table.add_row("fees in", result.fee_unit)
    for name, cell in {**_TOTALS, **_limits([result])}.items():
        table.add_row(name, cell(result.total))
    return table


def _areas(result: Result) -> Table:
    """Area by area."""
    areas = result.areas[:MOST_AREAS]
    columns = [_Column(name, [cell(each) for each in areas]) for name, cell in _COLUMNS.items()]
    return _filled("area", [_indented(area.area) for area in areas], columns)


_FEES: Mapping[str, Cell] = {
    "mean": lambda area: _fee(area.mean_fee),
    "min": lambda area: _fee(area.min_fee),
    "max": lambda area: _fee(area.max_fee),
}
_ALL: Mapping[str, Cell] = {
    **_FEES,
    "changes": lambda area: f"{area.changes_per_day:.1f}/day",
    "no data": lambda area: _share(area.slots_without_data, area.slots),
    "EUR": lambda area: _euro(area.revenue_eur),
    "recorded": lambda area: _euro(area.recorded_revenue_eur),
}
_COLUMNS: Mapping[str, Cell] = {**_ALL, "pays": lambda area: _euro(area.paid_eur)}
_TOTALS: Mapping[str, Cell] = {
    **{f"{name} fee": cell for name, cell in _FEES.items()},
    "changes": lambda area: f"{area.changes_per_day:.1f}/day and area",
    "no data": _ALL["no data"],
    "EUR": _ALL["EUR"],
    "EUR recorded": _ALL["recorded"],
}


def _limits(results: Sequence[Result]) -> dict[str, Cell]:
    """Those that changed a fee anywhere: the share of slots in which they did."""
    met = [n for n in LIMIT_NAMES.values() if any(r.total.slots_at_limit[n] for r in results)]
    return {f"at {name}": _at(name) for name in met}


def _at(limit: str) -> Cell:
    return lambda area: _share(area.slots_at_limit[limit], area.slots)


# Several rulebooks


def _compared(results: Sequence[Result]) -> Iterator[Table]:
    """All areas together: a row for each rulebook, and another where limits are met."""
    totals = [result.total for result in results]
    names = [Text(result.name) for result in results]
    units = [_Column("fees in", [result.fee_unit for result in results])]
    units = units if len(set(units[0].cells)) > 1 else []
    for figures, title in ((_ALL, "all areas"), (_limits(results), "slots at a limit")):
        columns = [
            _Column(name.removeprefix("at "), [cell(total) for total in totals])
            for name, cell in figures.items()
        ]
        if columns:
            columns = [*(units if figures is _ALL else []), *columns]
            yield _filled(title, names, columns, is_numbered=True)


def _side_by_side(results: Sequence[Result], width: int) -> Iterator[Table]:
    """Area by area the mean fee and the revenue: in as many tables as the width asks for."""
    by_area = [{area.area: area for area in result.areas} for result in results]
    paths = list(dict.fromkeys(area.area for area in _in_order(results)))[:MOST_AREAS]
    names = [_indented(path) for path in paths]
    fees, euros = (
        [
            _Column(f"{what} {n}", [_known(cell, areas.get(path)) for path in paths])
            for n, areas in enumerate(by_area, start=1)
        ]
        for what, cell in (("mean", _ALL["mean"]), ("EUR", _ALL["EUR"]))
    )
    first = [next(areas[path] for areas in by_area if path in areas) for path in paths]
    euros.append(_Column("recorded", [_ALL["recorded"](area) for area in first]))
    room = width - min(max(each.cell_len for each in names), _NAME)
    if _width([*fees, *euros]) <= room:
        yield _filled("area", names, [*fees, *euros])
        return
    for columns in (*_parted(fees, room), *_parted(euros, room)):
        yield _filled("area", names, columns)


def _in_order(results: Sequence[Result]) -> Iterable[AreaResult]:
    """The areas of all rulebooks; those of the one that names most of them come first."""
    for result in sorted(results, key=lambda each: -len(each.areas)):
        yield from result.areas


def _known(cell: Cell, area: AreaResult | None) -> str:
    return "-" if area is None else cell(area)


@dataclass(frozen=True, slots=True)
class _Column:
    """Some figures, and what they are."""

    head: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """With the gap before it."""
        return _GAP + max(map(cell_len, (self.head, *self.cells)))


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns)


def _parted(columns: Sequence[_Column], room: int) -> Iterator[list[_Column]]:
    """As many columns at a time as there is room for."""
    part: list[_Column] = []
    for column in columns:
        if part and _width([*part, column]) > room:
            yield part
            part = []
        part.append(column)
    yield part


def _notes(found: Backtest) -> list[str]:
    """What has to be known to read the tables."""
    results = found.results
    many = len(results) > 1
    units = {result.fee_unit for result in results}
    more = len({area.area for area in _in_order(results)}) - MOST_AREAS
    notes = {
        f"{more:,} more areas: --format json or -o tells of all of them.": more > 0,
        f"mean, min, max: of the fees, in {' or '.join(sorted(units))}": many,
        "changes: how often a fee becomes another one, per day and area": many,
        "EUR: what these fees earn on the energy recorded in an area's market": True,
        "recorded: what the fees of the recording earned there, in EUR": True,
        "pays: what an area pays of the EUR of the market above it": not many,
        "at max, at max_change ...: slots in which that limit changed the fee": not many
        and _limits(results),
        REACTION: True,
    }
    seconds = found.seconds
    took = (
        f"{seconds.reading:.1f} s reading, {seconds.evaluating:.1f} s evaluating, "
        f"{seconds.writing:.1f} s writing"
    )
    return [*(note for note, is_needed in notes.items() if is_needed), took]


# Tables


def _filled(
    title: str, names: Sequence[Text], columns: Sequence[_Column], *, is_numbered: bool = False
) -> Table:
    table = _table(title, columns, is_numbered=is_numbered)
    for at, name in enumerate(names):
        number = [str(at + 1)] if is_numbered else []
        table.add_row(*number, name, *(column.cells[at] for column in columns))
    return table


def _table(title: str, columns: Sequence[_Column], *, is_numbered: bool = False) -> Table:
    """Where it is too wide, names make room and never numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    if is_numbered:
        table.add_column(no_wrap=True)
    table.add_column(title)
    for column in columns:
        table.add_column(column.head, justify="right", no_wrap=True)
    return table


def _indented(path: str) -> Text:
    """An area's name, further in the deeper it lies."""
    above, _, name = path.rpartition("/")
    indent = "  " * (above.count("/") + bool(above))
    return Text(indent + shown_path(name), no_wrap=True, overflow="ellipsis")


def _share(slots: int, of: int) -> str:
    if not slots or not of:
        return "-"
    return f"{100 * slots / of:.1f} %" if slots * 1000 >= of else "< 0.1 %"


def _fee(fee: float | None) -> str:
    return "-" if fee is None else f"{fee:.2f}"


def _euro(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:,.2f}"
