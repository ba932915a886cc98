"""Limits that no fee can keep."""

from collections.abc import Collection, Iterator
from typing import Any

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.program import Limits
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.document import Document, Path
from rulegrid.rulebook.model import LimitsEntry
from rulegrid.rulebook.reading import Reading


def contradicting_limits(reading: Reading) -> Iterator[Diagnostic]:
    """RG304: limits that leave no fee, or freeze it; told where one of them is written.

    RG204: limits under 0.
    """
    rulebook = reading.rulebook
    document = rulebook.document
    written: list[tuple[LimitsEntry, str]] = [(rulebook.limits, "")] if rulebook.limits else []
    written.extend((area.limits, area.selector) for area in rulebook.areas if area.limits)
    for entry, selector in written:
        yield from _negative(document, entry)
        limits = merged_limits(reading.amounts, selector)
        for keys, message, hint in _contradictions(limits, entry.amounts.keys()):
            blamed = [key for key in keys if key in entry.amounts]
            if blamed:
                span = document.key_spans[(*entry.path, blamed[0])]
                yield Diagnostic("RG304", message, span, hint=hint)


def _contradictions(
    limits: Limits, written: Collection[str]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """The keys that may be to blame, the message and the hint of everything that cannot be.

    Limits under 0 are a mistake of their own.
    """
    ends = ("min", "max")
    if limits.minimum > limits.maximum >= 0:
        message = f"`min` {limits.minimum:g} is more than `max` {limits.maximum:g}"
        yield ends, message, _advice(written)
    elif limits.lowest > limits.highest and limits.maximum >= 0:
        message = f"no fee with {limits.decimals} decimals lies between `min` and `max`"
        yield (*ends, "decimals"), message, "allow more `decimals`"
    step = 10**-limits.decimals
    if limits.max_change is not None and 0 <= round(limits.max_change, 9) < step:
        message = f"a `max_change` under {step:g} would freeze a fee of {limits.decimals} decimals"
        hint = "allow more `decimals`, or a larger change"
        yield ("max_change", "decimals"), message, hint


def _negative(document: Document, entry: LimitsEntry) -> Iterator[Diagnostic]:
    """RG204: a limit with a unit that is under 0; without one the shape of the file says so."""
    for key, text in entry.amounts.items():
        is_number = isinstance(_value(document, text.path), int | float)
        if text.text.startswith("-") and not is_number:
            message = f"`{key}` is {shown(text.text)}; the lowest possible is 0"
            yield Diagnostic("RG204", message, document.spans[text.path])


def _value(document: Document, path: Path) -> Any:
    value: Any = document.data
    for key in path:
        value = value[key]
    return value


def _advice(written: Collection[str]) -> str:
    """What to do about a `min` above its `max`, which may not stand in the same place."""
    if "min" in written and "max" in written:
        return "swap them"
    if "min" in written:
        return "the `max` is not written here: it is shared, or that of the language"
    return "the `min` is not written here: it is shared"
