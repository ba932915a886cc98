"""Options that several commands have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def output_option(explained: str, *, required: bool = False) -> Callable[[F], F]:
    """`-o`: a new file to write to; one that is there already is never touched."""
    return click.option("-o", "--output", metavar="FILE", required=required, help=explained)


def log_format_option(explained: str) -> Callable[[F], F]:
    """`--log-format`: how the log on standard error is written."""
    return click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help=explained,
    )


def format_option(*choices: str, explained: str = "") -> Callable[[F], F]:
    """`--format`: how what was asked for is printed, `text` for people unless told otherwise."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", *choices]),
        default="text",
        show_default=True,
        help=explained or None,
    )
