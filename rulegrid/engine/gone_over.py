"""What an aggregate went over, area by area, to explain what it gave."""

import numpy as np

from rulegrid.columns import evaluate
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.schedule import Index
from rulegrid.formula import TRUTH, Aggregate

Worth = float | bool | None
"""What was worked out for an area; None for no data."""


def gone_over(cycle: Cycle, aggregate: Aggregate, asking: Index) -> tuple[tuple[int, Worth], ...]:
    """The place of each area that an aggregate went over, and what was worked out there.

    `asking` holds the one area whose fee is explained.
    """
    size = len(cycle.binding.grid)
    members = cycle.binding.members[aggregate.members]
    result = np.arange(size)[asking][0] if aggregate.members == "children" else 0
    numbers = members.taken(evaluate(aggregate.operand, cycle.columns), size)
    at = members.results == result
    pairs = zip(members.places[at].tolist(), numbers[at].tolist(), strict=True)
    is_truth = aggregate.operand.kind is TRUTH
    return tuple((place, _worth(number, is_truth=is_truth)) for place, number in sorted(pairs))


def _worth(number: float, *, is_truth: bool) -> Worth:
    """A number, or what it stands for: 1 and 0 may be truths."""
    if np.isnan(number):
        return None
    return bool(number) if is_truth else number
