"""Findings as text for people, and as JSON, GitHub annotations and SARIF for machines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rulegrid.diagnostics import CODES, Diagnostic, Paint, Severity, render
from rulegrid.source import Position, Source

MOST_SHOWN = 50
"""Findings of one file that are shown as text; machines get all."""

_START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Report:
    """One file and everything found in it."""

    source: Source
    findings: tuple[Diagnostic, ...]


def as_text(reports: Sequence[Report], paint: Paint) -> str:
    """Every finding with its excerpt, and a last line that counts them."""
    blocks: list[str] = []
    for report in reports:
        blocks.extend(render(f, report.source, paint) for f in report.findings[:MOST_SHOWN])
        hidden = len(report.findings) - MOST_SHOWN
        if hidden > 0:
            blocks.append(f"{report.source.name}: {hidden} more; `--format json` shows all")
    blocks.append(_summary(reports, paint))
    return "\n\n".join(blocks)


def as_json(reports: Sequence[Report], proofs: Sequence[dict[str, Any]] | None = None) -> str:
    """One object: whether all is well, how many files, and every finding with its place.

    And what is proven, where that was asked for.
    """
    findings = findings_as_json(reports)
    ok = all(finding["severity"] != Severity.ERROR for finding in findings)
    told = {"ok": ok, "files": len(reports), "findings": findings}
    if proofs is not None:
        told["proofs"] = list(proofs)
    return json.dumps(told, indent=2)


def findings_as_json(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Every finding as plain data, with its place."""
    return [_plain(report, finding) for report in reports for finding in report.findings]


def as_github(reports: Sequence[Report]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request."""
    lines = []
    for report in reports:
        for finding in report.findings:
            at = _plain(report, finding)
            place = (
                f"file={_escaped(at['file'], ',:')},line={at['line']},endLine={at['end_line']},"
                f"col={at['column']},endColumn={at['end_column']}"
            )
            text = f"{finding.message}{f' ({finding.hint})' if finding.hint else ''}"
            lines.append(f"::{finding.severity} {place},title={finding.code}::{_escaped(text)}")
    return "\n".join(lines)


def as_sarif(reports: Sequence[Report]) -> str:
    """SARIF 2.1.0, the exchange format of static analysis (OASIS standard)."""
    from importlib.metadata import version  # noqa: PLC0415 - slow to load, and needed here only

    results = [_sarif_result(report, f) for report in reports for f in report.findings]
    codes = sorted({finding.code for report in reports for finding in report.findings})
    driver = {
        "name": "rulegrid",
        "version": version("rulegrid"),
        "rules": [{"id": code, "shortDescription": {"text": CODES[code]}} for code in codes],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
    return json.dumps(log, indent=2)


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 error`, `2 errors`, `no errors`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _summary(reports: Sequence[Report], paint: Paint) -> str:
    severities = [finding.severity for report in reports for finding in report.findings]
    errors, warnings = severities.count(Severity.ERROR), severities.count(Severity.WARNING)
    files = counted(len(reports), "file")
    if not severities:
        return f"{files}: nothing to say against {'it' if len(reports) == 1 else 'them'}"
    parts = [
        paint(role, counted(number, role))
        for number, role in ((errors, "error"), (warnings, "warning"))
        if number
    ]
    return f"{files}: {', '.join(parts)}"


def _plain(report: Report, finding: Diagnostic) -> dict[str, Any]:
    start, end = _START, _START
    source = finding.source or report.source
    if finding.span is not None:
        start, end = source.position(finding.span.start), source.position(finding.span.end)
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "file": source.name,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "message": finding.message,
        "hint": finding.hint,
    }


def _sarif_result(report: Report, finding: Diagnostic) -> dict[str, Any]:
    at = _plain(report, finding)
    region = {
        "startLine": at["line"],
        "startColumn": at["column"],
        "endLine": at["end_line"],
        "endColumn": at["end_column"],
    }
    place = {"artifactLocation": {"uri": at["file"]}, "region": region}
    text = f"{finding.message}{f' ({finding.hint})' if finding.hint else ''}"
    return {
        "ruleId": finding.code,
        "level": str(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _escaped(text: str, more: str = "") -> str:
    """Text as workflow commands want it: percent signs, line breaks and `more` as codes."""
    for character in ("%", "\r", "\n", *more):
        text = text.replace(character, f"%{ord(character):02X}")
    return text
