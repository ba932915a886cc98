"""A second look at a history: the most affected areas, slot by slot, and why their fees peak."""

from collections.abc import Callable, Sequence

import numpy as np

from rulegrid.engine.explain import Explanation, explain
from rulegrid.engine.outcome import Outcome
from rulegrid.grid import Column, Grid, MarketSlot, later
from rulegrid.rehearsal.backtest import AreaResult, Backtest
from rulegrid.rehearsal.report.peaks import Peak, Peaks, apart, summits

MOST_AREAS = 24
"""So many areas a page shows."""
MEASURED = ("last_fee", "import", "export", "volume")
"""What was recorded and is drawn beside the fees."""
_BEFORE = 1
"""The first row tells of the slot before the history's first."""
_AHEAD = 2
"""A fee applies two slots after the one that the metrics of its row are of."""

Tell = Callable[[Explanation], str]


def effect(results: Sequence[AreaResult | None]) -> float:
    """How far the rulebook that moves it most takes an area's revenue from what was recorded."""
    known = [each for each in results if each is not None]
    return max((abs(each.revenue_eur - each.recorded_revenue_eur) for each in known), default=0.0)


def most_affected(found: Backtest) -> list[str]:
    """The paths of all areas that a rulebook names, those with the largest effect first."""
    by_path: dict[str, list[AreaResult | None]] = {}
    for result in found.results:
        for area in result.areas:
            by_path.setdefault(area.area, []).append(area)
    return sorted(by_path, key=lambda path: -effect(by_path[path]))


class Closer:
    """The series of some areas, filled while the history is decided once more."""

    def __init__(self, found: Backtest, tell: Tell) -> None:
        """`tell` puts an explanation into words."""
        self.paths = most_affected(found)[:MOST_AREAS]
        self.slot_length = found.span.slot_length
        self.first: MarketSlot = later(found.span.first, self.slot_length, -_BEFORE)
        """The slot at the start of each series."""
        self.slots = (found.span.last - self.first) // self.slot_length + _AHEAD
        """How long each series is."""
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
