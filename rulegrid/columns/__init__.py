"""The column evaluator: every formula is worked out here, for all areas at once."""

from rulegrid.columns.aggregates import Members, aggregate
from rulegrid.columns.rounding import round_half_away
from rulegrid.columns.trace import Place, Trace, trace
from rulegrid.columns.truth import Flags, Truth
from rulegrid.columns.walk import Value, evaluate
from rulegrid.columns.windows import Newest, window, zero_for_no_data

__all__ = [
    "Flags",
    "Members",
    "Newest",
    "Place",
    "Trace",
    "Truth",
    "Value",
    "aggregate",
    "evaluate",
    "round_half_away",
    "trace",
    "window",
    "zero_for_no_data",
]
