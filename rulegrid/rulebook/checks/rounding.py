"""Fees that their own rulebook would round away."""

import ast
from collections.abc import Iterator
from decimal import Decimal

from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.formula import Expression
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.reading import ReadArea, Reading
from rulegrid.source import Span


def lost_decimals(reading: Reading) -> Iterator[Diagnostic]:
    """RG401: a written fee has more decimals than are kept, and nobody said that they may go.

    Told once, at the first such fee, because one line under `limits` answers all of them.
    """
    lost = [place for area in reading.areas for place in _lost(reading, area)]
    if lost:
        span, shown = min(lost)
        whole = "percent" if reading.amounts.fee_unit.dimension.percent else "cents"
        message = f"the fee {shown} is rounded to whole {whole}: `limits` say nothing of decimals"
        hint = f"write `limits: {{decimals: {_decimals(Decimal(shown))}}}`, or 0 if you mean it"
        yield Diagnostic("RG401", message, span, Severity.WARNING, hint)


def _lost(reading: Reading, area: ReadArea) -> Iterator[tuple[Span, str]]:
    amounts = reading.amounts
    if "decimals" in amounts.limits or "decimals" in area.limits:
        return
    kept = merged_limits(amounts, area.entry.selector).decimals
    for rule in area.rules:
        if rule.fee is None or rule.entry.fee is None:
            continue
        for value in _written_fees(rule.fee, reading):
            if _decimals(value) > kept:
                text = rule.entry.fee
                span = reading.rulebook.document.place(text.path, 0, len(text.text))
                yield span, str(value)


def _written_fees(expression: Expression, reading: Reading) -> Iterator[Decimal]:
    """The fixed numbers a formula may end in, also by a branch or a variable."""
    waiting = [expression.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.IfExp):
            waiting += [node.body, node.orelse]
        elif isinstance(node, ast.Constant):
            yield Decimal(repr(node.value)).normalize()
        elif isinstance(node, ast.Name) and node.id in reading.variables:
            yield from _written_fees(reading.variables[node.id], reading)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
