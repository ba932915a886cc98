"""What a run looks like: a table on a terminal, a line a slot elsewhere, or JSON."""

import json
import sys
from collections.abc import Callable
from itertools import islice

import click
import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rulegrid.cli.amounts import amount, clock, local
from rulegrid.cli.tally import Moves, Tally
from rulegrid.columns import Truth
from rulegrid.diagnostics import shown_path
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.explain import Reason, reasons
from rulegrid.exchange.effects import Concluded
from rulegrid.exchange.record import record
from rulegrid.metrics import METRICS
from rulegrid.program import Program

View = Callable[[Concluded], None]

_MOST_METRICS = 3
_ROWS_AROUND_THE_TABLE = 9
_UP, _DOWN, _SAME = "▲", "▼", "="


def json_view(program: Program) -> View:
    """One JSON object a line and a slot, on standard output."""

    def view(concluded: Concluded) -> None:
        click.echo(json.dumps(record(concluded, program), allow_nan=False))

    return view


def line_view(program: Program) -> View:
    """A line a slot, for files and pipes."""

    def view(concluded: Concluded) -> None:
        click.echo(line(concluded, program))

    return view


def line(concluded: Concluded, program: Program) -> str:
    """A slot in one line: when, what the fees do, and what became of the batch."""
    when = local(concluded.slot, program.timezone)
    if concluded.cycle is None:
        return f"{when}  {concluded.status}: {concluded.why}"
    until = clock(concluded.cycle.applies_to, program.timezone)
    return f"{when}  fees from {until}: {Moves.of(concluded.cycle)}; {outcome(concluded)}"


def outcome(concluded: Concluded) -> str:
    """What became of a slot's batch, in a few words."""
    if concluded.why:
        return f"{concluded.status}: {concluded.why}"
    if concluded.status == "held":
        return "nothing to send"
    if concluded.receipt is None or concluded.batch is None:
        return concluded.status
    sent = len(concluded.batch.fees)
    confirmed = int(np.count_nonzero(concluded.receipt.confirmed))
    return f"{concluded.status}, {confirmed} of {sent} confirmed"


class LiveView:
    """The tree of areas with what is read, the fee in force, the new fee, and what decided it."""

    def __init__(self, program: Program, slots: int | None) -> None:
        self._program = program
        self._slots = slots
        self._tally = Tally()
        self._console = Console(file=sys.stdout)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def stop(self) -> None:
        """Take the table off the screen; a second time does nothing."""
        self._live.stop()

    def __call__(self, concluded: Concluded) -> None:
        """Show one slot."""
        self._tally.count(concluded)
        self._live.update(self._screen(concluded), refresh=True)

    def _screen(self, concluded: Concluded) -> RenderableType:
        parts: list[RenderableType] = [Text(self._program.name, style="bold")]
        if concluded.cycle is not None:
            parts.append(self._table(concluded.cycle))
        parts.append(Text(line(concluded, self._program)))
        if self._slots is not None:
            parts.append(ProgressBar(total=self._slots, completed=self._tally.slots, width=60))
        return Group(*parts)

    def _table(self, cycle: Cycle) -> Table:
        metrics = shown_metrics(cycle)
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("area")
        for name in metrics:
            dimension = METRICS[name].dimension or self._program.fee_unit
            table.add_column(f"{name} [not bold]{dimension}[/]", justify="right")
        table.add_column("in force", justify="right")
        table.add_column("new", justify="right")
        table.add_column("decided by", overflow="ellipsis", no_wrap=True)
        room = max(5, self._console.height - _ROWS_AROUND_THE_TABLE)
        told = reasons(cycle)
        places = tree_order(cycle)
        for place in islice(places, room):
            table.add_row(*_row(cycle, place, metrics), Text(_decider(cycle, place, told)))
        if len(places) > room:
            table.add_row(f"… and {len(places) - room} more")
        return table


def shown_metrics(cycle: Cycle) -> list[str]:
    """The metrics worth a column: those the rulebook reads of each area, the first few."""
    return [
        name
        for name, metric in METRICS.items()
        if name in cycle.binding.metrics and not metric.grid_wide
    ][:_MOST_METRICS]


def tree_order(cycle: Cycle) -> list[int]:
    """The areas as a tree is read: each followed by those below it."""
    paths = [tuple(path.split("/")) for path in cycle.binding.grid.paths]
    return sorted(range(len(paths)), key=paths.__getitem__)


def indented(cycle: Cycle, place: int) -> str:
    """An area's name, set in by its level."""
    grid = cycle.binding.grid
    return f"{'  ' * int(grid.levels[place])}{shown_path(grid.names[place])}"


def _decider(cycle: Cycle, place: int, told: dict[int, Reason]) -> str:
    """What decided an area's fee: the reason, and for a single formula the formula itself."""
    if place not in told:
        return "left alone"
    policy = cycle.binding.program.policies[cycle.binding.winner[place]]
    rule = policy.rules[cycle.rule[place]]
    is_plain = len(policy.rules) == 1 and rule.reason == told[place].text
    return f"{policy.selector}: {rule.fee.text}" if is_plain else told[place].text


def _row(cycle: Cycle, place: int, metrics: list[str]) -> list[Text]:
    cells = [Text(indented(cycle, place))]
    for name in metrics:
        column = cycle.columns[name]
        entry = np.nan if isinstance(column, Truth) else column[place % len(column)]
        cells.append(Text(amount(float(entry)), style="cyan"))
    before, fee = float(cycle.before[place]), float(cycle.standing[place])
    sign, style = (_SAME, "dim")
    if fee != before and not np.isnan(fee):
        sign, style = (_UP, "bold red") if not fee < before else (_DOWN, "bold green")
    return [*cells, Text(amount(before)), Text(f"{amount(fee)} {sign}", style=style)]
