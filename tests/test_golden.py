"""What people see, held against files: every finding, every rulebook without one, every command.

`golden/err/<code>[_variant].yaml` is a rulebook that gives the code and `.out` beside it what
`rulegrid check` prints; a `.grid.json` beside it is its `--grid`. `golden/ok/*.yaml` check without
findings. `make golden` writes the outputs anew.
"""

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from rulegrid.cli.exits import Exit
from rulegrid.diagnostics import CODES
from tests.console import ROOT, rulegrid

GOLDEN = ROOT / "tests" / "golden"
ERR = sorted((GOLDEN / "err").glob("*.yaml"))
OK = sorted((GOLDEN / "ok").glob("*.yaml"))
FMT = sorted((GOLDEN / "fmt").glob("*.yaml"))
HISTORIES = sorted((GOLDEN / "err").glob("RG71*.csv"))
RECORDINGS = sorted((GOLDEN / "err").glob("*.jsonl"))
NOT_PASSED = re.compile("failed|no test was run")
TESTS = sorted((GOLDEN / "rulebook_tests").glob("*.test.yaml"))
IMPORTS = sorted(
    path for path in (GOLDEN / "imports").glob("*") if path.suffix in {".json", ".csv", ".txt"}
)
DIFF = "tests/golden/diff"
RULEBOOK = "tests/golden/rulebook.yaml"
MISTAKES = "tests/golden/five_mistakes.yaml"

BANDS = "2021-07-01T12:45 --rulebook rules/import_bands.yaml"
CALENDAR = "2021-07-01T20:00 --rulebook rules/time_of_use.yaml"

MANY = (
    "rules/fee_table.yaml rules/flat.yaml rules/hierarchy.yaml rules/import_bands.yaml "
    "rules/night_and_day.yaml rules/scarcity.yaml rules/time_of_use.yaml"
)
TOOK = re.compile(r"\d+\.\d s (?=reading|evaluating|writing)")

COMMANDS = {
    "check_text": f"check {MISTAKES} {RULEBOOK}",
    "check_json": f"check --format json {MISTAKES} {RULEBOOK}",
    "check_github": f"check --format github {MISTAKES}",
    "check_sarif": f"check --format sarif {MISTAKES}",
    "new": "new",
    "new_flat": "new flat",
    "new_time_of_use": "new time-of-use",
    "new_bands": "new bands",
    "new_hierarchy": "new hierarchy",
    "new_percent": "new percent",
    "fmt_check": f"fmt --check tests/golden/fmt/comments.yaml {RULEBOOK}",
    "fmt_diff": "fmt --diff tests/golden/fmt/comments.yaml",
    "fmt_broken": f"fmt --check {MISTAKES} {RULEBOOK}",
    "check_explain": "check --explain rules/scarcity.yaml rules/night_and_day.yaml",
    "check_explain_json": "check --explain --format json rules/night_and_day.yaml",
    "run": f"run {RULEBOOK} --slots 3",
    "run_dry": f"run {RULEBOOK} --dry-run --slots 2",
    "run_json": f"run {RULEBOOK} --slots 1 --format json",
    "test": "test rules",
    "test_json": "test tests/golden/rulebook_tests/failing.test.yaml --format json",
    "test_junit": "test --format junit tests/golden/rulebook_tests/failing.test.yaml "
    "tests/golden/rulebook_tests/todo.test.yaml tests/golden/rulebook_tests/RG804.test.yaml",
    "test_filter": "test tests/golden/rulebook_tests --filter night#is",
    "test_coverage": "test tests/golden/rulebook_tests/passing.test.yaml --min-coverage 95",
    "test_record": "test rules/hierarchy.yaml --record replay: --areas Street#N* --areas Factory "
    "--slots 2021-07-01T10:00..2021-07-01T11:00",
    "check_test": "check tests/golden/rulebook_tests/RG801.test.yaml",
    "usage_test": "test rules/falt.test.yaml",
    "usage_record": "test rules/flat.yaml --record replay: --areas Factroy "
    "--slots 2021-07-01T10:00..2021-07-01T11:00",
    "explain": f"explain Factory --slot 2021-07-01T12:45 --rulebook {RULEBOOK}",
    "explain_json": f"explain Factory --slot 2021-07-01T12:45 --rulebook {RULEBOOK} --format json",
    "explain_no_data": f"explain Idle#Market --slot 2021-07-01T00:30 --rulebook {RULEBOOK}",
    "explain_band": f"explain Factory --slot {BANDS}",
    "explain_band_json": f"explain Factory --slot {BANDS} --format json",
    "explain_calendar": f"explain District#North --slot {CALENDAR}",
    "explain_history": "explain District#North --slot 2026-01-12T13:15 "
    "--rulebook rules/import_bands.yaml --data tests/golden/gaps.csv",
    "usage_gap": "explain Grid --slot 2026-01-12T12:45 "
    "--rulebook rules/flat.yaml --data tests/golden/gaps.csv",
    "explain_code": "explain rg107",
    "usage_command": "chek rules/flat.yaml",
    "usage_file": "check flat.yaml",
    "usage_area": f"explain Factroy --slot 2021-07-01T12:45 --rulebook {RULEBOOK}",
    "usage_slot": f"explain Factory --slot 2022-07-01T12:45 --rulebook {RULEBOOK}",
    "diff": f"diff {DIFF}/old.yaml {DIFF}/new.yaml",
    "diff_json": f"diff --format json {DIFF}/old.yaml {DIFF}/new.yaml",
    "diff_same": f"diff {DIFF}/old.yaml {DIFF}/same.yaml",
    "diff_words": f"diff {DIFF}/same.yaml {DIFF}/words.yaml",
    "diff_sheet": f"diff {DIFF}/sheet_old.yaml {DIFF}/sheet_new.yaml",
    "diff_day": f"diff {DIFF}/day_old.yaml {DIFF}/day_new.yaml --data replay:",
    "diff_slots": f"diff {DIFF}/quarter_hours.yaml {DIFF}/RG721_slots.yaml --data replay:",
    "diff_units": f"diff {DIFF}/quarter_hours.yaml {DIFF}/RG721_units.yaml --data replay:",
    "diff_broken": f"diff {RULEBOOK} {MISTAKES}",
    "help_diff": "diff --help",
    "usage_diff": f"diff flat.yaml {RULEBOOK}",
    "help": "--help",
    "help_check": "check --help",
    "show_day": "show tests/golden/ok/calendars.yaml --date 2026-01-09",
    "show_clock_forward": "show tests/golden/shown.yaml --date 2026-03-29",
    "show_clock_back": "show tests/golden/shown.yaml --date 2026-10-25",
    "show_week": "show tests/golden/shown.yaml --week 2026-W44",
    "show_table": "show tests/golden/ok/table.yaml --date 2026-01-09",
    "show_bands": "show tests/golden/ok/bands.yaml --date 2026-01-09",
    "show_nothing": f"show {RULEBOOK} --date 2026-01-09",
    "usage_day": f"show {RULEBOOK} --date 9.1.2026",
    "usage_week": f"show {RULEBOOK} --week 2026-W60",
    "help_show": "show --help",
    "usage_kind": "new hirarchy",
    "help_new": "new --help",
    "help_fmt": "fmt --help",
    "help_test": "test --help",
    "help_backtest": "backtest --help",
    "backtest": "backtest rules/import_bands.yaml",
    "backtest_two": "backtest rules/import_bands.yaml rules/flat.yaml",
    "backtest_many": f"backtest {MANY}",
    "backtest_narrow": f"backtest {MANY}",
    "backtest_gaps": "backtest rules/import_bands.yaml --data tests/golden/gaps.csv",
    "backtest_units": "backtest rules/flat.yaml tests/golden/ok/fee_unit_percent.yaml",
    "usage_output": f"backtest {RULEBOOK} -o fees.txt",
    "help_run": "run --help",
    "help_explain": "explain --help",
    "help_import": "import --help",
    "help_journal": "journal --help",
    "help_journal_show": "journal show --help",
    "help_journal_verify": "journal verify --help",
    "help_schema": "schema --help",
}
"""Names of files, and the command whose output they hold; `#` stands for a blank inside a word."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", ERR, ids=lambda path: path.stem)
def test_a_mistake_is_shown_where_it_is_with_what_to_write(path, golden):
    """Each file gives the code of its name, and exactly the text beside it."""
    grid = path.with_suffix(".grid.json")
    ran = rulegrid("check", relative(path), *(("--grid", relative(grid)) if grid.exists() else ()))
    assert f"[{path.stem[:5]}]" in ran.out
    assert (3 if "error[" in ran.out else 0) == ran.code
    assert "" == ran.err
    golden(path.with_suffix(".out"), ran.out)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_that_cannot_be_played_says_why(path, golden):
    """Each recording gives the code of its name, and exactly the text beside it."""
    ran = rulegrid("run", RULEBOOK, "--exchange", f"replay:{relative(path)}")
    assert f"[{path.stem[:5]}]" in ran.err
    assert 3 == ran.code
    golden(path.with_suffix(".out"), ran.err)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_a_test_file_passes_or_says_why_not(path, golden):
    """What is wrong in it, or what came out otherwise and why, or only that it passes."""
    ran = rulegrid("test", relative(path))
    assert f"[{path.stem[:5]}]" in ran.out or not path.stem.startswith("RG")
    assert ran.code == (3 if "error[" in ran.out else 4 if NOT_PASSED.search(ran.out) else 0)
    assert "" == ran.err
    golden(path.with_suffix(".out"), ran.out)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_that_cannot_be_read_says_where(path, golden):
    """Each history gives the code of its name, and exactly the text beside it."""
    ran = rulegrid("backtest", RULEBOOK, "--data", relative(path))
    assert (3, "") == (ran.code, ran.out)
    assert f"[{path.stem[:5]}]" in ran.err
    golden(path.with_suffix(".out"), ran.err)


@pytest.mark.parametrize("path", IMPORTS, ids=lambda path: path.name)
def test_an_imported_file_is_a_rulebook_or_says_why_not(path, golden):
    """A file of the SDK's becomes exactly the text beside it, and one that is none a finding."""
    ran = rulegrid("import", relative(path))
    if path.stem.startswith("RG"):
        assert (3, "") == (ran.code, ran.out)
        assert f"[{path.stem[:5]}]" in ran.err
    else:
        assert 0 == ran.code
    golden(path.with_suffix(".out"), ran.out + ran.err)


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_a_rulebook_of_every_construct_has_no_findings(path):
    """What the language offers checks without a word, with --strict too."""
    ran = rulegrid("check", "--strict", relative(path))
    assert (0, "1 file: nothing to say against it\n") == (ran.code, ran.out)


@pytest.mark.parametrize("path", FMT, ids=lambda path: path.stem)
def test_a_worn_rulebook_is_formatted(path, golden):
    """Each file comes out exactly as the text beside it, which is left as it is."""
    ran = rulegrid("fmt", "-", stdin=path.read_bytes())
    assert (0, "") == (ran.code, ran.err)
    golden(path.with_suffix(".out"), ran.out)
    assert ran.out == rulegrid("fmt", "-", stdin=ran.out.encode()).out


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_is_expected(name, golden):
    """Each command prints exactly the text of its golden."""
    words = (word.replace("#", " ") for word in COMMANDS[name].split())
    ran = rulegrid(*words, columns="80" if name.endswith("_narrow") else "100")
    assert ran.code in set(Exit) - {Exit.BUG}, ran.err
    told = (ran.out + ran.err).replace(f'"{version("rulegrid")}"', '"VERSION"')
    told = TOOK.sub("0.0 s ", told)
    golden(GOLDEN / "commands" / f"{name}.out", told)


def test_five_mistakes_are_told_in_one_run_in_reading_order():
    """Whatever their kind, all of them and each where it stands."""
    told = json.loads(rulegrid("check", "--format", "json", MISTAKES).out)["findings"]
    assert 5 == len({finding["code"] for finding in told}) == len(told)
    places = [(finding["line"], finding["column"]) for finding in told]
    assert sorted(places) == places


def test_every_code_has_a_golden():
    """No finding without a file that shows it."""
    shown = {path.stem[:5] for path in (*ERR, *HISTORIES, *RECORDINGS, *IMPORTS, *TESTS)}
    shown |= {path.stem[:5] for path in (GOLDEN / "diff").glob("RG*.yaml")}
    assert set() == set(CODES) - shown


def test_no_golden_is_left_over():
    """Every expected output belongs to an input."""
    files = (*ERR, *FMT, *HISTORIES, *RECORDINGS, *IMPORTS, *TESTS)
    inputs = {path.with_suffix(".out") for path in files}
    inputs |= {GOLDEN / "commands" / f"{name}.out" for name in COMMANDS}
    assert inputs == set(GOLDEN.rglob("*.out"))
