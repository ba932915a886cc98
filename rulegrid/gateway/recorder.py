"""Recordings made of a running exchange, for rehearsals later."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, cast
from uuid import uuid4

from rulegrid.exchange.messages import (
    BatchAnswer,
    Finish,
    MarketEvent,
    decode,
    statistics_command,
)
from rulegrid.gateway.files import FileRefusedError
from rulegrid.gateway.link import Link
from rulegrid.grid import Grid


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recording."""

    text: bytes
    is_event: bool
    """Whether it is a market event."""
    ends_slot: bool
    """Whether nothing more is expected of its slot."""


def recorded(link: Link, stop: Event, *, with_statistics: bool = True) -> Iterator[Line]:
    """Everything an exchange says, as the lines of a recording.

    The link is open. After each event the statistics of all markets are asked for, so that a
    rehearsal finds every metric; nothing else is sent, and without them only the events are kept.
    Ends when the exchange has finished, or when `stop` is set.
    """
    grid: Grid | None = None
    while not stop.is_set():
        received = link.receive(1.0)
        if not isinstance(received, bytes):
            continue
        message = decode(received, link.wire, grid)
        text = received.replace(b"\n", b" ") + b"\n"
        if isinstance(message, MarketEvent):
            grid = _asked(link, message, grid, with_statistics=with_statistics)
            yield Line(text, is_event=True, ends_slot=not with_statistics)
        elif with_statistics:
            yield Line(text, is_event=False, ends_slot=isinstance(message, BatchAnswer))
        if isinstance(message, Finish):
            return


def _asked(link: Link, event: MarketEvent, known: Grid | None, *, with_statistics: bool) -> Grid:
    """Select the markets of an event and ask for their statistics; returns its grid."""
    if event.grid is not known:
        link.select(event.grid.ids)
    if with_statistics:
        asked = str(uuid4())
        ids = event.grid.ids
        link.send(statistics_command(link.aggregator, asked, event.slot, ids, link.wire))
    return event.grid


@contextmanager
def recording_file(path: str) -> Iterator[IO[bytes]]:
    """A new file for a recording, gzipped where its name ends in `.gz`.

    Raises `FileRefusedError` where it cannot be written, or is there already.
    """
    try:
        plain = Path(path).open("xb")  # noqa: SIM115 - closed by the `with` below
    except FileExistsError:
        raise FileRefusedError(f"{path} is there already") from None
    except OSError as error:
        raise FileRefusedError(f"{path} cannot be written: {error.strerror}") from None
    with plain:
        if not path.endswith(".gz"):
            yield plain
            return
        with gzip.GzipFile(fileobj=plain, mode="wb") as zipped:
            yield cast("IO[bytes]", zipped)
