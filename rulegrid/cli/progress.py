"""A progress bar for what takes longer than a second; on a terminal only."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

PATIENCE_SECONDS = 1.0

Told = Callable[[int], None]
"""Is told how much more is done."""


@contextmanager
def progress(noun: str, total: int, *, is_wanted: bool = True) -> Iterator[Told]:
    """A bar on standard error if some work takes long; `total` is 0 where nobody knows.

    `noun` says of what, in the plural. Nothing is shown where nobody looks.
    """
    if not is_wanted or not sys.stderr.isatty():
        yield lambda _done: None
        return
    bar = _bar(noun, total)
    late = Timer(PATIENCE_SECONDS, bar.start)
    late.daemon = True
    if bar.console.is_interactive:
        late.start()
    try:
        yield lambda done: bar.advance(bar.task_ids[0], done)
    finally:
        late.cancel()
        if bar.console.is_interactive:
            late.join()
            bar.stop()


def each(work: Sequence[T], noun: str, *, is_wanted: bool = True) -> Iterator[T]:
    """The pieces of some work, one after another, with a bar as `progress` has it."""
    with progress(noun, len(work), is_wanted=is_wanted) as done:
        for piece in work:
            yield piece
            done(1)


def _bar(noun: str, total: int) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - takes a moment, and is for terminals
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    of = " of {task.total:,.0f}" if total else ""
    left = TimeRemainingColumn() if total else TimeElapsedColumn()
    counted = TextColumn(f"{{task.completed:,.0f}}{of} {noun}")
    bar = Progress(counted, BarColumn(), left, console=Console(stderr=True), transient=True)
    bar.add_task(noun, total=total or None)
    return bar
