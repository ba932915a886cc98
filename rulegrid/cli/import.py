"""`rulegrid import`: rulebooks made from the files of the exchange's SDK."""  # noqa: N999 - its name

from pathlib import Path

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report
from rulegrid.cli.options import output_option
from rulegrid.cli.terminal import say, show_findings
from rulegrid.diagnostics import shown_path
from rulegrid.gateway.imports import Made, import_file, keep
from rulegrid.rulebook.imports import Draft

EXAMPLES = """\b
Examples:
  rulegrid import aziiz.json -o bands.yaml
  rulegrid import ToU.csv -o rules/time_of_use.yaml
  rulegrid import aziiz.json | rulegrid check -
"""


@click.command("import", epilog=EXAMPLES)
@click.argument("file", metavar="FILE")
@output_option("A new file for the rulebook. A table that it reads is copied beside it.")
def command(file: str, output: str | None) -> int:
    """Make a rulebook from a file of the exchange's SDK.

    FILE is an aziiz.json (thresholds and fees by market), a ToU.csv (fees by market and time of
    day), or - for standard input. What it is shows in its content.
    """
    made = _made(file)
    show_findings(Report(made.source, made.findings))
    if made.draft is None:
        return Exit.FINDINGS
    if output is not None:
        return _keep(made, made.draft, output)
    say(made.draft.text.rstrip("\n"))
    if made.draft.file:
        told = f"the rulebook reads `{made.draft.file}`: keep this table beside it"
        click.echo(f"rulegrid: {told}", err=True)
    return Exit.FINE


def _made(file: str) -> Made:
    try:
        return import_file(file)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{shown_path(file)}`") from None


def _keep(made: Made, draft: Draft, output: str) -> int:
    """Write the rulebook; where it cannot be written is the world's fault."""
    try:
        keep(made, draft, Path(output))
    except FileExistsError as error:
        click.echo(f"rulegrid: {error.filename} is there already", err=True)
        return Exit.WORLD
    except OSError as error:
        click.echo(f"rulegrid: {error.filename} cannot be written: {error.strerror}", err=True)
        return Exit.WORLD
    beside = f", with `{draft.file}` beside it" if draft.file else ""
    click.echo(f"wrote {shown_path(output)}{beside}", err=True)
    return Exit.FINE
