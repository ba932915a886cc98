"""`rulegrid record`: what an exchange says, kept for rehearsals."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import counted
from rulegrid.cli.options import output_option
from rulegrid.cli.reaching import reach, reaching_options
from rulegrid.cli.stopping import stopped_by_signals
from rulegrid.cli.terminal import is_colourful
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.files import FileRefusedError
from rulegrid.gateway.link import LinkError
from rulegrid.gateway.recorder import Line, recorded, recording_file

EXAMPLES = """\b
Examples:
  rulegrid record --exchange redis://localhost:6379/0 -o day.jsonl.gz
  rulegrid record --exchange redis://localhost:6379/0 -o grid.json --grid-only
"""


@click.command("record", epilog=EXAMPLES)
@click.option("--exchange", required=True, metavar="URL", help="The exchange to listen to.")
@output_option("A new .jsonl or .jsonl.gz file.", required=True)
@click.option("--slots", type=click.IntRange(min=1), metavar="N", help="End after so many slots.")
@click.option("--grid-only", is_flag=True, help="Keep one market event: a file for check --grid.")
@reaching_options
def command(
    exchange: str, output: str, slots: int | None, *, grid_only: bool, **how: str | None
) -> int:
    """Keep what an exchange says as a recording, for rehearsals and for `check --grid`.

    After each market event the statistics of all markets are asked for; no fee is ever sent. Ends
    when the exchange finishes, after --slots, or on Ctrl-C.
    """
    slots = 1 if grid_only else slots
    link = reach(exchange, Wire(), **how)
    try:
        with ExitStack() as closing:
            file = closing.enter_context(recording_file(output))
            stop = closing.enter_context(stopped_by_signals())
            link.open()
            heard = _keep(recorded(link, stop, with_statistics=not grid_only), file, slots)
            link.release()
    except (LinkError, FileRefusedError) as error:
        click.echo(f"rulegrid: {error}", err=True)
        return Exit.WORLD
    finally:
        link.close()
    click.echo(f"{counted(heard, 'market event')} in {output}", err=True)
    return Exit.FINE


def _keep(lines: Iterator[Line], file: IO[bytes], slots: int | None) -> int:
    """Write the lines up to the last one of the last slot wanted; returns the events heard."""
    heard = 0
    for line in lines:
        file.write(line.text)
        file.flush()
        heard += line.is_event
        if line.is_event and is_colourful(sys.stderr):
            click.echo(f"\r{heard}{f' of {slots}' if slots else ''} events", nl=False, err=True)
        if heard == slots and line.ends_slot:
            break
    return heard
