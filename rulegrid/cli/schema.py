"""`rulegrid schema`: the JSON Schemas that editors and other tools use."""

import click

from rulegrid.cli.terminal import say
from rulegrid.gateway.files import schema_text

NAMES = ("rulebook", "test", "journal")

EXAMPLES = """\b
Examples:
  rulegrid schema > rulebook.schema.json
  rulegrid schema test > test.schema.json
"""


@click.command("schema", epilog=EXAMPLES)
@click.argument(
    "name", type=click.Choice(NAMES), default="rulebook", metavar="[rulebook|test|journal]"
)
def command(name: str) -> None:
    """Print the JSON Schema of rulebooks, of their tests, or of a journal (draft 2020-12)."""
    say(schema_text(name).rstrip("\n"))
