"""Journals of short conversations, and what can happen to them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from rulegrid.exchange.effects import Effect, Send
from rulegrid.gateway.journal import Journal, Opening, Rotation
from tests.building import compiled
from tests.exchange.said import Talk, answered, event

TEXT = "areas: {Grid: 1 ct/kWh + last_fee, Street: 2, Mill: avg_price * 5 %}"
MADE = compiled(TEXT)
OPENING = Opening(run="a-run", aggregator="our-id", program=MADE.program, source=MADE.source)
MORNING = datetime(2026, 10, 7, 8, tzinfo=UTC)


class Clock:
    """A wall clock that goes as far as it is told."""

    def __init__(self, now: datetime = MORNING, step: timedelta = timedelta(seconds=1)) -> None:
        self.now, self.step = now, step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def slots(first: int, last: int, talk: Talk | None = None) -> list[Effect]:
    """The effects of some slots of a conversation."""
    talk = talk or Talk(MADE.program)
    said = len(talk.effects)
    for number in range(first, last):
        talk.hear(event(number, {"Grid": number / 2, "Mill": 1.5}, 3.25))
        talk.hear(answered(talk.all(Send)[-1]))
    return talk.effects[said:]


def keep(journal: Journal, effects: Iterable[Effect]) -> None:
    """Write effects down as a run does."""
    for effect in effects:
        if isinstance(effect, Send):
            journal.intend(effect, keep=False)
        else:
            journal(effect)


def written(path: Path, number: int = 3, rotation: Rotation | None = None) -> Path:
    """A journal of so many slots."""
    journal = Journal(path, OPENING, Clock(), rotation)
    keep(journal, slots(0, number))
    journal.end("enough")
    journal.close()
    return path


def records(path: Path) -> list[dict[str, Any]]:
    """The records of one file."""
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def kinds(path: Path) -> list[str]:
    """The kinds of the records of one file."""
    return [record["kind"] for record in records(path)]
