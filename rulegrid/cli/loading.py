"""Rulebooks, recordings and links as commands are given them; errors end the command."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report
from rulegrid.cli.terminal import show_findings
from rulegrid.diagnostics import has_errors, shown
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.histories import (
    History,
    HistoryError,
    MissingExtraError,
    open_history,
)
from rulegrid.gateway.replay import AT_ONCE, Pace, Replay, open_replay
from rulegrid.gateway.rulebooks import compile_file
from rulegrid.grid import MarketSlot, read_slot
from rulegrid.program import Program
from rulegrid.rehearsal.rehearse import RehearsalError
from rulegrid.source import Source


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rulebook that checks, with its text and the files that it names."""

    program: Program
    source: Source
    files: Mapping[str, bytes]


def load_rulebook(path: str) -> Loaded:
    """The rulebook in a file. Its findings go to standard error; errors end the command."""
    try:
        compiled = compile_file(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None
    show_findings(Report(compiled.source, compiled.findings))
    if compiled.program is None:
        raise click.exceptions.Exit(Exit.FINDINGS)
    return Loaded(compiled.program, compiled.source, compiled.files)


def open_replay_link(url: str, wire: Wire, pace: Pace = AT_ONCE) -> Replay:
    """The link to a recording; one that cannot be played ends the command."""
    try:
        link, findings = open_replay(url, wire, pace)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no file `{error.filename}`") from None
    show_findings(Report(Source(url.removeprefix("replay:").partition("?")[0], ""), findings))
    if link is None:
        raise click.exceptions.Exit(Exit.FINDINGS)
    _warn_of_another_unit(link, "percent" if wire.percent else "ct/kWh")
    return link


def _warn_of_another_unit(link: Replay, unit: str) -> None:
    """A dry run is never refused, so whoever reads its fees is told what an exchange would do."""
    if link.recorded_unit != unit:
        recorded = link.recorded_unit
        message = (
            f"warning: this day's exchange takes fees in {recorded} and would refuse {unit}: "
            "the fees in force that it shows are none of this rulebook's"
        )
        click.echo(message, err=True)


def load_history(data: str, wire: Wire | None = None) -> History:
    """The history in a file, after `replay:` too, or without one the day that ships with rulegrid.

    Errors end the command.
    """
    data = data.removeprefix("replay:")
    try:
        history, findings = open_history(data, wire)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{data}`") from None
    except MissingExtraError as error:
        raise click.UsageError(str(error)) from None
    show_findings(Report(Source(data, ""), findings))
    if history is None or has_errors(findings):
        raise click.exceptions.Exit(Exit.FINDINGS)
    return history


class Played(Protocol):
    """A rulebook that is played on a history."""

    @property
    def program(self) -> Program | None:
        """What is played."""
        ...

    @property
    def source(self) -> Source:
        """Its text."""
        ...


@contextmanager
def ended_by_faults(rulebooks: Sequence[Played], data: str) -> Iterator[None]:
    """A history that cannot be read, or that a rulebook does not fit, ends the command."""
    try:
        yield
    except HistoryError as error:
        show_findings(Report(Source(data, ""), (error.finding,)))
    except RehearsalError as error:
        unfit = next((each for each in rulebooks if each.program is error.program), rulebooks[0])
        show_findings(Report(unfit.source, error.findings))
        click.echo(f"rulegrid: {error}", err=True)
    else:
        return
    raise click.exceptions.Exit(Exit.FINDINGS)


def given_slot(text: str) -> MarketSlot:
    """The slot that was written after `--slot`; what is none ends the command."""
    try:
        return read_slot(text)
    except ValueError:
        message = (
            f"`{shown(text)}` is no slot: write it as 2021-07-01T10:45, in UTC or with an offset"
        )
        raise click.UsageError(message) from None
