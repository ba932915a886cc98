"""The command line: one module a command, loaded only when it is called so that start-up stays quick."""

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from rulegrid.cli.exits import Exit, crash_note

COMMANDS = {
    "check": "Check rulebooks and show everything that is wrong in them.",
    "run": "Send one batch of fees a market slot, or rehearse on a recorded day.",
    "explain": "Show the page of a diagnostic code, or why an area's fee is what it is.",
    "schema": "Print a JSON Schema, for editors and other tools.",
}
"""Every command and its line in `--help`; its module has the same name."""


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
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from rulegrid.diagnostics import did_you_mean, shown

            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(
                f"no such command `{shown(args[0])}`{f': {hint}' if hint else ''}", ctx
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it: `rulegrid run` plays a recorded day, `rulegrid COMMAND --help` shows examples.",
)
@click.version_option(
    package_name="rulegrid", prog_name="rulegrid", message="%(prog)s %(version)s"
)
def application() -> None:
    """Grid tariffs as YAML rulebooks: checked, rehearsed, and sent as one batch of fees a market slot."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; no traceback ever reaches the user."""
    try:
        code = application.main(args=arguments, prog_name="rulegrid", standalone_mode=False)
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except click.UsageError as error:
        error.show()
        code = Exit.USAGE
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = Exit.FINE
    except Exception as error:  # noqa: BLE001 - the last line before the user
        click.echo(crash_note(error), err=True)
        code = Exit.BUG
    sys.exit(code if isinstance(code, int) else Exit.FINE)
