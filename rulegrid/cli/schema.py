"""`rulegrid schema`: the JSON Schemas that editors and other tools use."""

import click

from rulegrid.cli.terminal import say
from rulegrid.gateway.files import schema_text

NAMES = ("rulebook",)

EXAMPLES = """\b
Examples:
  rulegrid schema > rulebook.schema.json
"""


@click.command("schema", epilog=EXAMPLES)
@click.argument("name", type=click.Choice(NAMES), default="rulebook", metavar="[rulebook]")
def command(name: str) -> None:
    """Print the JSON Schema of rulebooks (draft 2020-12)."""
    say(schema_text(name).rstrip("\n"))
