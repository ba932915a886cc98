"""`rulegrid run`: one batch of fees a market slot."""

from math import inf
from typing import Any, Literal

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.loading import load_rulebook, open_link
from rulegrid.cli.running import Options, Run
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.journal import JournalError
from rulegrid.gateway.replay import Pace

PriceUnit = Literal["ct/kWh", "EUR/kWh"]

EXAMPLES = """\b
Examples:
  rulegrid run rules/import_bands.yaml
  rulegrid run rules/import_bands.yaml --dry-run --slots 4
  rulegrid run rules/flat.yaml --exchange replay:day.jsonl.gz --format json > fees.jsonl
"""


def _speed(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Slots per second; infinite for `max`."""
    if value is None or value == "max":
        return None if value is None else inf
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        message = f"`{value}` is no speed: write slots per second, such as 4, or max"
        raise click.BadParameter(message, ctx, param)
    return speed


@click.command("run", epilog=EXAMPLES)
@click.argument("rulebook", metavar="RULEBOOK")
@click.option(
    "--exchange",
    default="replay:",
    show_default=True,
    metavar="URL",
    help="replay: is the recorded day that ships with rulegrid, replay:FILE another one.",
)
@click.option("--dry-run", is_flag=True, help="Decide, and send nothing.")
@click.option("--journal", metavar="FILE", help="Keep every decision with all it was made from.")
@click.option("--slots", type=click.IntRange(min=1), metavar="N", help="End after so many slots.")
@click.option(
    "--speed",
    callback=_speed,
    metavar="X",
    help="Slots per second of a replay, or max. [default: 4 on a terminal, else max]",
)
@click.option(
    "--send",
    type=click.Choice(["all", "changed"]),
    default="all",
    show_default=True,
    help="Put every area into the batch, or only those whose fee changes.",
)
@click.option(
    "--price-unit",
    type=click.Choice(["ct/kWh", "EUR/kWh"]),
    default="ct/kWh",
    show_default=True,
    help="The unit of the prices that the exchange sends.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json is one object a line and a slot.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The log on standard error: warnings for people, or everything as JSON.",
)
def command(rulebook: str, exchange: str, price_unit: PriceUnit, **given: Any) -> int:
    """Send one batch of fees a market slot, or rehearse with --dry-run.

    Without --exchange a recorded day of a real exchange is played: a city of 22 markets, 95 slots.
    """
    loaded = load_rulebook(rulebook)
    options = Options(**given)
    wire = Wire(price_unit=price_unit, percent=loaded.program.fee_dimension.percent)
    link = open_link(exchange, wire, Pace(options.pace))
    try:
        return Run(loaded, options, link).hold()
    except JournalError as error:
        click.echo(f"rulegrid: {error}", err=True)
        return Exit.WORLD
    finally:
        link.close()
