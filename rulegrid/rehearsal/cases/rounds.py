"""A round of tests: many files, and what they cover together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rulegrid.diagnostics import has_errors
from rulegrid.engine.decisions import Part
from rulegrid.rehearsal.cases.coverage import Coverage, coverage, percent
from rulegrid.rehearsal.cases.model import Case, TestFile
from rulegrid.rehearsal.cases.running import Outcome, Verdict, nobody, run
from rulegrid.rulebook.compile import Compiled


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """A test file, and how those of its tests came out that were wanted."""

    file: TestFile
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: Verdict) -> int:
        """How many tests came out so."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """All that came out of some test files."""

    files: tuple[Tried, ...]
    coverages: tuple[Coverage, ...]
    """Of each rulebook that is tested, in the order of the files."""

    def count(self, verdict: Verdict) -> int:
        """How many tests came out so."""
        return sum(tried.count(verdict) for tried in self.files)

    @property
    def coverage(self) -> float:
        """In percent of all parts of all rulebooks."""
        return percent(self.coverages)

    @property
    def has_errors(self) -> bool:
        """Whether a test file could not be read as a whole."""
        return any(has_errors(tried.file.findings) for tried in self.files)

    @property
    def has_run(self) -> bool:
        """Whether any test was run."""
        return any(each.slots for tried in self.files for each in tried.outcomes)


def slots_of(file: TestFile, wanted: Callable[[Case], bool]) -> int:
    """How many slots the tests of a file decide that are wanted."""
    cases = filter(wanted, file.suite.cases if file.suite else ())
    return sum(len(case.measured) for case in cases if not case.skip)


def try_file(
    file: TestFile, wanted: Callable[[Case], bool], decided: Callable[[int], None] = nobody
) -> Tried:
    """Run the tests of a file that are wanted; `decided` is told of each slot."""
    if file.suite is None:
        return Tried(file, ())
    binding, cases = file.suite.binding, filter(wanted, file.suite.cases)
    return Tried(file, tuple(run(case, binding, decided) for case in cases))


def round_of(files: Sequence[Tried]) -> Round:
    """The round of some files.

    What a test tries that has to fail for now does not count as covered.
    """
    rulebooks: dict[int, Compiled] = {}
    parts: dict[int, set[Part]] = {}
    for tried in files:
        if tried.file.suite is not None:
            key = id(tried.file.suite.compiled)
            rulebooks[key] = tried.file.suite.compiled
            counting = (each for each in tried.outcomes if each.verdict is not Verdict.TODO)
            parts.setdefault(key, set()).update(*(each.tried for each in counting))
    covered = (coverage(each, frozenset(parts[key])) for key, each in rulebooks.items())
    return Round(tuple(files), tuple(covered))
