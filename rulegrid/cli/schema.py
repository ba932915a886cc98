"""`rulegrid schema`: the JSON Schemas that editors and other tools use."""

import click

from rulegrid.cli.terminal import say
from rulegrid.gateway.files import schema_text

NAMES = ("rulebook", "journal")

EXAMPLES = """\b
Examples:
  rulegrid schema > rulebook.schema.json
  rulegrid schema journal > journal.schema.json
"""


@click.command("schema", epilog=EXAMPLES)
@click.argument("name", type=click.Choice(NAMES), default="rulebook", metavar="[rulebook|journal]")
def command(name: str) -> None:
    """Print the JSON Schema of rulebooks, or of a journal's records (draft 2020-12)."""
    say(schema_text(name).rstrip("\n"))
