"""A run: the conversation with an exchange, and all who watch it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf
from types import FrameType
from typing import Literal

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, counted
from rulegrid.cli.loading import Loaded, show_findings
from rulegrid.cli.summary import show_summary
from rulegrid.cli.tally import Moves, Tally
from rulegrid.cli.terminal import is_colourful
from rulegrid.cli.views import LiveView, View, json_view, line_view
from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.effects import Bound, Concluded, Effect, Ended, Refused
from rulegrid.exchange.session import Session, Settings
from rulegrid.gateway.journal import Journal
from rulegrid.gateway.logs import Log, logger, named
from rulegrid.gateway.loop import Conversation
from rulegrid.gateway.replay import Replay

RUN = "replay"
"""The name of a run on a recording: the same every time, so that its transactions are too."""

SLOTS_PER_SECOND_TO_WATCH = 4.0


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


class Run:
    """A conversation with those who watch it."""

    def __init__(self, loaded: Loaded, options: Options, link: Replay) -> None:
        self._loaded = loaded
        self._options = options
        self._link = link
        self._tally = Tally()
        self._journal: Journal | None = None
        self._log = Log(logger(options.log_format, colourful=is_colourful(sys.stderr)))
        self._exit = Exit.FINE

    def hold(self) -> Exit:
        """Hold the conversation to its end; returns the exit code.

        Raises `JournalError` where the journal cannot be written.
        """
        program, options = self._loaded.program, self._options
        self._link.open()
        aggregator, wire = self._link.aggregator, self._link.wire
        settings = Settings(aggregator, RUN, wire, options.dry_run, options.send)
        conversation = Conversation(Session(program, settings), self._link)
        with ExitStack() as closing:
            if options.journal:
                self._journal = Journal(options.journal, program, self._loaded.source, RUN)
                closing.callback(self._journal.close)
            view = self._chosen_view(closing)
            closing.enter_context(_ended_by_signals(conversation))
            for effect in conversation:
                self._take_in(effect, view)
                if self._tally.slots == options.slots:
                    break
        if options.form == "text":
            show_summary(program, self._tally)
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

    def _take_in(self, effect: Effect, view: View) -> None:
        """Show an effect to all who watch, the journal first."""
        if self._journal is not None:
            self._journal(effect)
        self._log(effect)
        match effect:
            case Bound() | Refused():
                self._meet(effect)
            case Concluded():
                if self._options.dry_run and not self._tally.slots and effect.cycle is not None:
                    click.echo(headline(effect.cycle), err=self._options.form == "json")
                self._tally.count(effect)
                view(effect)
            case Ended() if effect.fault and self._exit is Exit.FINE:
                click.echo(f"rulegrid: {effect.fault}", err=True)
                self._exit = Exit.WORLD

    def _meet(self, effect: Bound | Refused) -> None:
        show_findings(Report(self._loaded.source, effect.findings))
        if isinstance(effect, Refused):
            self._exit = Exit.FINDINGS
        elif self._options.log_format == "text":
            _tell_left_alone(effect.binding)


def headline(cycle: Cycle) -> str:
    """What a dry run says first."""
    moves = Moves.of(cycle)
    return (
        f"Dry run, nothing is sent. Of {counted(moves.total, 'fee')} "
        f"{moves.up} would go up, {moves.down} down, {moves.stay} stay."
    )


def _tell_left_alone(binding: Binding) -> None:
    names = [binding.grid.paths[place] for place in binding.left_alone]
    if names:
        areas = counted(len(names), "area")
        click.echo(f"{areas} without a rule, left alone: {named(names)}", err=True)


@contextmanager
def _ended_by_signals(conversation: Conversation) -> Iterator[None]:
    """Let SIGINT and SIGTERM end the conversation between two messages; a second one at once."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        conversation.is_over = True
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
