"""A progress bar for what takes longer than a second; on a terminal only."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")

PATIENCE_SECONDS = 1.0


def progress(work: Sequence[T], noun: str) -> Iterator[T]:
    """The pieces of some work, one after another, with a bar on standard error if it takes long.

    Nothing is shown where nobody looks.
    """
    if not sys.stderr.isatty():
        yield from work
        return
    begun = time.monotonic()
    columns = (TextColumn(noun), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(noun, total=len(work))
    try:
        for piece in work:
            if not bar.live.is_started and time.monotonic() - begun > PATIENCE_SECONDS:
                bar.start()
            yield piece
            bar.advance(task)
    finally:
        bar.stop()
