"""`rulegrid new`: a commented rulebook to start from."""

from pathlib import PurePath

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.options import output_option
from rulegrid.cli.terminal import say
from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.gateway.files import STANDARD_INPUT, template, write_new

KINDS = {
    "flat": "one fee everywhere, less where less of the grid is used",
    "time-of-use": "a calendar: nights, workdays, holidays, the evenings of winter",
    "bands": "the more an area loads its connection, the higher its fee",
    "hierarchy": "fees that follow the tree, from the root down",
    "percent": "fees in percent of the price of the energy",
}

EXAMPLES = """\b
Examples:
  rulegrid new
  rulegrid new flat -o tariff.yaml
  rulegrid new time-of-use > tariff.yaml
"""


@click.command("new", epilog=EXAMPLES)
@click.argument("kind", metavar="[KIND]", required=False)
@output_option("A new file; one that is there stays.")
def command(kind: str | None, output: str | None) -> int:
    """Write a commented rulebook that checks, to start from.

    KIND is flat, time-of-use, bands, hierarchy or percent; without it all are listed. The rulebook
    goes to standard output unless told otherwise.
    """
    if kind is None:
        if output is not None:
            raise click.UsageError("which kind? `rulegrid new` lists them")
        say(_listed())
        return Exit.FINE
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"write one of {', '.join(KINDS)}"
        raise click.UsageError(f"there is no kind `{shown(kind)}`: {hint}")
    if output is None or output == STANDARD_INPUT:
        say(template(kind).rstrip("\n"))
        return Exit.FINE
    _write(output, template(kind))
    say(_next_steps(output))
    return Exit.FINE


def _listed() -> str:
    width = max(map(len, KINDS))
    lines = [f"  {kind.ljust(width)}  {told}" for kind, told in KINDS.items()]
    return "\n".join(
        ["Kinds of rulebooks to start from, `rulegrid new KIND -o FILE`:", "", *lines]
    )


def _write(path: str, text: str) -> None:
    try:
        write_new(path, text)
    except FileExistsError:
        raise click.UsageError(f"there is a file `{path}` already, and it stays") from None
    except OSError as error:
        click.echo(f"rulegrid: {path} cannot be written: {error.strerror}", err=True)
        raise click.exceptions.Exit(Exit.WORLD) from None


def _next_steps(path: str) -> str:
    schema = PurePath(path).with_name("rulebook.schema.json")
    steps = {
        f"rulegrid check {path}": "what is wrong in it",
        f"rulegrid run {path} --dry-run": "what it does on a recorded day",
        f"rulegrid schema > {schema}": "lets an editor help",
    }
    width = max(map(len, steps))
    lines = [f"  {step.ljust(width)}  {told}" for step, told in steps.items()]
    return "\n".join([f"Wrote {path}. Next:", "", *lines])
