"""The command line: one module a command, loaded only when it is called."""

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from rulegrid.cli.exits import Exit, crash_note
from rulegrid.diagnostics import did_you_mean, shown

SECTIONS = {
    "Write": {
        "new": "Write a commented rulebook to start from.",
        "check": "Check rulebooks and show everything that is wrong in them.",
        "fmt": "Bring rulebooks into their best-read form.",
        "import": "Make a rulebook from a file of the exchange's SDK.",
        "show": "Show calendars and bands, on a day or in a week.",
        "schema": "Print a JSON Schema, for editors and other tools.",
    },
    "Rehearse and run": {
        "test": "Run rulebook tests, and tell what they leave untried.",
        "run": "Send one batch of fees a market slot, or rehearse on a recorded day.",
        "backtest": "Show what rulebooks would have charged and earned over a history.",
        "record": "Keep what an exchange says, for rehearsals.",
        "sandbox": "Serve a recorded day as an exchange to practise on.",
    },
    "Look into": {
        "diff": "Show what a change of a rulebook means, and whom it concerns.",
        "explain": "Show the page of a diagnostic code, or why an area's fee is what it is.",
        "journal": "Check and show what a run has written down.",
    },
}
"""Every command and its line in `--help`, by what it is for; its module has the same name."""

COMMANDS = {name: line for section in SECTIONS.values() for name, line in section.items()}


class _Commands(click.Group):
    """Commands that are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"rulegrid.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        width = max(map(len, COMMANDS))
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), line) for name, line in commands.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS)
            message = f"there is no command `{shown(args[0])}`"
            raise click.UsageError(f"{message}: {hint}" if hint else message, ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`rulegrid COMMAND --help` shows examples.",
)
@click.version_option(
    package_name="rulegrid", prog_name="rulegrid", message="%(prog)s %(version)s"
)
def application() -> None:
    """Grid tariffs as YAML rulebooks: checked, rehearsed, sent as one batch of fees a slot."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; no traceback ever reaches the user."""
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output, such as `head`, has seen enough
        code = Exit.FINE
        _write_nowhere()
    except OSError as error:
        click.echo(f"rulegrid: the output cannot be written: {error.strerror}", err=True)
        code = Exit.WORLD
        _write_nowhere()
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command. Raises `OSError` where its output cannot be written."""
    try:
        code = application.main(arguments, "rulegrid", standalone_mode=False) or Exit.FINE
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = Exit.INTERRUPTED
    except SystemExit:  # how click and rich give up on a reader who has gone
        raise BrokenPipeError from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        click.echo(crash_note(error), err=True)
        code = Exit.BUG
    return int(code)


_NO_ROOM = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO}


def _write_nowhere() -> None:
    """What is still in a buffer must not be tried again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
