"""Test files in a few words, read and run without a file of their own."""

from collections.abc import Mapping

from rulegrid.diagnostics import Diagnostic
from rulegrid.rehearsal.cases.model import TestFile
from rulegrid.rehearsal.cases.reading import read_source
from rulegrid.rehearsal.cases.running import Outcome, run
from rulegrid.source import Source
from tests.building import NO_FILES, compiled

GRID = "{Grid: {Street: {House 1: {}, House 2: {}}, Mill: {}}}"


def read(
    rulebook: str, tests: str, grid: str = GRID, files: Mapping[str, bytes] = NO_FILES
) -> TestFile:
    """A test file on a rulebook, which names `files`; `tests` are lines under `tests:`."""
    made = compiled(rulebook, files)
    assert made.program is not None, made.findings
    lines = "".join(f"  {line}\n" for line in tests.strip("\n").splitlines())
    text = f"rulebook: r.yaml\ngrid: {grid}\ntests:\n{lines}"
    return read_source(Source("r.test.yaml", text), {"r.yaml": made})


def outcomes(rulebook: str, tests: str, grid: str = GRID) -> list[Outcome]:
    """How the tests of a sound test file come out."""
    file = read(rulebook, tests, grid)
    assert () == file.findings
    assert file.suite is not None
    return [run(case, file.suite.binding) for case in file.suite.cases]


def got(rulebook: str, tests: str, grid: str = GRID) -> list[object]:
    """What came out in place of what the first test expects, cell by cell."""
    outcome, *_ = outcomes(rulebook, tests, grid)
    return [each.got for each in outcome.mismatches]


def found(rulebook: str, tests: str, grid: str = GRID) -> list[tuple[str, str]]:
    """The code and the place of each finding: the text it points to."""
    file = read(rulebook, tests, grid)
    return [(each.code, _pointed_to(each, file)) for each in file.findings]


def _pointed_to(finding: Diagnostic, file: TestFile) -> str:
    source = finding.source or file.source
    span = finding.span
    return "" if span is None else source.text[span.start : span.end]
