"""`rulegrid run`: one batch of fees a market slot."""

from contextlib import closing
from math import inf
from typing import Any, Literal

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.loading import Loaded, load_rulebook, open_replay_link
from rulegrid.cli.options import format_option, log_format_option
from rulegrid.cli.reaching import reach, reaching_options
from rulegrid.cli.running import Options, Partner, Run
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.journal import JournalError, default_path
from rulegrid.gateway.link import LinkError
from rulegrid.gateway.links import public_address
from rulegrid.gateway.replay import Pace
from rulegrid.rehearsal.recall import restored

PriceUnit = Literal["ct/kWh", "EUR/kWh"]

EXAMPLES = """\b
Examples:
  rulegrid run rules/import_bands.yaml
  rulegrid run rules/import_bands.yaml --dry-run --slots 4
  rulegrid run rules/flat.yaml --exchange replay:day.jsonl.gz --format json > fees.jsonl
  rulegrid run rules/flat.yaml --exchange redis://localhost:6379/0 --journal flat.journal
  rulegrid run rules/flat.yaml --exchange https://gsy.example --simulation-id 0b7e...
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
    help="replay: is the recorded day that ships with rulegrid, replay:FILE another one; "
    "redis://HOST:PORT/0 and https://HOST are running exchanges.",
)
@click.option("--dry-run", is_flag=True, help="Decide, and send nothing.")
@click.option("--journal", metavar="FILE", help="Keep every decision with all it was made from.")
@click.option(
    "--on-journal-error",
    type=click.Choice(["hold", "continue"]),
    default="hold",
    show_default=True,
    help="While the journal cannot be written: send no fees, or send them without.",
)
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
    "--on-foreign-fee",
    type=click.Choice(["alarm", "stop"]),
    default="alarm",
    show_default=True,
    help="When somebody else sets our fees: tell, or end after three slots in a row.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for an exchange that is not there yet.",
)
@click.option(
    "--price-unit",
    type=click.Choice(["ct/kWh", "EUR/kWh"]),
    default="ct/kWh",
    show_default=True,
    help="The unit of the prices that the exchange sends.",
)
@format_option("json", explained="json is one object a line and a slot.")
@log_format_option("The log on standard error: warnings for people, or everything as JSON.")
@reaching_options
def command(rulebook: str, exchange: str, price_unit: PriceUnit, **given: Any) -> int:
    """Send one batch of fees a market slot, or rehearse with --dry-run.

    Without --exchange a recorded day of a real exchange is played: a city of 22 markets, 95 slots.
    """
    loaded = load_rulebook(rulebook)
    how = {name: given.pop(name) for name in ("simulation_id", "websocket_url")}
    options = Options(**given)
    wire = Wire(price_unit=price_unit, percent=loaded.program.fee_dimension.percent)
    try:
        partner = _partner(loaded, options, exchange, wire, **how)
        with closing(partner.link):
            return Run(loaded, options, partner).hold()
    except (JournalError, LinkError) as error:
        click.echo(f"rulegrid: {error}", err=True)
        return Exit.WORLD


def _partner(
    loaded: Loaded, options: Options, exchange: str, wire: Wire, **how: str | None
) -> Partner:
    """The exchange, and what the journal remembers of it."""
    if exchange.startswith("replay:"):
        return Partner(open_replay_link(exchange, wire, Pace(options.pace)), options.journal)
    address = public_address(exchange)
    journal = options.journal or str(default_path(loaded.source.name, exchange))
    past = restored(journal, loaded.program, exchange=address, dry_run=options.dry_run)
    link = reach(exchange, wire, past.aggregator if past else None, **how)
    return Partner(link, journal, address, past)
