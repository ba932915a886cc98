"""What is wrong in formulas and amounts, brought to its exact place in the file."""

from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic
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
