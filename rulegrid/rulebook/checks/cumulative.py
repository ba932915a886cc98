"""Metrics that count from the start of the run, read as if they were of one slot."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.formula import Expression, Window
from rulegrid.metrics import METRICS
from rulegrid.rulebook.reading import Reading

_PREVIOUS = "previous"
"""The one window that such a metric has a use for: what has changed since."""


def cumulative_in_windows(reading: Reading) -> Iterator[Diagnostic]:
    """RG410: a mean, sum, lowest or highest of what is a mean over the whole run already.

    Only where all that the window goes over is such metrics, read directly.
    """
    for path, expression in reading.expressions.items():
        for window in expression.all_windows():
            metric = _cumulative(window)
            if metric and window.key in expression.places:
                span = reading.rulebook.document.place(path, *expression.places[window.key])
                message = f"`{metric}` is counted from the start of the run, not slot by slot"
                hint = "take it without the window"
                yield Diagnostic("RG410", message, span, Severity.WARNING, hint)


def _cumulative(window: Window) -> str:
    if window.function == _PREVIOUS or window.operand.windows:
        return ""
    return _only_cumulative(window.operand)


def _only_cumulative(expression: Expression) -> str:
    """The metric of a formula that reads nothing but such metrics, or an empty text."""
    names = [read.name for read in expression.reads.values()]
    metrics = [METRICS.get(name) for name in names]
    return names[0] if names and all(of and of.cumulative for of in metrics) else ""
