"""What `rulegrid check --explain` tells of fees: the range each is proven to lie in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rulegrid.bounds import Range, spelled
from rulegrid.cli.findings import MOST_SHOWN
from rulegrid.diagnostics import shown, shown_path
from rulegrid.program import Limits
from rulegrid.rulebook.compile import Compiled
from rulegrid.rulebook.document import Document
from rulegrid.rulebook.proofs import Proof

_NOTHING_ABOVE = "never: the lines above decide"


@dataclass(frozen=True, slots=True)
class Proven:
    """What is proven of a selector's fee, or of the fee of one of its rules."""

    line: int
    area: str
    rule: str | None
    """What decides, as `explain` names it; None for the area as a whole."""
    formula: Range
    limited: Range | None = None
    """After limits; of an area only."""
    is_kept: bool = False
    """Whether the fee in force is sent again where there is no data."""
    is_gradual: bool = False
    """Whether `max_change`, `dead_band` or `hold` may keep a fee away from there for a while."""


def proven(compiled: Compiled) -> tuple[Proven, ...]:
    """Everything proven of the fees of a rulebook; nothing while it has errors."""
    if compiled.proofs is None:
        return ()
    document = compiled.proofs.reading.rulebook.document
    return tuple(row for proof in compiled.proofs.areas for row in _of_area(document, proof))


def as_plain(compiled: Compiled) -> Iterator[dict[str, Any]]:
    """The same as plain data, for machines."""
    unit = compiled.program.fee_unit if compiled.program else ""
    for row in proven(compiled):
        told: dict[str, Any] = {
            "file": compiled.source.name,
            "line": row.line,
            "area": row.area,
            "rule": row.rule,
            "unit": unit,
            "formula": _plain(row.formula),
        }
        if row.limited is not None:
            told |= {"limited": _plain(row.limited), "kept": row.is_kept}
            told["gradual"] = row.is_gradual
        yield told


def as_text(compiled: Compiled) -> str:
    """A line for each selector and rule, and a table's worth of them at most."""
    rows = proven(compiled)
    if not rows:
        return ""
    unit = compiled.program.fee_unit if compiled.program else ""
    head = f"{shown_path(compiled.source.name)}: what is proven of each fee, in {unit}"
    table = [("line", "area", "its formula gives", "after limits"), *map(_cells, rows)]
    lines = [head, *_aligned(table[: MOST_SHOWN + 1])]
    if len(rows) > MOST_SHOWN:
        lines.append(f"{len(rows) - MOST_SHOWN} more; `--format json` shows all")
    if any(row.is_kept for row in rows):
        lines.append("* or the fee in force, where there is no data")
    if any(row.is_gradual for row in rows):
        lines.append("~ and what `max_change`, `dead_band` and `hold` leave of the fee in force")
    return "\n".join(lines)


def _of_area(document: Document, proof: Proof) -> Iterator[Proven]:
    entry, fee = proof.area.entry, proof.fee
    source = document.source
    line = source.position(document.key_spans[entry.path].start).line
    is_gradual = _is_gradual(proof.limits)
    yield Proven(line, entry.selector, None, fee.raw, fee.settled, fee.is_kept, is_gradual)
    if not entry.has_rules:
        return
    for number, (rule, each) in enumerate(zip(proof.area.rules, fee.lines, strict=True), start=1):
        at = document.spans[rule.entry.path].start
        name = "otherwise" if rule.entry.is_otherwise else f"rule {number}"
        name = rule.entry.because or name
        yield Proven(source.position(at).line, entry.selector, name, each.fee)


def _is_gradual(limits: Limits) -> bool:
    return bool(limits.max_change or limits.dead_band or limits.hold_slots)


def _cells(row: Proven) -> tuple[str, str, str, str]:
    if row.rule is not None:
        formula = _spelled(row.formula) if row.formula.pieces else _NOTHING_ABOVE
        return str(row.line), f"  {shown(row.rule)}", formula, ""
    marks = f"{' *' if row.is_kept else ''}{' ~' if row.is_gradual else ''}"
    limited = f"{_spelled(row.limited)}{marks}" if row.limited else ""
    return str(row.line), shown(row.area), _spelled(row.formula), limited


def _spelled(of: Range) -> str:
    return spelled(of, "a plain number")


def _aligned(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        first, *others = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        yield "  ".join([cells[0].rjust(len(first)), *others]).rstrip()


def _plain(of: Range) -> dict[str, Any]:
    return {
        "low": of.low if of.pieces and isfinite(of.low) else None,
        "high": of.high if of.pieces and isfinite(of.high) else None,
        "values": [low for low, _ in of.pieces] if of.is_listed else None,
        "no_data": of.lacking,
    }
