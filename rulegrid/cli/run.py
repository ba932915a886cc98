"""`rulegrid run`: one batch of fees a market slot."""

import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, counted
from rulegrid.cli.loading import Loaded, load_rulebook, open_link, show_findings
from rulegrid.cli.summary import show_summary
from rulegrid.cli.tally import Moves, Tally
from rulegrid.cli.terminal import is_colourful
from rulegrid.cli.views import LiveView, View, json_view, line_view
from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.effects import Bound, Concluded, Effect, Ended, Refused
from rulegrid.exchange.session import Session, Settings
from rulegrid.gateway.journal import Journal, JournalError
from rulegrid.gateway.logs import Log, logger, named
from rulegrid.gateway.loop import converse
from rulegrid.gateway.replay import Pace, Replay

PriceUnit = Literal["ct/kWh", "EUR/kWh"]

RUN = "replay"
"""The name of a run on a recording: the same every time, so that its transactions are too."""

SLOTS_PER_SECOND_TO_WATCH = 4.0

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
def command(rulebook: str, exchange: str, price_unit: PriceUnit, **options: Any) -> int:
    """Send one batch of fees a market slot, or rehearse with --dry-run.

    Without --exchange a recorded day of a real exchange is played: a city of 22 markets, 95 slots.
    """
    loaded = load_rulebook(rulebook)
    chosen = Options(**options)
    wire = Wire(price_unit=price_unit, percent=loaded.program.fee_dimension.percent)
    link = open_link(exchange, wire, Pace(chosen.pace))
    try:
        with ExitStack() as closing:
            return _Run(loaded, chosen, link, closing).hold()
    except JournalError as error:
        click.echo(f"rulegrid: {error}", err=True)
        return Exit.WORLD
    finally:
        link.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run as they were given."""

    dry_run: bool
    slots: int | None
    form: Literal["text", "json"]
    log_format: Literal["text", "json"]
    send: Literal["all", "changed"]
    journal: str | None
    speed: float | None

    @property
    def is_watched(self) -> bool:
        """Whether a person looks on while it runs."""
        return self.form == "text" and sys.stdout.isatty()

    @property
    def pace(self) -> float:
        """Slots per second."""
        return self.speed or (SLOTS_PER_SECOND_TO_WATCH if self.is_watched else inf)


class _Run:
    """A conversation with those who watch it."""

    def __init__(self, loaded: Loaded, options: Options, link: Replay, closing: ExitStack) -> None:
        self._loaded = loaded
        self._link = link
        self._options = options
        self._tally = Tally()
        self._journal: Journal | None = None
        if options.journal:
            self._journal = Journal(options.journal, loaded.program, loaded.source, RUN)
            closing.callback(self._journal.close)
        self._log = Log(logger(options.log_format, colourful=is_colourful(sys.stderr)))
        self._view = self._chosen_view(closing)
        self._exit = Exit.FINE

    def hold(self) -> Exit:
        """Hold the conversation to its end; returns the exit code."""
        link, options = self._link, self._options
        link.open()
        settings = Settings(link.aggregator, RUN, link.wire, options.dry_run, options.send)
        with suppress(KeyboardInterrupt):
            for effect in converse(Session(self._loaded.program, settings), link):
                self._take_in(effect)
                if self._tally.slots == options.slots:
                    break
        if isinstance(self._view, LiveView):
            self._view.stop()
        if options.form == "text":
            show_summary(self._loaded.program, self._tally)
        return self._exit

    def _chosen_view(self, closing: ExitStack) -> View:
        program = self._loaded.program
        if self._options.form == "json":
            return json_view(program)
        if not self._options.is_watched:
            return line_view(program)
        live = LiveView(program, min(self._options.slots or self._link.slots, self._link.slots))
        closing.callback(live.stop)
        return live

    def _take_in(self, effect: Effect) -> None:
        """Show an effect to all who watch, the journal first."""
        if self._journal is not None:
            self._journal(effect)
        self._log(effect)
        match effect:
            case Bound() | Refused():
                self._meet(effect)
            case Concluded():
                self._conclude(effect)
            case Ended() if effect.fault and self._exit is Exit.FINE:
                click.echo(f"rulegrid: {effect.fault}", err=True)
                self._exit = Exit.WORLD

    def _meet(self, effect: Bound | Refused) -> None:
        show_findings(Report(self._loaded.source, effect.findings))
        if isinstance(effect, Refused):
            self._exit = Exit.FINDINGS
        elif self._options.log_format == "text":
            self._tell_left_alone(effect.binding)

    def _conclude(self, slot: Concluded) -> None:
        if self._options.dry_run and not self._tally.slots and slot.cycle is not None:
            click.echo(headline(slot.cycle), err=self._options.form == "json")
        self._tally.count(slot)
        self._view(slot)

    def _tell_left_alone(self, binding: Binding) -> None:
        names = [binding.grid.paths[place] for place in binding.left_alone]
        if names:
            areas = counted(len(names), "area")
            click.echo(f"{areas} without a rule, left alone: {named(names)}", err=True)


def headline(cycle: Cycle) -> str:
    """What a dry run says first."""
    moves = Moves.of(cycle)
    return (
        f"Dry run, nothing is sent. Of {counted(moves.total, 'fee')} "
        f"{moves.up} would go up, {moves.down} down, {moves.stay} stay."
    )
