"""What a recorded day showed, slot by slot, without a conversation."""

from collections.abc import Iterator

import msgspec

from rulegrid.exchange.day import Day, RecordedSlot
from rulegrid.exchange.messages import (
    BatchAnswer,
    MarketEvent,
    Wire,
    decode,
    served,
    with_statistics,
)
from rulegrid.grid import Grid, Snapshot


def snapshots(day: Day, wire: Wire) -> Iterator[Snapshot]:
    """All metrics of each slot, as recorded; an event that cannot be read is left out."""
    known: Grid | None = None
    for slot in day.slots:
        event = decode(slot.payload, wire, known)
        if isinstance(event, MarketEvent):
            known = event.grid
            yield with_statistics(event, _statistics(day, slot, wire))


def _statistics(day: Day, slot: RecordedSlot, wire: Wire) -> BatchAnswer | None:
    """The recorded statistics of a slot's markets as one answer."""
    responses = {
        area: [
            served.statistics_answer(
                area, day.names[area], served.STATISTICS, msgspec.Raw(text), wire
            )
        ]
        for area, text in slot.statistics.items()
    }
    batch = served.Batch("recorded", "recorded", {})
    answer = decode(served.answer(batch, responses, wire), wire)
    return answer if isinstance(answer, BatchAnswer) else None
