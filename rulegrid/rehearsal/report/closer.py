"""A second look at a history: the most affected areas, slot by slot, and why their fees peak."""

from collections.abc import Callable

import numpy as np

from rulegrid.engine.explain import Explanation, explain
from rulegrid.engine.outcome import Outcome
from rulegrid.grid import Column, Grid, MarketSlot, later
from rulegrid.rehearsal.backtest import Backtest
from rulegrid.rehearsal.report.peaks import Peak, Peaks, apart, summits

MOST_AREAS = 24
"""So many areas a page shows."""
MOST_NUMBERS = 1 << 25
"""And no more than have so many numbers in their series together: 256 MiB."""
MEASURED = ("last_fee", "import", "export", "volume")
"""What was recorded and is drawn beside the fees."""
_BEFORE = 1
"""The first row tells of the slot before the history's first."""
_AHEAD = 2
"""A fee applies two slots after the one that the metrics of its row are of."""

Tell = Callable[[Explanation], str]


def effects(found: Backtest, recorded_unit: str) -> dict[str, float]:
    """The paths of all areas that a rulebook names, those with the largest effect first.

    An effect is how far the rulebook that moves it most takes an area's revenue from what was
    recorded, in EUR. Rulebooks whose fees are in another unit than the recorded ones cannot be
    compared with them; where all are, the effect is the revenue.
    """
    compared = [each for each in found.results if each.fee_unit == recorded_unit]
    largest: dict[str, float] = {area.area: 0.0 for each in found.results for area in each.areas}
    for area in (area for each in compared or found.results for area in each.areas):
        moved = area.revenue_eur - (area.recorded_revenue_eur if compared else 0.0)
        largest[area.area] = max(largest[area.area], abs(moved))
    return dict(sorted(largest.items(), key=lambda each: -each[1]))


def areas_shown(slots: int, rulebooks: int) -> int:
    """How many areas a page can show at most of a history: one of any."""
    numbers = slots * (rulebooks + len(MEASURED))
    return max(1, min(MOST_AREAS, MOST_NUMBERS // numbers))


class Closer:
    """The series of some areas, filled while the history is decided once more."""

    def __init__(self, found: Backtest, recorded_unit: str, tell: Tell) -> None:
        """`recorded_unit` is that of the recorded fees; `tell` puts an explanation into words."""
        self.recorded_unit = recorded_unit
        self.effects = effects(found, recorded_unit)
        self.slot_length = found.span.slot_length
        self.first: MarketSlot = later(found.span.first, self.slot_length, -_BEFORE)
        """The slot at the start of each series."""
        self.slots = (found.span.last - self.first) // self.slot_length + _AHEAD
        """How long each series is."""
        self.paths = list(self.effects)[: areas_shown(self.slots, len(found.results))]
        shape = self.slots, len(self.paths)
        self.fees = [np.full(shape, np.nan) for _ in found.results]
        """For each rulebook the fees, of shape `(slots, areas)`, in the slots they apply to."""
        self.measured = {name: np.full(shape, np.nan) for name in MEASURED}
        """What was recorded, in the slots it was measured in."""
        self.peaks = [[Peaks(apart(self.slots)) for _ in self.paths] for _ in found.results]
        """For each rulebook and area."""
        self._tell = tell
        self._grid: Grid | None = None
        self._places: list[tuple[int, int]] = []

    def add(self, number: int, outcome: Outcome) -> None:
        """Take in what the rulebook of a number has decided, as `backtest.Watching` hands it."""
        block = outcome.block
        start = (block.first - self.first) // self.slot_length - _BEFORE
        places = self._places_in(block.grid)
        mine, theirs = [m for m, _ in places], [t for _, t in places]
        self.fees[number][start + _AHEAD : start + _AHEAD + block.slots, mine] = outcome.fee[
            :, theirs
        ]
        if number == 0:
            for name, series in self.measured.items():
                series[start : start + block.slots, mine] = block.metric(name)[:, theirs]
        for one, place in places:
            self._look_for_peaks(self.peaks[number][one], outcome, place, start + _AHEAD)

    def _look_for_peaks(self, peaks: Peaks, outcome: Outcome, place: int, start: int) -> None:
        fees: Column = outcome.fee[:, place]
        for row in summits(fees, peaks.apart):
            fee = float(fees[row])
            if peaks.wants(start + row, fee):
                explanation = explain(outcome.cycle(row), place)
                if explanation is not None:
                    peaks.add(Peak(start + row, fee, self._tell(explanation)))

    def _places_in(self, grid: Grid) -> list[tuple[int, int]]:
        """For each of our areas that a grid has, its number with us and its place there."""
        if grid is not self._grid:
            places = {path: place for place, path in enumerate(grid.paths)}
            self._places = [
                (one, places[path]) for one, path in enumerate(self.paths) if path in places
            ]
            self._grid = grid
        return self._places
