"""What is wrong in formulas and amounts, brought to its exact place in the file."""

from collections.abc import Iterator
from dataclasses import replace

from rulegrid.diagnostics import Diagnostic, Related
from rulegrid.rulebook.reading import Reading


def faults_of_texts(reading: Reading) -> Iterator[Diagnostic]:
    """Every problem that was met while reading the rulebook's texts."""
    document = reading.rulebook.document
    for fault in reading.faults:
        problem = fault.problem
        span = document.spans[fault.path]
        if problem.end:  # an empty text has no part to point at, only its quotes
            span = document.place(fault.path, problem.start, problem.end)
        yield Diagnostic(problem.code, problem.message, span, hint=problem.hint)


def faults_of_files(reading: Reading) -> Iterator[Diagnostic]:
    """Every problem in a file that the rulebook names; the first says where it is named."""
    spans = reading.rulebook.document.spans
    told: set[Diagnostic] = set()
    for path, findings in reading.in_files.items():
        named = Related("named here", spans[path])
        for number, finding in enumerate(f for f in findings if f not in told):
            yield replace(finding, related=(*finding.related, named)) if not number else finding
        told.update(findings)
