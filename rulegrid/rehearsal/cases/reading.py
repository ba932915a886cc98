"""From the text of a test file to its cases: the pipeline, one line a stage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rulegrid.diagnostics import Diagnostic, has_errors, in_reading_order
from rulegrid.engine.binding import Binding, bind
from rulegrid.gateway import case_files
from rulegrid.gateway.case_files import test_file
from rulegrid.gateway.files import schema
from rulegrid.rehearsal.cases.fixtures import read_fixture
from rulegrid.rehearsal.cases.frames import (
    NO_DATA,
    Amounts,
    Cell,
    Frame,
    expected_fees,
    measured,
    stretches,
)
from rulegrid.rehearsal.cases.lists import Listed, lengths, listed, read_lists, strips
from rulegrid.rehearsal.cases.model import Case, Expected, Suite, TestFile
from rulegrid.rehearsal.cases.tables import read_table
from rulegrid.rehearsal.cases.targets import place
from rulegrid.rulebook import structure
from rulegrid.rulebook.compile import Compiled
from rulegrid.rulebook.document import Document, Path, load
from rulegrid.source import Source, Span


def read_file(path: str, known: dict[str, Compiled]) -> TestFile:
    """Read a test file, and the rulebook that it names.

    `known` are the rulebooks read before, by their paths; those read now are added. Raises
    `FileNotFoundError`; everything else that can be wrong is a finding.
    """
    source, findings = test_file(path)
    return TestFile(source, None, findings) if findings else read_source(source, known)


def read_source(source: Source, known: dict[str, Compiled]) -> TestFile:
    """Read the text of a test file; as `read_file` otherwise."""
    document, findings = load(source)
    if document is None:
        return TestFile(source, None, tuple(map(_about_tests, findings)))
    found = [*findings, *structure.shape(document, schema("test"))]
    suite = None
    if isinstance(document.data.get("rulebook"), str):
        compiled, wrong = case_files.rulebook(document, known)
        found.extend(wrong)
        binding = None if compiled is None else _bound(document, compiled, found)
        if compiled is not None and binding is not None:
            cases = tuple(_cases(document, binding, found))
            suite = Suite(compiled, binding, cases)
    return TestFile(source, suite, in_reading_order(dict.fromkeys(found)))


def _about_tests(finding: Diagnostic) -> Diagnostic:
    """A test file has no language version to begin with."""
    hint = "begin with `rulebook: `, the file that is tested"
    return replace(finding, hint=hint) if finding.code == "RG009" else finding


def _bound(document: Document, compiled: Compiled, found: list[Diagnostic]) -> Binding | None:
    """The rulebook on the grid of the tests; its errors there are told in the rulebook's text."""
    if compiled.program is None or not isinstance(document.data.get("grid"), (str, dict)):
        return None
    if _lies_in_wrong(document.spans["grid",], found):
        return None
    grid = case_files.grid(document)
    if isinstance(grid, Diagnostic):
        found.append(grid)
        return None
    bound = bind(compiled.program, grid)
    found.extend(
        replace(each, source=each.source or compiled.source)
        for each in bound.findings
        if has_errors([each])
    )
    return bound.binding


def _cases(document: Document, binding: Binding, found: list[Diagnostic]) -> Iterator[Case]:
    """Each test that is of the right shape, and what is wrong with what it means."""
    tests = document.data.get("tests")
    wrong = tuple(found)
    for number, test in enumerate(tests if isinstance(tests, list) else ()):
        path: Path = ("tests", number)
        if not isinstance(test, dict) or _lies_in_wrong(document.spans[path], wrong):
            continue
        reader = _Reader(document, path, binding, Amounts(binding.program))
        case = reader.case()
        found.extend(reader.amounts.findings)
        if case is not None and not reader.amounts.findings:
            yield case


def _lies_in_wrong(span: Span, found: Sequence[Diagnostic]) -> bool:
    """Whether something is wrong within a part of the file."""
    return any(
        each.span is not None and each.source is None and span.start <= each.span.start < span.end
        for each in found
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one test of the right shape; what is wrong is gathered with its amounts."""

    document: Document
    path: Path
    binding: Binding
    amounts: Amounts

    @property
    def test(self) -> Mapping[str, Any]:
        test: Mapping[str, Any] = Listed(self.document, self.path).value
        return test

    def case(self) -> Case | None:
        """The test as a case; None where it has no slots to speak of."""
        frame = self._frame()
        if frame is None:
            return None
        grid = self.binding.grid
        seen = measured(frame, grid, self.amounts)
        expected = list(expected_fees(frame, grid, self.amounts))
        expected += [*self._reasons(len(seen)), *self._batches(len(seen))]
        return Case(
            self._text("name"),
            self.document.spans[*self.path, "name"],
            seen,
            tuple(expected),
            self._tolerance(),
            self._text("todo"),
            self._text("skip"),
        )

    def _frame(self) -> Frame | None:
        """The slots of the test, in whichever form they are written."""
        program, found = self.binding.program, self.amounts.findings
        lists = listed(self.document, self.path)
        frame: Frame | None = None
        slots = None
        if "table" in self.test:
            frame, wrong = read_table(self.document, (*self.path, "table"), program)
        elif "fixture" in self.test:
            frame, wrong = self._fixture()
        else:
            slots, wrong = lengths(lists, None)
        found.extend(wrong)
        if slots is not None:
            frame, wrong = (
                (None, ()) if wrong else read_lists(self.document, self.path, program, slots)
            )
            found.extend(wrong)
            return frame
        if frame is None:
            return None
        slots, wrong = lengths(lists, len(frame.slots))
        found.extend(wrong)
        if wrong:
            return None
        expected = strips(self.document, (*self.path, "expect"), slots)
        return replace(frame, expected=[*frame.expected, *expected])

    def _fixture(self) -> tuple[Frame | None, tuple[Diagnostic, ...]]:
        source, wrong = case_files.fixture(self.document, (*self.path, "fixture"))
        return (
            (None, wrong)
            if source is None
            else read_fixture(source, self.binding.program, self.binding.grid)
        )

    def _reasons(self, slots: int) -> Iterator[Expected]:
        """The reasons that are expected."""
        for strip in strips(self.document, (*self.path, "expect_reason"), slots):
            found = self._place(strip.head)
            for rows, cell in stretches(strip):
                if cell.text and found is not None:
                    yield Expected(rows, found, cell.text, cell.span)

    def _batches(self, slots: int) -> Iterator[Expected]:
        """The batches that are expected, by the areas' paths."""
        if "expect_batch" not in self.test:
            return
        batches = Listed(self.document, (*self.path, "expect_batch"))
        for rows, path in batches.paths(slots):
            written = Listed(self.document, path).value
            places = {
                name: self._place(Cell(name, self.document.key_spans[*path, name]))
                for name in written
            }
            batch = {
                self.binding.grid.paths[found]: written[name]
                for name, found in places.items()
                if found is not None
            }
            yield Expected(rows, -1, batch, self.document.spans[path])

    def _place(self, cell: Cell) -> int | None:
        found = place(cell.text, cell.span, self.binding.grid)
        if isinstance(found, Diagnostic):
            self.amounts.findings.append(found)
            return None
        return found

    def _tolerance(self) -> float:
        path = (*self.path, "tolerance")
        if "tolerance" not in self.test:
            return 0.0
        cell = Cell(self.document.text(path), self.document.spans[path])
        if cell.text == NO_DATA:
            hint = "write how far a fee may be off, as in `0.1`, or leave it out"
            found = Diagnostic("RG204", "`tolerance` is no amount", cell.span, hint=hint)
            self.amounts.findings.append(found)
            return 0.0
        return self.amounts.amount(cell, self.amounts.fee_unit)

    def _text(self, key: str) -> str:
        return self.document.text((*self.path, key)) if key in self.test else ""
