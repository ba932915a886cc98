"""Whatever stands in a test file, there are findings or verdicts, never an exception."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.diagnostics import has_errors, render
from rulegrid.gateway.rulebooks import compile_file
from rulegrid.rehearsal.cases.reading import read_source
from rulegrid.rehearsal.cases.rounds import round_of, try_file
from rulegrid.source import Source
from tests.console import ROOT, RULEBOOK_TESTS
from tests.mistakes import places, with_mistake
from tests.rulebook.test_compile import with_slips

FOLDER = ROOT / "tests" / "golden" / "rulebook_tests"
FILES = [
    *RULEBOOK_TESTS,
    *(FOLDER / f"{name}.test.yaml" for name in ("failing", "todo", "fixture")),
]
KNOWN = {
    str(rulebook): compile_file(str(rulebook))
    for rulebook in {path.parent / yaml.safe_load(path.read_text())["rulebook"] for path in FILES}
}
ODD = [
    *(
        "",
        " ",
        "none",
        "1 kWh",
        "80 %",
        "2026-06-01 12:00",
        "2026-10-25 02:30",
        "Grid",
        "Grid.import",
    ),
    *("9999-12-31 23:45", "1970-01-01 00:00+14:00", "| time |", "| time | = Grid |\n| x | 1 |"),
    *("grid.json", "winter_day.csv", "..", "/", "\0", "a" * 5000, "1e999", "nan", "-5", "1e-300"),
    *(None, True, 0, -1, 10**30, 1.5, [], {}, [1], [[1]], {"Grid": 1}, {"Grid": {"Grid": {}}}),
    *({"Grid.import": [1, 2]}, {"Grid": [{"type": "grid_fees"}]}, [{"name": "x", "table": "|"}]),
]
KEYS = [
    *(
        "table",
        "given",
        "expect",
        "expect_reason",
        "expect_batch",
        "fixture",
        "start",
        "tolerance",
    ),
    *("todo", "skip", "grid", "rulebook", "Grid.import", "Grid", "Grid.fee", "= Grid", "", "x y"),
]


def tried(path: Any, text: str) -> None:
    """Read a text in place of a test file, run what can be run, and show what was found."""
    source = Source(str(path), text)
    file = read_source(source, dict(KNOWN))
    for finding in file.findings:
        assert finding.message
        assert render(finding, source)
    assert file.suite is not None or has_errors(file.findings)
    done = round_of([try_file(file, lambda _: True)])
    assert 0 <= done.coverage <= 100


@settings(max_examples=200)
@given(st.randoms(use_true_random=True), st.sampled_from(FILES))
def test_a_test_file_with_mistakes_gives_findings_or_verdicts(random, path):
    """Values of any kind at any place, keys missing or misplaced."""
    data = yaml.safe_load(path.read_text())
    for _ in range(random.randint(1, 3)):
        if places(data):
            with_mistake(random, data, KEYS, ODD)
    tried(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


@settings(max_examples=200)
@given(st.randoms(use_true_random=True), st.sampled_from(FILES))
def test_a_test_file_with_slips_of_the_pen_gives_findings_or_verdicts(random, path):
    """Characters and lines taken out, put in, swapped or doubled."""
    tried(path, with_slips(random, path.read_text()))
