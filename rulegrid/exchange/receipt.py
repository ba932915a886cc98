"""What the exchange made of a batch: its echo beside what was sent, area by area."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.exchange.messages import BatchAnswer, FeeBatch
from rulegrid.grid import AreaId, Column, Grid


@dataclass(frozen=True, eq=False, slots=True)
class Receipt:
    """One entry for each area of the grid."""

    echo: Column
    """The fee the exchange says it will charge, NaN where it says nothing."""
    confirmed: NDArray[np.bool_]
    """Where the echo is exactly what was sent. An answer can say `ready` and carry the old fee."""
    errors: Mapping[AreaId, str]
    wrong_kind: bool
    """Whether fees were refused because the exchange runs on another kind of fee."""

    def merged(self, later: "Receipt") -> "Receipt":
        """Both this receipt and a later one for the rest; where both speak, the later counts."""
        return Receipt(
            np.where(np.isnan(later.echo), self.echo, later.echo),
            self.confirmed | later.confirmed,
            {**self.errors, **later.errors},
            self.wrong_kind or later.wrong_kind,
        )

    def confirms(self, batch: FeeBatch, grid: Grid) -> bool:
        """Whether every fee of a batch is confirmed."""
        return all(self.confirmed[grid.index[area]] for area in batch.fees)


def compare(batch: FeeBatch, grid: Grid, answer: BatchAnswer) -> Receipt:
    """Hold the answer against what was sent."""
    echo = np.full(len(grid), np.nan)
    confirmed = np.zeros(len(grid), dtype=bool)
    for area, fee in batch.fees.items():
        found = answer.fees.get(area)
        if found is not None and found.fee is not None:
            place = grid.index[area]
            echo[place] = found.fee
            confirmed[place] = found.fee == fee
    echo.flags.writeable = confirmed.flags.writeable = False
    errors = {area: found.error for area, found in answer.fees.items() if found.error}
    wrong_kind = any(found.is_wrong_kind for found in answer.fees.values())
    return Receipt(echo, confirmed, errors, wrong_kind)
