"""What a terminal shows: colours only where a person looks, and never when `NO_COLOR` is set."""

import os
import sys
from typing import TextIO

import click

from rulegrid.cli.findings import Report, as_text
from rulegrid.diagnostics import Paint, has_errors, plain

_STYLES: dict[str, dict[str, str | bool]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "title": {"bold": True},
    "gutter": {"fg": "blue"},
    "hint": {"fg": "cyan"},
}


def is_colourful(stream: TextIO) -> bool:
    """Whether colours may be written to a stream."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint_for(stream: TextIO) -> Paint:
    """The paint for findings written to a stream."""
    return _painted if is_colourful(stream) else plain


def say(text: str) -> None:
    """Write a line to standard output."""
    click.echo(text, color=is_colourful(sys.stdout))


def show_findings(report: Report) -> None:
    """Write findings, if there are any, to standard error."""
    if report.findings:
        click.echo(as_text([report], paint_for(sys.stderr)), err=True)
        if not has_errors(report.findings):
            click.echo(err=True)


def _painted(role: str, text: str) -> str:
    style = _STYLES.get(role, {})
    return click.style(text, fg=style.get("fg"), bold=bool(style.get("bold")))
