"""What an event and its statistics say together."""

import numpy as np

from rulegrid.exchange.messages.kinds import STATISTICS_METRICS, BatchAnswer, MarketEvent
from rulegrid.exchange.messages.tree import NOT_REPORTED
from rulegrid.grid import Column, Grid, Snapshot
from rulegrid.metrics import METRICS


def with_statistics(event: MarketEvent, answer: BatchAnswer | None) -> Snapshot:
    """All metrics of a slot, each as a read-only column; NaN where an answer is missing.

    The fee set for the next slot is the one now in force, until a batch is known to have changed
    it.
    """
    nowhere = np.full(len(event.grid), NOT_REPORTED)
    nowhere.flags.writeable = False
    columns = {
        name: nowhere[:1] if metric.grid_wide else nowhere for name, metric in METRICS.items()
    }
    columns |= event.columns
    if answer is not None:
        columns |= _statistics_columns(event.grid, answer, columns)
    columns["next_fee"] = columns["current_fee"]
    return Snapshot(event.slot, event.grid, columns)


def _statistics_columns(
    grid: Grid, answer: BatchAnswer, reported: dict[str, Column]
) -> dict[str, Column]:
    """The columns of the answer; what it leaves open stays as the event reported it."""
    block = np.stack([reported[name] for name in STATISTICS_METRICS])
    places: list[int] = []
    values: list[float] = []
    for area, statistics in answer.statistics.items():
        place = grid.index.get(area)
        if place is not None and statistics is not None:
            places.append(place)
            values += statistics
    told = np.array(values, dtype=np.float64).reshape(-1, len(STATISTICS_METRICS)).T
    block[:, places] = np.where(np.isnan(told), block[:, places], told)
    block.flags.writeable = False
    return dict(zip(STATISTICS_METRICS, block, strict=True))
