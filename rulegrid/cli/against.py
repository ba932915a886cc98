"""`rulegrid check --grid`: a rulebook against a grid that its author knows."""

from collections.abc import Callable
from dataclasses import replace

import click

from rulegrid.diagnostics import Diagnostic, Severity, left_on
from rulegrid.engine.binding import bind
from rulegrid.gateway.files import FileRefusedError
from rulegrid.gateway.grids import grid_file
from rulegrid.program import Program

_OF_THE_GRID = "RG507"
"""What stays a warning: everything that is read is there."""


def _graver(found: Diagnostic) -> Diagnostic:
    return found if found.code == _OF_THE_GRID else replace(found, severity=Severity.ERROR)


def against(path: str) -> Callable[[Program], tuple[Diagnostic, ...]]:
    """The check against the grid in a file.

    The author has said which areas there are, so what is not among them is an error.
    """
    try:
        grid = grid_file(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None
    except FileRefusedError as error:
        raise click.UsageError(f"--grid {path}: {error}") from None

    def live(program: Program) -> tuple[Diagnostic, ...]:
        found = bind(replace(program, switches=()), grid).findings
        return left_on(map(_graver, found), program.switches)

    return live
