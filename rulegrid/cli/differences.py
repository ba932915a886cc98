"""Two rulebooks' differences as text for a reviewer, and as JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import isnan
from textwrap import indent
from typing import Any

import click

from rulegrid.cli.amounts import amount, local
from rulegrid.cli.findings import counted
from rulegrid.diagnostics import shown, shown_path
from rulegrid.grid import later, write_slot
from rulegrid.program import Program
from rulegrid.rehearsal.cases.moments import same_moment
from rulegrid.rehearsal.compare import Comparison, Impact, Run
from rulegrid.rulebook.diff import Change, Side

MOST_SELECTORS = 6
MOST_AREAS = 40
MOST_RUNS = 100
"""Of an area: more than a day of quarter hours can have."""

_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan"}
_INDENT = " " * 9
_NAMED = {"variable", "band", "calendar", "table", "group"}

Painter = Callable[[str], str]


def painter(is_colourful: bool) -> Painter:  # noqa: FBT001 - what a stream is
    """How the word that begins a change is written."""

    def paint(word: str) -> str:
        padded = f"{word:<{len(_INDENT)}}"
        return click.style(padded, fg=_COLOURS[word]) if is_colourful else padded

    return paint


def as_text(names: tuple[str, str], changes: Sequence[Change], paint: Painter) -> Iterator[str]:
    """Each change in a few lines, and before them what they come to."""
    yield f"{shown(names[0])} -> {shown(names[1])}: {_headline(changes)}"
    for change in changes:
        yield ""
        yield f"{paint(_action(change))}{change.what}"
        texts = " -> ".join(side.text for side in (change.old, change.new) if side)
        yield f"{_INDENT}{texts}"
        yield f"{_INDENT}{_places(change)}{_concerned(change)}"


def as_json(changes: Sequence[Change], met: Comparison | None) -> Iterator[str]:
    """One object, piece by piece: whether all is the same, every change, and what it reaches.

    `impact` is empty where no recording was asked for.
    """
    told = {"same": not changes, "changes": [_plain(change) for change in changes], "impact": []}
    text = json.dumps(told, indent=2, ensure_ascii=False)
    if met is None or not met.impacts:
        yield f"{text}\n"
        return
    yield text.removesuffix("[]\n}")
    for number, each in enumerate(met.impacts):
        one = json.dumps(_plain_impact(each), indent=2, ensure_ascii=False)
        yield f"{',' if number else '['}\n{indent(one, '    ')}"
    yield "\n  ]\n}\n"


def impact_text(met: Comparison, program: Program) -> Iterator[str]:
    """For each area what changes, and in which slots."""
    yield ""
    if not met.impacts:
        yield "in this history: no fee of any slot differs"
        return
    zone = program.timezone.key if program.timezone else "UTC"
    yield (
        f"in this history: fees differ in {met.changed} of {counted(met.slots, 'slot')}, for "
        f"{counted(len(met.impacts), 'area')}; times are {zone}"
    )
    for each in met.impacts[:MOST_AREAS]:
        yield ""
        yield (
            f"{shown_path(each.area)}: {counted(each.changed, 'slot')}, "
            f"{_signed(each.mean_change)} {program.fee_unit} on average, {_revenue(each)}"
        )
        yield from (f"  {_run(run, program)}" for run in islice(each.runs, MOST_RUNS))
        if len(each.runs) > MOST_RUNS:
            yield f"  and {counted(len(each.runs) - MOST_RUNS, 'more time')}"
    if len(met.impacts) > MOST_AREAS:
        yield f"\n{counted(len(met.impacts) - MOST_AREAS, 'more area')}"
    if _is_cut(met):
        yield "`--format json` names every slot"


def _is_cut(met: Comparison) -> bool:
    """Whether more has changed than people can read."""
    runs = max(len(each.runs) for each in met.impacts)
    return len(met.impacts) > MOST_AREAS or runs > MOST_RUNS


def _headline(changes: Sequence[Change]) -> str:
    if not changes:
        return "no change, all fees are the same"
    count = counted(len(changes), "change")
    if all(change.is_words for change in changes):
        return f"{count} of words, all fees are the same"
    return count


def _action(change: Change) -> str:
    if change.kind == "order":
        return "moved"
    if change.old is None:
        return "added"
    return "removed" if change.new is None else "changed"


def _places(change: Change) -> str:
    return " -> ".join(_place(side) for side in (change.old, change.new) if side)


def _place(side: Side) -> str:
    return shown(side.file) + (f":{side.line}" if side.line else " (not written)")


def _concerned(change: Change) -> str:
    if change.kind in _NAMED:
        return f"; reaches the fees of {_listed(change.selectors)}"
    if change.kind in {"limit", "when_no_data"}:
        return f"; for {_listed(change.selectors)}"
    return ""


def _listed(selectors: Sequence[str]) -> str:
    named = [f"`{shown(selector)}`" for selector in selectors[:MOST_SELECTORS]]
    more = len(selectors) - MOST_SELECTORS
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _plain(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "action": _action(change),
        "what": change.what,
        "old": _plain_side(change.old),
        "new": _plain_side(change.new),
        "selectors": list(change.selectors),
    }


def _plain_side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"text": side.text, "file": side.file, "line": side.line}


def _plain_impact(of: Impact) -> dict[str, Any]:
    return {
        "area": of.area,
        "slots_changed": of.changed,
        "slots": of.slots,
        "mean_change": _number(of.mean_change),
        "revenue_change_eur": _number(of.revenue_change_eur),
        "changed": [
            {"slot": write_slot(slot), "old": _fee(run.old), "new": _fee(run.new)}
            for run in of.runs
            for slot in run.each(of.runs.slot_length)
        ],
    }


def _fee(value: float) -> float | None:
    return None if isnan(value) else value


def _number(value: float) -> float | None:
    return None if isnan(value) else round(value, 6)


def _signed(value: float) -> str:
    return amount(value) if isnan(value) or value < 0 else f"+{amount(value)}"


def _revenue(of: Impact) -> str:
    value = of.revenue_change_eur
    return "revenue unknown" if isnan(value) else f"{_signed(round(value, 4))} EUR"


def _run(run: Run, program: Program) -> str:
    """When two fees are in force, with the time at which that ends, and what they are."""
    zone, length = program.timezone, program.slot_length
    begin, end = (same_moment(later(run.first, length, at), zone) for at in (0, run.slots))
    last = local(later(run.first, length, run.slots - 1), zone)
    end = end[_DATE + 1 :] if last[:_DATE] == begin[:_DATE] else end
    until = f"-{end}" if len(end) == len("12:00") else f" to {end}"
    return f"{begin}{until}  {_exact(run.old)} -> {_exact(run.new)} {program.fee_unit}"


_DATE = len("2026-01-12")


def _exact(fee: float) -> str:
    """A fee with all of its decimals, so that two that differ look different."""
    return amount(fee) if isnan(fee) else f"{fee:.15g}"
