"""All that a page shows, as plain data, in the units of the documentation; null is no data.

Times are counted in slots from `start`. Curves are packed, area by area: the fees of each
rulebook, then what was measured; each as one series, or where slots share a place as three: their
lowest, highest and mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from rulegrid.grid import Column, later, write_slot
from rulegrid.program import Program
from rulegrid.rehearsal.backtest import AreaResult, Backtest
from rulegrid.rehearsal.report.closer import Closer
from rulegrid.rehearsal.report.packing import DIGITS, packed
from rulegrid.rehearsal.report.peaks import Peak
from rulegrid.rehearsal.report.thinning import duration, hourly, stride, thinned

MOST_COLUMNS = 366
"""So many columns a heat map has; longer histories take several days into one."""


def page_data(
    found: Backtest, closer: Closer, programs: Sequence[Program], files: Sequence[str]
) -> dict[str, Any]:
    """What a page shows; `files` are the names of the rulebooks' files."""
    heat = _Heat(closer, programs[0].timezone)
    span = found.span
    return {
        "first_slot": write_slot(span.first),
        "last_slot": write_slot(span.last),
        "slots": span.slots,
        "slots_missing": span.missing,
        "start": write_slot(closer.first),
        "minutes": closer.slot_length.total_seconds() / 60,
        "length": closer.slots,
        "stride": _stride(closer),
        "recorded_unit": closer.recorded_unit,
        "timezone": "UTC" if programs[0].timezone is None else programs[0].timezone.key,
        "heat_columns": heat.names,
        "heat_days": heat.days_each,
        "all_areas": len(closer.effects),
        "rulebooks": [
            {
                "file": file,
                "name": result.name,
                "digest": result.digest,
                "fee_unit": result.fee_unit,
                "total": asdict(result.total),
            }
            for file, result in zip(files, found.results, strict=True)
        ],
        "areas": [_area(found, closer, heat, number) for number in range(len(closer.paths))],
    }


def _area(found: Backtest, closer: Closer, heat: "_Heat", number: int) -> dict[str, Any]:
    """One area: its sums, its curves and its peaks."""
    path = closer.paths[number]
    results = [_of(path, result.areas) for result in found.results]
    durations = [duration(fees[:, number]) for fees in closer.fees]
    measured = _measured(closer.measured, number)
    curves = [*(fees[:, number] for fees in closer.fees), *measured.values()]
    step = _stride(closer)
    return {
        "path": path,
        "effect_eur": _rounded(closer.effects[path]),
        "results": [result and asdict(result) for result in results],
        "measured": list(measured),
        "curves": asdict(packed([each for curve in curves for each in thinned(curve, step)])),
        "durations": [{"share": share, "fee": _numbers(fee)} for share, fee in durations],
        "heat": [heat.of(fees[:, number]) for fees in closer.fees],
        "peaks": [[_peak(p, closer) for p in peaks[number].found] for peaks in closer.peaks],
    }


def _of(path: str, areas: Sequence[AreaResult]) -> AreaResult | None:
    return next((area for area in areas if area.area == path), None)


def _stride(closer: Closer) -> int:
    return stride(closer.slots, len(closer.paths) * (len(closer.fees) + len(closer.measured)))


def _measured(series: Mapping[str, Column], number: int) -> dict[str, Column]:
    """What was recorded of an area; a metric that was never recorded is left out."""
    columns = {name: column[:, number] for name, column in series.items()}
    return {name: column for name, column in columns.items() if not np.isnan(column).all()}


def _peak(peak: Peak, closer: Closer) -> dict[str, Any]:
    slot = later(closer.first, closer.slot_length, peak.index)
    return {
        "index": peak.index,
        "slot": write_slot(slot),
        "fee": _rounded(peak.fee),
        "text": peak.text,
    }


class _Heat:
    """Where each slot belongs in a map of hours and days, by the clock on the wall."""

    def __init__(self, closer: Closer, timezone: ZoneInfo | None) -> None:
        moments = [
            later(closer.first, closer.slot_length, number).astimezone(timezone or UTC)
            for number in range(closer.slots)
        ]
        _, *inside, _ = [moment.toordinal() for moment in moments]
        first, last = inside[0], inside[-1]
        self.days_each = math.ceil((last - first + 1) / MOST_COLUMNS)
        """How many days one column stands for."""
        self._columns = [
            (min(max(m.toordinal(), first), last) - first) // self.days_each for m in moments
        ]
        self._hours = [moment.hour for moment in moments]
        starts = range(first, last + 1, self.days_each)
        self.names = [datetime.fromordinal(day).date().isoformat() for day in starts]
        """The first day of each column."""

    def of(self, fees: Column) -> list[list[float | None]]:
        """The mean fee of each hour, column by column."""
        means = hourly(fees, self._columns, self._hours, len(self.names))
        return [_numbers(column) for column in means]


def _numbers(values: Column) -> list[float | None]:
    """Rounded to what can be seen."""
    return [_rounded(value) for value in values.tolist()]


def _rounded(value: float) -> float | None:
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else round(value, DIGITS)
