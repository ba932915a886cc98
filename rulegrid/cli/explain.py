"""`rulegrid explain`: the page of a diagnostic code, or why an area's fee is what it is."""

import json
import sys
from collections.abc import Iterator

import click
from rich.console import Console
from rich.markdown import Markdown

from rulegrid.cli.exits import Exit
from rulegrid.cli.explanation import as_json, as_text
from rulegrid.cli.loading import (
    ended_by_faults,
    given_slot,
    load_history,
    load_rulebook,
    open_replay_link,
)
from rulegrid.cli.options import format_option
from rulegrid.cli.progress import progress
from rulegrid.cli.terminal import is_colourful, say
from rulegrid.diagnostics import CODES, did_you_mean, meant_code, shown, shown_path
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.explain import explain
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.files import page
from rulegrid.gateway.histories import is_table
from rulegrid.gateway.journal import JournalError
from rulegrid.grid import Grid, MarketSlot, write_slot
from rulegrid.rehearsal.backtest import NoFeeError, cycle_for
from rulegrid.rehearsal.recall import NotDecidedError, recall
from rulegrid.rehearsal.rehearse import rehearse

EXAMPLES = """\b
Examples:
  rulegrid explain RG106
  rulegrid explain "District North" --slot 2021-07-01T10:45 --rulebook rules/import_bands.yaml
  rulegrid explain Grid/Factory --slot 2021-07-01T12:45+02:00 --journal run.journal
  rulegrid explain Grid --slot 2021-07-01T10:45 --rulebook rules/flat.yaml --data year.parquet
"""


@click.command("explain", epilog=EXAMPLES)
@click.argument("subject", metavar="CODE|AREA")
@click.option("--slot", metavar="T", help="The slot the fee applied to: UTC, or with an offset.")
@click.option("--journal", metavar="FILE", help="Explain from the journal of a run.")
@click.option(
    "--data",
    metavar="RECORDING",
    help="Explain from a history: what an exchange said as .jsonl or .jsonl.gz, or a table as "
    ".parquet, a folder of such files, or .csv. [default: the day that ships with rulegrid]",
)
@click.option("--rulebook", metavar="FILE", help="The rulebook, with --data.")
@format_option("json")
def command(subject: str, slot: str | None, form: str, **source: str | None) -> int:
    """Show what a diagnostic code means, or why an area's fee is what it is.

    CODE is a code such as RG106. AREA is the name or the path of an area; its fee in the slot T is
    worked out again, from a journal or from a history, with every value on the way.
    """
    if slot is None and not any(source.values()):
        return _page(subject)
    if slot is None:
        raise click.UsageError("which slot? add --slot, such as --slot 2021-07-01T10:45")
    cycle = _cycle(given_slot(slot), **source)
    explanation = explain(cycle, _place(cycle.binding.grid, subject))
    if explanation is None:
        say(f"{subject} is left alone: no selector of the rulebook names it")
        return Exit.FINE
    if form == "json":
        say(json.dumps(as_json(explanation), indent=2))
    else:
        say(as_text(explanation, colourful=is_colourful(sys.stdout)))
    return Exit.FINE


def _cycle(
    wanted: MarketSlot, journal: str | None, data: str | None, rulebook: str | None
) -> Cycle:
    """The cycle whose fees applied to the slot."""
    if journal is not None:
        return _from_journal(journal, wanted)
    if rulebook is None:
        raise click.UsageError("which rulebook? add --rulebook FILE, or --journal FILE")
    if is_table(data or ""):
        return _from_table(rulebook, data or "", wanted)
    return _find(_from_recording(rulebook, data or ""), wanted)


def _page(code: str) -> int:
    """Show the page of a code, in small letters too."""
    if code.upper() not in CODES:
        hint = meant_code(code)
        advice = hint or "for an area's fee add --slot and --rulebook or --journal"
        raise click.UsageError(f"there is no code `{shown(code)}`: {advice}")
    text = page(code.upper())
    if is_colourful(sys.stdout):
        Console().print(Markdown(text))
    else:
        say(text.rstrip("\n"))
    return Exit.FINE


def _from_table(rulebook: str, data: str, wanted: MarketSlot) -> Cycle:
    """As a backtest of this history decides it."""
    loaded = load_rulebook(rulebook)
    history = load_history(data)
    with ended_by_faults((loaded,), data), progress("rows", history.rows) as read:
        try:
            return cycle_for(wanted, loaded.program, history, read)
        except NoFeeError as error:
            raise click.UsageError(str(error)) from None


def _from_recording(rulebook: str, recording: str) -> Iterator[Cycle]:
    loaded = load_rulebook(rulebook)
    link = open_replay_link(
        f"replay:{recording}", Wire(percent=loaded.program.fee_dimension.percent)
    )
    with ended_by_faults((loaded,), recording):
        for slot in rehearse(loaded.program, link):
            if slot.cycle is not None:
                yield slot.cycle


def _from_journal(path: str, wanted: MarketSlot) -> Cycle:
    try:
        return recall(path, wanted)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None
    except NotDecidedError as error:
        raise click.UsageError(str(error)) from None
    except JournalError as error:
        click.echo(f"rulegrid: {error}", err=True)
        raise click.exceptions.Exit(Exit.FINDINGS) from None


def _find(cycles: Iterator[Cycle], wanted: MarketSlot) -> Cycle:
    """The cycle whose fees applied to the slot; where there are several, the last."""
    found, first, last = None, None, None
    for cycle in cycles:
        found = cycle if cycle.applies_to == wanted else found
        first, last = first or cycle.applies_to, cycle.applies_to
    if found is not None:
        return found
    if first is None or last is None:
        raise click.UsageError("no fee was decided there at all")
    raise click.UsageError(
        f"no fee was decided for {write_slot(wanted)}: there are fees from {write_slot(first)} "
        f"to {write_slot(last)} (UTC)"
    )


def _place(grid: Grid, name: str) -> int:
    places = grid.find(name)
    if len(places) == 1:
        return places[0]
    if places:
        paths = ", ".join(f"`{shown_path(grid.paths[place])}`" for place in places)
        raise click.UsageError(
            f"{len(places)} areas are named `{shown(name)}`: write one of {paths}"
        )
    hint = did_you_mean(name, (*grid.names, *grid.paths))
    raise click.UsageError(
        f"there is no area `{shown(name)}` in the grid{f': {hint}' if hint else ''}"
    )
