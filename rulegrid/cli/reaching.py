"""How a command is told which exchange to reach, and how."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.link import Link
from rulegrid.gateway.links import live_link
from rulegrid.gateway.settings import Settings, SettingsError, read_settings

F = TypeVar("F", bound=Callable[..., Any])

_FILE = "rulegrid.settings_file"


def reaching_options(command: F) -> F:
    """Add the options that say how an exchange on the web is reached, and the settings file."""
    for option in (
        click.option("--websocket-url", metavar="URL", help="Where its WebSocket is."),
        click.option(
            "--simulation-id", metavar="ID", help="Which simulation on the web is meant."
        ),
        click.option(
            "--settings",
            metavar="FILE",
            is_eager=True,
            callback=_remember,
            expose_value=False,
            help="Settings in TOML. [default: rulegrid.toml, where there is one]",
        ),
    ):
        command = option(command)
    return command


def reach(
    url: str,
    wire: Wire,
    aggregator: str | None = None,
    *,
    simulation_id: str | None,
    websocket_url: str | None,
) -> Link:
    """The link to a running exchange; what is missing or wrong ends the command.

    `aggregator` is the uuid under which an earlier run controlled areas.
    """
    flags = {"simulation": simulation_id, "websocket": websocket_url}
    try:
        return live_link(url, wire, aggregator, _read(click.get_current_context(), flags))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _remember(ctx: click.Context, param: click.Parameter, file: str | None) -> None:
    """Take the command's defaults from the settings, before its other options are looked at."""
    del param
    ctx.meta[_FILE] = file
    try:
        settings = _read(ctx, {})
    except SettingsError as error:
        raise click.UsageError(str(error), ctx) from None
    known = {each.opts[-1].removeprefix("--"): each.name for each in ctx.command.params}
    defaults: dict[str, Any] = {"exchange": settings.exchange} if settings.exchange else {}
    for key, value in settings.run.items() if ctx.info_name == "run" else ():
        if known.get(key) is None:
            hint = did_you_mean(key, known)
            told = f"`run` in the settings has an unknown key `{shown(key)}`"
            raise click.UsageError(f"{told}: {hint}" if hint else told, ctx)
        defaults[str(known[key])] = value
    ctx.default_map = defaults


def _read(ctx: click.Context, flags: dict[str, str | None]) -> Settings:
    return read_settings(flags, os.environ, ctx.meta.get(_FILE))
