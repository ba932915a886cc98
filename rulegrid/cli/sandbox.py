"""`rulegrid sandbox`: an exchange to practise on."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Literal

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, counted
from rulegrid.cli.options import log_format_option
from rulegrid.cli.terminal import is_colourful, show_findings
from rulegrid.exchange.day import Day
from rulegrid.exchange.faults import FAULTS, read_fault
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.playlist import Playlist
from rulegrid.gateway.logs import logger
from rulegrid.gateway.recording import embedded_day, read_recording
from rulegrid.gateway.sandbox.host import Host
from rulegrid.gateway.sandbox.serve import Address, Plan, Watcher, serve
from rulegrid.gateway.sandbox.simulation import CONFIGURATION, login_of, without_secrets
from rulegrid.gateway.sandbox.state import SandboxError
from rulegrid.grid import write_slot
from rulegrid.source import Source

EPILOG = """\b
Faults, each with its RATE unless told otherwise:
{faults}

\b
Examples:
  rulegrid sandbox
  rulegrid sandbox --redis redis://localhost:6379/0 --speed 4 --wait
  rulegrid sandbox --fault drop=0.2 --fault cut --seed 7 --loop --state sandbox.json
"""


def _faults_told() -> str:
    return "\n".join(
        f"  {name:<10} {fault.rate:>4g}  {fault.meaning}" for name, fault in FAULTS.items()
    )


def _address(ctx: click.Context, param: click.Parameter, value: str) -> Address | None:
    """`HOST:PORT`, or None for `off`."""
    if value == "off":
        return None
    name, _, port = value.rpartition(":")
    if not name or not port.isdecimal():
        message = f"`{value}` is no address: write HOST:PORT, such as 127.0.0.1:8000, or off"
        raise click.BadParameter(message, ctx, param)
    return name.strip("[]"), int(port)


def _rates(ctx: click.Context, param: click.Parameter, value: Sequence[str]) -> dict[str, float]:
    try:
        return dict(read_fault(each) for each in value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


@click.command("sandbox", epilog=EPILOG.format(faults=_faults_told()))
@click.option("--data", metavar="RECORDING", help="The day to serve. [default: one that ships]")
@click.option(
    "--listen",
    callback=_address,
    default="127.0.0.1:8000",
    show_default=True,
    metavar="HOST:PORT",
    help="Where REST and WebSocket are served; port 0 is any free one, off is nowhere.",
)
@click.option("--redis", metavar="URL", help="Serve on the channels of this Redis too.")
@click.option(
    "--speed",
    type=click.FloatRange(0, 100, min_open=True),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Slots per second, at most 100.",
)
@click.option("--slots", type=click.IntRange(min=1), metavar="N", help="Finish after N events.")
@click.option("--loop", is_flag=True, help="After the last slot begin anew; the dates go on.")
@click.option("--wait", is_flag=True, help="Time stands still until a client is there.")
@click.option("--state", metavar="FILE", help="Keep slot, fees and selections for a restart.")
@click.option(
    "--fault", "faults", multiple=True, callback=_rates, metavar="NAME[=RATE]", help="See below."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the faults' dice.")
@click.option(
    "--token-lifetime",
    type=click.FloatRange(0, min_open=True),
    default=48 * 3600.0,
    metavar="SECONDS",
    help="After so long a login expires. [default: 48 hours]",
)
@click.option(
    "--dialect",
    type=click.Choice(["today", "2020"]),
    default="today",
    show_default=True,
    help="2020 is the interface as it was documented in November 2020.",
)
@log_format_option("The log on standard error.")
def command(data: str | None, listen: Address | None, redis: str | None, **options: Any) -> Exit:
    """Serve a recorded day as an exchange to practise on, until the day is over or Ctrl-C.

    Trades are as recorded; the fees are yours. A slot has ten ticks: batches are answered within
    two of them, and a fee applies to the next slot. What would end a real exchange, or let it fall
    deaf, is told here and does no harm.
    """
    _look_for_extras(listen, redis)
    if listen is None and redis is None:
        raise click.UsageError("nothing to serve on: give --redis, or let --listen be")
    day = _day(data)
    dialect: Literal["today", "2020"] = options["dialect"]
    plan = Plan(
        playlist=Playlist(day, options["loop"], options["slots"]),
        wire=Wire(dialect),
        listen=listen,
        redis=redis,
        login=login_of(os.environ),
        slot_seconds=1 / options["speed"],
        token_seconds=options["token_lifetime"],
        faults=options["faults"],
        seed=options["seed"],
        state=options["state"],
        waits=options["wait"],
    )
    log = logger(options["log_format"], colourful=is_colourful(sys.stderr))
    try:
        host = serve(plan, Watcher(log, lambda _, at: _told(plan, at), lambda h: _slot(h, plan)))
    except SandboxError as error:
        click.echo(f"rulegrid: {error}", err=True)
        return Exit.WORLD
    for line in closing_lines(host, plan):
        click.echo(line)
    return Exit.FINE


def _look_for_extras(listen: Address | None, redis: str | None) -> None:
    """End the command in one line where a library is missing."""
    for is_needed, module, extra in (
        (listen is not None, "aiohttp", "web"),
        (redis is not None, "redis", "redis"),
    ):
        if is_needed and find_spec(module) is None:
            raise click.UsageError(f"this needs {module}: pip install 'rulegrid[{extra}]'")


def _day(data: str | None) -> Day:
    try:
        day, findings = read_recording(data) if data else (embedded_day(), ())
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{data}`") from None
    show_findings(Report(Source(data or "", ""), findings))
    if day is None:
        raise click.exceptions.Exit(Exit.FINDINGS)
    return day


def _told(plan: Plan, at: Address | None) -> None:
    """Say where the exchange can be reached, and how."""
    for line in opening_lines(plan, at):
        click.echo(line)
    sys.stdout.flush()


def opening_lines(plan: Plan, at: Address | None) -> list[str]:
    """What a sandbox is, where it serves, and how rulegrid and the exchange's SDK reach it."""
    day = plan.playlist.day
    minutes = int(day.slot_length.total_seconds() // 60)
    markets = counted(len(day.names), "market")
    what = (
        f"{markets}, {counted(len(plan.playlist), 'event')} from {write_slot(day.slots[0].slot)}"
    )
    pace = f"a slot of {minutes} min every {plan.slot_seconds:g} s"
    lines = [f"An exchange to practise on: {what}, {pace}."]
    if plan.redis:
        lines += ["", f"  rulegrid run RULEBOOK --exchange {without_secrets(plan.redis)}"]
    if at is not None:
        name = f"[{at[0]}]" if ":" in at[0] else at[0]
        url = f"http://{name}:{at[1]}"
        who = "that of your environment" if plan.login else "any"
        lines += [
            "",
            f"  rulegrid run RULEBOOK --exchange {url} --simulation-id {CONFIGURATION}",
            "",
            "For the exchange's own SDK, and rulegrid too, in the environment:",
            f"  API_CLIENT_DOMAIN_NAME={url}",
            f"  API_CLIENT_WEBSOCKET_DOMAIN_NAME=ws{url.removeprefix('http')}/external-ws",
            f"  API_CLIENT_SIMULATION_ID={CONFIGURATION}",
            f"  API_CLIENT_USERNAME and API_CLIENT_PASSWORD ({who})",
        ]
    return [*lines, "", "Ctrl-C ends it."]


def _slot(host: Host, plan: Plan) -> None:
    """A line for each slot, where somebody looks on."""
    if sys.stdout.isatty():
        click.echo(status_line(host, plan))


def status_line(host: Host, plan: Plan) -> str:
    """How a sandbox fares."""
    number = host.exchange.memory.slot
    slot = plan.playlist.slot(number)
    book = host.exchange.memory.book
    parts = [
        "before the first event" if slot is None else f"slot {write_slot(slot.slot)}",
        f"{number + 1} of {len(plan.playlist)}" if not plan.playlist.loop else f"{number + 1}",
        f"{counted(len(book.owners), 'market')} selected",
        f"{counted(host.answers, 'answer')}",
    ]
    if host.mishaps:
        parts.append(counted(len(host.mishaps), "mishap"))
    return ", ".join(parts)


def closing_lines(host: Host, plan: Plan) -> list[str]:
    """What was done, what a real exchange would have suffered, and which faults there were."""
    lines = [("The day is over: " if host.is_over else "Ended: ") + status_line(host, plan) + "."]
    deaths = sum(what.startswith("dies") for what in host.mishaps)
    if host.mishaps:
        deafened = len(host.mishaps) - deaths
        lines.append(
            f"A real exchange would have died {counted(deaths, 'time')} "
            f"and fallen deaf {counted(deafened, 'time')}."
        )
    faults = [f"{name} {times}" for name, times in host.faults.done.items() if times]
    return [*lines, f"Faults: {', '.join(faults)}."] if faults else lines
