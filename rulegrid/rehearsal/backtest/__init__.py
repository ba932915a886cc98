"""Rulebooks over long histories: what they would have charged, and what it would have earned.

Recorded volumes are what they were: they do not react to another fee.
"""

from rulegrid.rehearsal.backtest.evaluation import Evaluation, evaluate
from rulegrid.rehearsal.backtest.finding import NoFeeError, cycle_for
from rulegrid.rehearsal.backtest.results import AreaResult, Result
from rulegrid.rehearsal.backtest.running import Backtest, Seconds, Span, Watching, backtest
from rulegrid.rehearsal.backtest.tally import Tally, tally

__all__ = [
    "AreaResult",
    "Backtest",
    "Evaluation",
    "NoFeeError",
    "Result",
    "Seconds",
    "Span",
    "Tally",
    "Watching",
    "backtest",
    "cycle_for",
    "evaluate",
    "tally",
]
