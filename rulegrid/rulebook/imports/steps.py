"""Thresholds and fees by market, as the SDK's `aziiz.json` holds them, as bands.

The SDK's script takes the mean of import less export over the last four slots and charges the fee
of the first threshold that is not below it; above the last threshold it charges 2000.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rulegrid.diagnostics import Diagnostic, did_you_mean, in_reading_order, shown
from rulegrid.rulebook.document import Document, Path, load
from rulegrid.rulebook.imports.writing import Draft, grouped, limits, names_of, number, quoted
from rulegrid.source import Source

THRESHOLD = "Import / Export threshold"
FEE = "Grid fee"
ABOVE_ALL = Decimal(2000)
"""What the SDK's script charges above the last threshold, in ct/kWh."""

_HOW = f'write {{"{THRESHOLD}": 10, "{FEE}": 0.9}}'

Steps = tuple[tuple[Decimal, Decimal], ...]
"""Thresholds in kWh a slot, rising, and their fees in ct/kWh."""

_HEAD = """\
# yaml-language-server: $schema=rulebook.schema.json
#
# Made by `rulegrid import` from {file}, a file of the exchange's SDK.
#
# A market's fee follows the energy over its boundary, whichever way it went: the mean of the last
# hour, so that one busy quarter of an hour does not move the price. Over the boundary of the root
# nothing goes, so its fee is always that of the lowest step.
# Above all thresholds the SDK's script charges 2000 ct/kWh. Is that what you want? It is the last
# step of each band, and the limit at the end.
rulegrid: 1
name: Import and export bands
fee_unit: ct/kWh
slot_length: 15 min               # the steps are kWh a slot

variables:
  flow:
    description: Energy over the area's boundary, mean of the last four slots
    unit: kWh
    value: abs(average(import - export, 4 slots))

bands:
"""


def from_steps(source: Source) -> tuple[Draft | None, tuple[Diagnostic, ...]]:
    """The rulebook of such a file, or all that is wrong with it."""
    spaced = source.text.replace(
        "\t", " "
    )  # JSON takes either, and no text of it has a tab inside
    document, findings = load(replace(source, text=spaced))
    if document is None or findings:
        return None, findings
    reader = _Reader(document)
    found = in_reading_order(reader.findings())
    return (None, found) if found else (Draft(_written(source, reader.markets)), ())


@dataclass(slots=True)
class _Reader:
    """Looks a document through, and keeps the steps of its markets."""

    document: Document

    def findings(self) -> Iterator[Diagnostic]:
        """All that is not as the SDK has it."""
        if not self.document.data:
            yield self._finding((), "no market is named here")
        for market, steps in self.document.data.items():
            here = (market,)
            if not isinstance(steps, list) or not steps:
                yield self._finding(here, f"`{shown(market)}` has no list of thresholds and fees")
                continue
            for number_, step in enumerate(steps):
                yield from self._step((*here, number_), step)
            yield from self._order(here, steps)

    def _step(self, path: Path, step: Any) -> Iterator[Diagnostic]:
        if not isinstance(step, dict):
            yield self._finding(path, "this is no threshold with a fee", _HOW)
            return
        unknown = [key for key in step if key not in (THRESHOLD, FEE)]
        for key in unknown:
            hint = did_you_mean(key, (THRESHOLD, FEE)) or _HOW
            span = self.document.key_spans[*path, key]
            yield Diagnostic("RG606", f"unknown key `{shown(key)}`", span, hint=hint)
        for key in (THRESHOLD, FEE):
            if key in step:
                yield from self._amount((*path, key), step[key])
            elif not unknown:  # else that one was meant
                yield self._finding(path, f"`{key}` is missing", _HOW)

    def _amount(self, path: Path, value: Any) -> Iterator[Diagnostic]:
        if not _is_number(value):
            yield self._finding(path, "this is no number")
        elif value < 0:
            yield self._finding(path, "this is below 0")

    def _order(self, path: Path, steps: list[Any]) -> Iterator[Diagnostic]:
        highest = -1.0
        for number_, step in enumerate(steps):
            threshold = step.get(THRESHOLD) if isinstance(step, dict) else None
            if not isinstance(threshold, int | float) or not _is_number(threshold):
                continue
            if threshold <= highest:
                message = f"{threshold:g} is not above {highest:g}, so this fee never holds"
                hint = "sort the thresholds, each higher than the one before"
                yield self._finding((*path, number_, THRESHOLD), message, hint)
            highest = max(highest, threshold)

    def _finding(self, path: Path, message: str, hint: str = "") -> Diagnostic:
        span = self.document.spans[path] if path else None
        return Diagnostic("RG606", message, span, hint=hint)

    @property
    def markets(self) -> dict[str, Steps]:
        """The steps of each market."""
        text = self.document.text
        return {
            market: tuple(
                (Decimal(text((market, at, THRESHOLD))), Decimal(text((market, at, FEE))))
                for at in range(len(steps))
            )
            for market, steps in self.document.data.items()
        }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written(source: Source, markets: dict[str, Steps]) -> str:
    file = shown(source.name.rpartition("/")[2])
    groups = grouped(markets.items())
    names = names_of(groups, "steps")
    lines = [_HEAD.format(file=file).rstrip("\n")]
    for steps in dict.fromkeys(markets.values()):
        lines.extend(_band(names[steps], steps))
    lines.append("\nareas:")
    lines.extend(f"  {quoted(market)}: {names[steps]}" for market, steps in markets.items())
    fees = [ABOVE_ALL, *(fee for steps in markets.values() for _, fee in steps)]
    return "\n".join([*lines, "", limits(fees), ""])


def _band(name: str, steps: Steps) -> Iterator[str]:
    yield f"  {name}:"
    yield "    input: flow"
    yield "    steps:"
    for threshold, fee in steps:
        yield f"      - {{up_to: {number(threshold)} kWh, fee: {number(fee)}}}"
    last = number(steps[-1][0])
    yield f"      - {{above: {last} kWh, fee: {ABOVE_ALL}}}"
