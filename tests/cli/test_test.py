"""`rulegrid test` as a command: paths, exit codes, what machines are given."""

import json
from xml.etree import ElementTree as ET

import pytest

from tests.console import ROOT, RULEBOOK_TESTS, rulegrid

TESTS = "tests/golden/rulebook_tests"
SLOTS = ("--slots", "2021-07-01T10:00..2021-07-01T11:00")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["rules"], 0),
        (["rules", "--min-coverage", "100"], 0),
        ([f"{TESTS}/passing.test.yaml"], 0),
        ([f"{TESTS}/passing.test.yaml", "--min-coverage", "99"], 4),
        ([f"{TESTS}/passing.test.yaml", "--filter", "nothing has this name"], 4),
        ([f"{TESTS}/failing.test.yaml"], 4),
        ([f"{TESTS}/todo.test.yaml"], 4),
        ([f"{TESTS}/todo.test.yaml", "--filter", "the NIGHT is free"], 0),
        ([f"{TESTS}/nothing.test.yaml"], 4),
        ([f"{TESTS}/RG801.test.yaml"], 3),
        ([f"{TESTS}/RG801.test.yaml", f"{TESTS}/failing.test.yaml"], 3),
        (["schemas"], 4),
        (["rules/none.test.yaml"], 2),
        (["rules", "--min-coverage", "101"], 2),
        (["rules", "--slots", "a..b"], 2),
        (["rules/flat.yaml", "--record", "replay:"], 2),
        (["rules/flat.yaml", "--record", "replay:", *SLOTS, "--areas", "Gird"], 2),
        (["rules/flat.yaml", "--record", "none.jsonl", *SLOTS, "--areas", "Grid"], 2),
        (["rules/flat.yaml", "--record", "replay:", "--slots", "noon", "--areas", "Grid"], 2),
    ],
)
def test_an_exit_code_says_what_came_out(arguments, code):
    """0 fine, 2 usage, 3 findings in test files, 4 failed, none run or too little tried."""
    assert code == rulegrid("test", *arguments).code


def test_without_a_path_it_is_the_current_folder(tmp_path):
    """Test files below it; what is hidden is left out."""
    for folder in (".venv", "rules"):
        (tmp_path / folder).mkdir()
        for name in ("flat.yaml", "flat.test.yaml"):
            (tmp_path / folder / name).write_text((ROOT / "rules" / name).read_text())
    ran = rulegrid("test", folder=tmp_path)
    assert ran.out.startswith("rules/flat.test.yaml  1 passed\n")
    assert "1 passed; coverage 100 %" in ran.out


def test_a_rulebook_stands_for_the_test_file_beside_it():
    """And each file is tried once, however often and in whatever way it is named."""
    told = rulegrid("test", "rules/flat.yaml", "rules/flat.test.yaml", "./rules/flat.yaml")
    assert (0, 1) == (told.code, told.out.count("flat.test.yaml"))


def test_json_tells_all_that_text_tells():
    """Counts, what is untried, and each cell that differs with its explanation."""
    told = json.loads(rulegrid("test", f"{TESTS}/failing.test.yaml", "--format", "json").out)
    counts = {key: told[key] for key in ("ok", "passed", "failed", "skipped", "coverage")}
    assert {"ok": False, "passed": 0, "failed": 2, "skipped": 0, "coverage": 60.0} == counts
    assert {"file", "line", "what"} == set(told["uncovered"][0])
    cell = told["failures"][0]
    assert (5.0, 4.5, "Grid", 8) == (cell["expected"], cell["got"], cell["area"], cell["line"])
    assert (f"{TESTS}/tariff.yaml", 29) == (cell["rulebook"], cell["rulebook_line"])
    assert 4.5 == cell["explanation"]["fee"]


def test_json_tells_findings_of_test_files():
    """As `check` has them."""
    told = json.loads(rulegrid("test", f"{TESTS}/RG802.test.yaml", "--format", "json").out)
    assert told["ok"] is False
    assert ["RG802"] * 3 == [each["code"] for each in told["findings"]]


def test_junit_counts_what_it_holds():
    """Each test once, and the numbers of a suite are those of its tests."""
    files = [f"{TESTS}/{name}.test.yaml" for name in ("failing", "todo", "RG801")]
    top = ET.fromstring(rulegrid("test", *files, "--format", "junit").out)  # noqa: S314 - our own
    assert 3 == len(top)
    for suite in top:
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key)) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.get("tests")) == len(suite.findall("testcase"))


@pytest.mark.parametrize("path", RULEBOOK_TESTS, ids=lambda path: path.stem)
def test_a_recorded_test_file_passes_at_once(path, tmp_path):
    """Of every rulebook of ours, for a part of the day and for all of it."""
    rulebook = path.with_name(path.name.replace(".test", ""))
    for name in ("*.yaml", "*.csv"):
        for each in (ROOT / "rules").glob(name):
            (tmp_path / each.name).write_bytes(each.read_bytes())
    for slots, areas in ((SLOTS[1], "Factory"), ("2021-07-01T00:30..2021-07-02T00:00", "*")):
        ran = rulegrid(
            *("test", rulebook.name, "--record", "replay:", "--slots", slots, "--areas", areas),
            folder=tmp_path,
        )
        assert (0, "") == (ran.code, ran.err)
        (tmp_path / "recorded.test.yaml").write_text(ran.out)
        again = rulegrid("test", "recorded.test.yaml", folder=tmp_path)
        assert 0 == again.code, again.out
