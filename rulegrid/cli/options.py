"""Options that several commands have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


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
