"""How rulebook tests came out: as text for people, as JSON for machines."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import isnan
from typing import Any

from rulegrid.cli.amounts import amount, local
from rulegrid.cli.explanation import as_json as explained
from rulegrid.cli.explanation import as_text as tree
from rulegrid.cli.findings import Report, counted, findings_as_json
from rulegrid.diagnostics import Paint, plain, render, shown, shown_path
from rulegrid.engine.explain import Explanation, explain
from rulegrid.grid import Grid, write_slot
from rulegrid.rehearsal.cases.coverage import Item
from rulegrid.rehearsal.cases.model import Suite
from rulegrid.rehearsal.cases.rounds import Round, Tried
from rulegrid.rehearsal.cases.running import Mismatch, Outcome, Verdict
from rulegrid.source import Source, Span

MOST_CELLS = 20
"""Differing cells of one test that are shown as text."""
MOST_CHAINS = 2
"""So many fees of one test are explained; mostly one mistake is behind all of them."""


def as_text(done: Round, least: float | None, paint: Paint) -> str:
    """A line a file, each failure with its cells and the values behind them, and a last line."""
    blocks = ["\n".join(_file_lines(done, paint))] if done.files else []
    for tried in done.files:
        if tried.file.findings:
            blocks += [render(each, tried.file.source, paint) for each in tried.file.findings]
        blocks += [
            _failure(tried, outcome, paint) for outcome in tried.outcomes if _is_told(outcome)
        ]
    uncovered = list(_uncovered(done))
    if uncovered and done.has_run:
        blocks.append("\n".join(["not tried by any test:", *uncovered]))
    blocks.append(_summary(done, least, paint))
    return "\n\n".join(blocks)


def as_json(done: Round, least: float | None) -> str:
    """One object: what came out, and each failure with its cells and the values behind them."""
    failures = [
        failure
        for tried in done.files
        for outcome in tried.outcomes
        if outcome.verdict is Verdict.FAILED
        for failure in _plain_failures(tried, outcome)
    ]
    reports = [Report(tried.file.source, tried.file.findings) for tried in done.files]
    failed = done.count(Verdict.FAILED)
    is_covered = least is None or done.coverage >= least
    return json.dumps(
        {
            "ok": done.has_run and not failed and not done.has_errors and is_covered,
            "passed": done.count(Verdict.PASSED),
            "failed": failed,
            "skipped": done.count(Verdict.SKIPPED),
            "todo": done.count(Verdict.TODO),
            "coverage": done.coverage,
            "uncovered": [
                {"file": item.table or each.rulebook, "line": item.line, "what": item.what}
                for each in done.coverages
                for item in each.uncovered
            ],
            "failures": failures,
            "findings": findings_as_json(reports),
        },
        indent=2,
    )


def place_of(source: Source, span: Span) -> str:
    """A place as a person looks it up: file, line, column."""
    at = source.position(span.start)
    return f"{shown_path(source.name)}:{at.line}:{at.column}"


def failure_text(tried: Tried, outcome: Outcome) -> str:
    """A failure without colours."""
    return "\n".join(_details(tried, outcome, plain))


def _file_lines(done: Round, paint: Paint) -> Iterator[str]:
    width = max(len(shown_path(tried.file.source.name)) for tried in done.files)
    for tried in done.files:
        counts = [f"{tried.count(each)} {each}" for each in Verdict if tried.count(each)]
        told = ", ".join(counts) or "no tests"
        if tried.file.findings:
            told = paint("error", "not all of it can be read") + (f"; {told}" if counts else "")
        yield f"{shown_path(tried.file.source.name):{width}}  {told}"


def _is_told(outcome: Outcome) -> bool:
    return outcome.verdict in (Verdict.FAILED, Verdict.SKIPPED, Verdict.TODO)


def _failure(tried: Tried, outcome: Outcome, paint: Paint) -> str:
    case = outcome.case
    word = paint("error" if outcome.verdict is Verdict.FAILED else "hint", outcome.verdict.upper())
    where = place_of(tried.file.source, case.span)
    lines = [f"{word}  {paint('title', shown_path(case.name))}", f"  --> {where}"]
    if outcome.verdict is Verdict.SKIPPED:
        lines.append(f"  skipped: {shown_path(case.skip)}")
    elif outcome.verdict is Verdict.TODO:
        cells = counted(outcome.differing, "cell")
        lines.append(f"  still to do: {shown_path(case.todo)} ({cells} otherwise than expected)")
    else:
        lines.extend(_details(tried, outcome, paint))
    return "\n".join(lines)


def _details(tried: Tried, outcome: Outcome, paint: Paint) -> Iterator[str]:
    """The cells that differ, and what made the first of them."""
    if not outcome.mismatches:
        todo = shown_path(outcome.case.todo)
        yield f"  this test passes now: take its `todo` out ({todo})"
        return
    suite = tried.file.suite
    if suite is None:
        return
    yield ""
    rows = [row for each in outcome.mismatches for row in _rows(tried.file.source, suite, each)]
    yield from _table(rows[:MOST_CELLS], paint)
    hidden = max(len(rows) - MOST_CELLS, 0) + outcome.differing - len(outcome.mismatches)
    if hidden:
        yield f"  and {counted(hidden, 'more cell')}"
    for explanation in _chains(outcome):
        rule = explanation.rule.place
        yield ""
        file = shown_path(suite.compiled.source.name)
        yield f"  {file}:{rule.line} decided"
        is_colourful = paint is not plain
        yield from (f"  {line}" for line in tree(explanation, colourful=is_colourful).splitlines())


_HEAD = ("line", "time", "area", "expected", "got", "decided by")


def _rows(source: Source, suite: Suite, mismatch: Mismatch) -> Iterator[tuple[str, ...]]:
    """The row of a cell; of a batch, a row for each area that differs."""
    binding, expected = suite.binding, mismatch.expected
    line = str(source.position(expected.span.start).line)
    when = local(mismatch.applies_to, binding.program.timezone)
    if isinstance(expected.value, Mapping) and isinstance(mismatch.got, Mapping):
        for path in sorted({*expected.value, *mismatch.got}):
            pair = expected.value.get(path), mismatch.got.get(path)
            if pair[0] != pair[1]:
                yield line, when, shown_path(path), *map(_told, pair), ""
        return
    reason = "" if isinstance(expected.value, str) else shown(mismatch.reason)
    pair = expected.value, mismatch.got
    yield line, when, _area(binding.grid, expected.place), *map(_told, pair), reason


def _area(grid: Grid, place: int) -> str:
    is_unique = len(grid.by_name[grid.names[place]]) == 1
    return shown_path(grid.names[place] if is_unique else grid.paths[place])


def _told(value: Any) -> str:
    if value is None or isinstance(value, float):
        return "none" if value is None or isnan(value) else amount(value)
    return shown(value if isinstance(value, str) else json.dumps(value))


def _table(rows: Sequence[tuple[str, ...]], paint: Paint) -> Iterator[str]:
    widths = [max(len(row[at]) for row in (_HEAD, *rows)) for at in range(len(_HEAD))]
    for number, row in enumerate((_HEAD, *rows)):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        text = "  ".join(cells).rstrip()
        yield f"  {text if number else paint('title', text)}"


def _chains(outcome: Outcome) -> Iterator[Explanation]:
    """The first differing cell of each area, and why its fee is what it is."""
    first: dict[int, Mismatch] = {}
    for mismatch in outcome.mismatches:
        if mismatch.expected.place >= 0:
            first.setdefault(mismatch.expected.place, mismatch)
    for mismatch in list(first.values())[:MOST_CHAINS]:
        explanation = _explained(mismatch)
        if explanation is not None:
            yield explanation


def _explained(mismatch: Mismatch) -> Explanation | None:
    """Why a fee is what it is; None for a whole batch, and where nobody kept what was read."""
    if mismatch.cycle is None or mismatch.expected.place < 0:
        return None
    return explain(mismatch.cycle, mismatch.expected.place)


def _uncovered(done: Round) -> Iterator[str]:
    for each in done.coverages:
        for first, more in _together(each.uncovered):
            below = f", and {counted(more, 'row')} below it" if more else ""
            file = shown_path(first.table or each.rulebook)
            yield f"  {file}:{first.line}  {first.what}{below}"


def _together(items: Sequence[Item]) -> Iterator[tuple[Item, int]]:
    """Each item, but of rows of a table in a row the first one and how many follow it."""
    for _, run in groupby(enumerate(items), lambda pair: _run(*pair)):
        together = [item for _, item in run]
        yield together[0], len(together) - 1


def _run(number: int, item: Item) -> tuple[str, int]:
    """The same for rows of a table that follow each other, and for nothing else."""
    return item.table, item.line - number if item.table else number


def _summary(done: Round, least: float | None, paint: Paint) -> str:
    counts = {each: done.count(each) for each in Verdict}
    roles = {Verdict.FAILED: "error", Verdict.SKIPPED: "hint", Verdict.TODO: "hint"}
    parts = [
        paint(roles[each], f"{number} {each}") if each in roles else f"{number} {each}"
        for each, number in counts.items()
        if number
    ]
    items = sum(len(each.items) for each in done.coverages)
    tried = items - sum(len(each.uncovered) for each in done.coverages)
    share = f"; coverage {amount(done.coverage)} % ({tried} of {items})" if items else ""
    told = f"{', '.join(parts) or 'no tests'}{share}"
    if not done.has_run:
        told += paint("error", "\nno test was run, so nothing is known")
    if least is not None and done.coverage < least:
        told += paint("error", f"\nless is tried than the {amount(least)} % of --min-coverage")
    return told


def _plain_failures(tried: Tried, outcome: Outcome) -> Iterator[dict[str, Any]]:
    source, case = tried.file.source, outcome.case
    head = {"file": source.name, "test": case.name}
    if not outcome.mismatches:
        line = source.position(case.span.start).line
        yield {**head, "line": line, "message": f"passes now, in spite of its todo: {case.todo}"}
    for mismatch in outcome.mismatches:
        yield {**head, **_plain_cell(source, tried.file.suite, mismatch)}
    hidden = outcome.differing - len(outcome.mismatches)
    if hidden:
        line = source.position(case.span.start).line
        yield {**head, "line": line, "message": f"and {counted(hidden, 'more cell')}"}


def _plain_cell(source: Source, suite: Suite | None, mismatch: Mismatch) -> dict[str, Any]:
    expected = mismatch.expected
    explanation = _explained(mismatch)
    at = source.position(expected.span.start)
    area = suite.binding.grid.paths[expected.place] if suite and expected.place >= 0 else None
    return {
        "line": at.line,
        "column": at.column,
        "applies_to": write_slot(mismatch.applies_to),
        "area": area,
        "expected": _number(expected.value),
        "got": _number(mismatch.got),
        "reason": mismatch.reason,
        "rulebook": "" if suite is None else suite.compiled.source.name,
        "rulebook_line": None if explanation is None else explanation.rule.place.line,
        "explanation": None if explanation is None else explained(explanation),
    }


def _number(value: Any) -> Any:
    """A value as JSON has it: null where nothing is sent."""
    return None if isinstance(value, float) and isnan(value) else value
