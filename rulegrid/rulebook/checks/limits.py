"""Limits that no fee can keep."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.program import Limits
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.reading import Reading


def contradicting_limits(reading: Reading) -> Iterator[Diagnostic]:
    """RG304: limits that leave no fee, or freeze it; told where they are written, for each area only if it has some."""
    rulebook = reading.rulebook
    document = rulebook.document
    written: list[tuple[Path, str]] = [(rulebook.limits.path, "")] if rulebook.limits else []
    written.extend((a.limits.path, a.selector) for a in rulebook.areas if a.limits)
    for path, selector in written:
        limits = merged_limits(reading.amounts, selector)
        for key, message, hint in _contradictions(limits):
            span = document.key_spans.get((*path, key)) or document.key_spans[path]
            yield Diagnostic("RG304", message, span, hint=hint)


def _contradictions(limits: Limits) -> Iterator[tuple[str, str, str]]:
    """The key to blame, the message and the hint of everything that cannot be."""
    if limits.minimum < 0:
        yield "min", "a fee cannot be negative", "write a `min` of 0 or more"
    elif limits.minimum > limits.maximum:
        message = f"`min` {limits.minimum:g} is more than `max` {limits.maximum:g}"
        yield "min", message, "swap them"
    elif limits.lowest > limits.highest:
        message = f"no fee with {limits.decimals} decimals lies between `min` and `max`"
        yield "min", message, "allow more `decimals`"
    step = 10**-limits.decimals
    if limits.max_change is not None and round(limits.max_change, 9) < step:
        message = f"a `max_change` under {step:g} would freeze a fee of {limits.decimals} decimals"
        yield "max_change", message, "allow more `decimals`, or a larger change"
    if limits.dead_band is not None and limits.dead_band < 0:
        yield "dead_band", "a dead band cannot be negative", ""
