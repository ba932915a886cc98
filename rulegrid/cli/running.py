"""A run: the conversation with an exchange, and all who watch it."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from math import inf
from time import monotonic, sleep
from typing import Literal
from uuid import uuid4

import click
import numpy as np

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, counted
from rulegrid.cli.loading import Loaded
from rulegrid.cli.stopping import Stop, StoppedError, stopped_by_signals
from rulegrid.cli.summary import show_summary, staying_line
from rulegrid.cli.tally import Moves, Tally
from rulegrid.cli.terminal import is_colourful, show_findings
from rulegrid.cli.views import LiveView, View, json_view, line_view
from rulegrid.diagnostics import has_errors
from rulegrid.engine.binding import Binding
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.selectors import UNSET, may_match
from rulegrid.exchange.claims import Selected
from rulegrid.exchange.effects import Bound, Concluded, Effect, Ended, Refused, Send
from rulegrid.exchange.session import Session, Settings
from rulegrid.gateway.journal import Bookkeeper, Journal, OnError, Opening
from rulegrid.gateway.link import Link, LinkError
from rulegrid.gateway.logs import Log, finish_logs, logger, named
from rulegrid.gateway.loop import Conversation, standing_still
from rulegrid.gateway.replay import Replay
from rulegrid.rehearsal.recall import Restored

SLOTS_PER_SECOND_TO_WATCH = 4.0
PAUSE_BETWEEN_TRIES = 0.5
"""Seconds, while an agent waits for its exchange to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run as they were given."""

    dry_run: bool
    slots: int | None
    form: Literal["text", "json"]
    log_format: Literal["text", "json"]
    send: Literal["all", "changed"]
    on_foreign_fee: Literal["alarm", "stop"]
    journal: str | None
    on_journal_error: OnError = "hold"
    speed: float | None
    wait: float

    @property
    def is_watched(self) -> bool:
        """Whether a person looks on while it runs."""
        return self.form == "text" and sys.stdout.isatty()

    @property
    def pace(self) -> float:
        """Slots per second of a replay."""
        return self.speed or (SLOTS_PER_SECOND_TO_WATCH if self.is_watched else inf)


@dataclass(frozen=True, slots=True)
class Partner:
    """The exchange that a run talks to, and what is known of it from before."""

    link: Link
    journal: str | None = None
    """Where the journal is kept; None for nowhere."""
    exchange: str = ""
    """Which exchange it is, without a secret; empty for a recording."""
    past: Restored | None = None
    """What an earlier run has left in the journal."""


class Run:
    """A conversation with those who watch it."""

    def __init__(self, loaded: Loaded, options: Options, partner: Partner) -> None:
        self._loaded = loaded
        self._options = options
        self._partner = partner
        self._link = partner.link
        self._is_live = not isinstance(partner.link, Replay)
        self._tally = Tally()
        self._books: Bookkeeper | None = None
        self._logger = logger(options.log_format, colourful=is_colourful(sys.stderr))
        self._log = Log(self._logger)
        self._exit = Exit.FINE
        self._played = 0
        """Slots that have begun since we are here."""

    def hold(self) -> Exit:
        """Hold the conversation to its end; returns the exit code.

        Raises `LinkError` where there is no exchange, and `JournalError` where the journal cannot
        be written.
        """
        staying = None
        with ExitStack() as leaving:
            stop = leaving.enter_context(stopped_by_signals())
            if not self._opened(stop):
                return Exit.FINE
            leaving.callback(finish_logs)
            session = self._converse(self._begun(leaving, stop), self._chosen_view(leaving))
            staying = self._staying(session)
            if staying is not None:
                self._log.staying(staying)
        if self._options.form == "text" and self._tally.slots:
            show_summary(self._loaded.program, self._tally)
            if staying is not None:
                click.echo(staying_line(staying, self._loaded.program.fee_unit))
        return self._exit

    def _begun(self, leaving: ExitStack, stop: Stop) -> Conversation:
        """The conversation before its first message, its journal open."""
        options = self._options
        # A replay is told apart by no run of its own, so that its transactions stay the same.
        run = uuid4().hex if self._is_live else "replay"
        if self._partner.journal:
            self._books = leaving.enter_context(self._bookkeeper(self._partner.journal, run))
        settings = Settings(
            self._link.aggregator,
            run,
            self._link.wire,
            options.dry_run,
            options.send,
            options.on_foreign_fee,
        )
        clock = monotonic if self._is_live else standing_still
        return Conversation(self._session(settings), self._link, clock, stop)

    def _converse(self, conversation: Conversation, view: View) -> Session:
        """Carry on to the end, with all who watch; gives where it was left."""
        for effect in conversation:
            if isinstance(effect, Send) and self._books and not self._books.intend(effect):
                conversation.withhold("the journal cannot be written")
            self._take_in(effect, view)
            if self._played == self._options.slots:
                break
        return conversation.session

    def _staying(self, session: Session) -> Mapping[str, float | None] | None:
        """The fees that stay in force once we are gone, by area; None where none are ours."""
        binding, fees = session.binding, session.staying
        is_over = session.ended or self._options.dry_run or not self._is_live
        if is_over or self._tally.last is None or binding is None or fees is None:
            return None
        return {
            binding.grid.paths[place]: None if np.isnan(fees[place]) else float(fees[place])
            for place in np.flatnonzero(binding.winner != UNSET)
        }

    def _session(self, settings: Settings) -> Session:
        """The beginning of the conversation, or where the last run left it."""
        past = self._partner.past
        if past is None:
            return Session(self._loaded.program, settings)
        return Session(
            self._loaded.program,
            settings,
            memory=past.memory,
            ours=past.ours,
            newest=past.newest,
            strides=past.strides,
        )

    @contextmanager
    def _bookkeeper(self, path: str, run: str) -> Iterator[Bookkeeper]:
        """The journal of this run, which tells at last why it ended."""
        options, loaded = self._options, self._loaded
        opening = Opening(
            run=run,
            aggregator=self._link.aggregator,
            program=loaded.program,
            source=loaded.source,
            files=loaded.files,
            goes_on=self._partner.past is not None and self._partner.past.goes_on,
            dry_run=options.dry_run,
            exchange=self._partner.exchange,
        )
        with closing(Journal(path, opening)) as journal:
            books = Bookkeeper(journal, options.on_journal_error, self._logger.error)
            yield books
            books.end("the run was stopped")

    def _opened(self, stop: Stop) -> bool:
        """Connect; False where a signal has come first."""
        try:
            with stop.at_once():
                self._open()
        except StoppedError:
            return False
        return True

    def _open(self) -> None:
        """Connect, and select areas; with `--wait`, as soon as there is an exchange."""
        program = self._loaded.program
        selected = self._patiently(lambda: self._link.open(lambda name: may_match(program, name)))
        names = set(selected.known.values())
        if names and not any(may_match(program, name) for name in names):
            raise LinkError(f"no selector matches any area of the exchange: {_known(names)}")

    def _patiently(self, connect: Callable[[], Selected]) -> Selected:
        """Connect again and again as long as `--wait` says."""
        patient_until = monotonic() + self._options.wait
        while True:
            try:
                return connect()
            except LinkError as error:
                if error.is_lasting or monotonic() >= patient_until:
                    raise
                sleep(PAUSE_BETWEEN_TRIES)

    def _chosen_view(self, leaving: ExitStack) -> View:
        program, slots = self._loaded.program, self._options.slots
        if self._options.form == "json":
            return json_view(program)
        if not self._options.is_watched:
            return line_view(program)
        if isinstance(self._link, Replay):
            slots = min(slots or self._link.slots, self._link.slots)
        live = LiveView(program, slots)
        leaving.callback(live.stop)
        return live

    def _take_in(self, effect: Effect, view: View) -> None:
        """Show an effect to all who watch, the journal first."""
        if self._books is not None:
            self._books(effect)
        self._log(effect)
        match effect:
            case Bound() | Refused():
                self._meet(effect)
            case Concluded():
                if self._options.dry_run and not self._tally.slots and effect.cycle is not None:
                    click.echo(headline(effect.cycle), err=self._options.form == "json")
                self._tally.count(effect)
                self._played += bool(self._played) or effect.cycle is not None
                view(effect)
            case Ended() if effect.fault and self._exit is Exit.FINE:
                click.echo(f"rulegrid: {effect.fault}", err=True)
                self._exit = Exit.WORLD

    def _meet(self, effect: Bound | Refused) -> None:
        show_findings(Report(self._loaded.source, effect.findings))
        if isinstance(effect, Refused):
            if has_errors(effect.findings):
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


def _known(names: set[str]) -> str:
    """What areas there are, in one line."""
    return f"it has {named(sorted(names))}"
