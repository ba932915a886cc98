"""The end of a run: what was done, slot by slot and area by area."""

import sys
from collections.abc import Mapping
from itertools import islice

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rulegrid.cli.amounts import amount
from rulegrid.cli.findings import counted
from rulegrid.cli.tally import Tally
from rulegrid.cli.views import indented, tree_order
from rulegrid.diagnostics import shown_path
from rulegrid.program import Program

MOST_AREAS = 40
MOST_FEES = 6
MOST_NAMED = 3


def show_summary(program: Program, tally: Tally) -> None:
    """Write the summary of a run to standard output."""
    console = Console(file=sys.stdout, highlight=False)
    if tally.last is not None:
        console.print()
        console.print(_table(program, tally))
    console.print()
    console.print(closing_line(tally), style="bold", soft_wrap=True)
    for area, times in tally.unconfirmed.most_common(5):
        told = f"  not confirmed {counted(times, 'time')}: {shown_path(area)}"
        console.print(Text(told), soft_wrap=True)


def closing_line(tally: Tally) -> str:
    """The run in one sentence."""
    parts = [counted(tally.slots, "slot")]
    if tally.statuses["dry-run"]:
        parts.append("nothing was sent (dry run)")
    if tally.statuses["sent"]:
        parts.append(
            counted(tally.statuses["sent"], "batch").replace("batchs", "batches") + " sent"
        )
        parts.append(f"{tally.confirmed:,} of {tally.sent:,} fees confirmed")
    parts += [
        f"{tally.statuses[status]} {status}"
        for status in ("held", "missed")
        if tally.statuses[status]
    ]
    return ", ".join(parts)


def staying_line(fees: Mapping[str, float | None], unit: str) -> str:
    """The fees that stay in force when a run has ended: the commonest ones first."""
    areas: dict[float | None, list[str]] = {}
    for area, fee in fees.items():
        areas.setdefault(fee, []).append(area)
    groups = sorted(areas.items(), key=lambda each: -len(each[1]))
    parts = [
        f"{'not known' if fee is None else amount(fee)} in {_named(members)}"
        for fee, members in groups[:MOST_FEES]
    ]
    rest = sum(len(members) for _, members in groups[MOST_FEES:])
    parts += [f"others in {rest} more"] if rest else []
    return f"In force until somebody sets others ({unit}): {'; '.join(parts)}"


def _named(areas: list[str]) -> str:
    if len(areas) > MOST_NAMED:
        return counted(len(areas), "area")
    return ", ".join(map(shown_path, areas))


def _table(program: Program, tally: Tally) -> Table:
    cycle = tally.last
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("area")
    for heading in (f"mean {program.fee_unit}", "lowest", "highest", "changes", "no data"):
        table.add_column(heading, justify="right")
    if cycle is None:
        return table
    ours = [place for place in tree_order(cycle) if cycle.rule[place] >= 0]
    for place in islice(ours, MOST_AREAS):
        totals = tally.totals(place)
        table.add_row(
            Text(indented(cycle, place)),
            f"{totals.mean:.2f}",
            amount(totals.lowest),
            amount(totals.highest),
            str(totals.changes),
            counted(totals.no_data, "slot") if totals.no_data else "",
        )
    if len(ours) > MOST_AREAS:
        table.add_row(f"… and {len(ours) - MOST_AREAS} more")
    return table
