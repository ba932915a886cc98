"""Test files in all their forms, and everything that can be wrong with one."""

from datetime import datetime, timedelta

import pytest

from rulegrid.diagnostics import has_errors
from rulegrid.gateway.rulebooks import compile_file
from rulegrid.rehearsal.cases.reading import read_file
from rulegrid.rehearsal.cases.running import Verdict, run
from tests.console import ROOT, RULEBOOK_TESTS, rulegrid
from tests.rehearsal.cases.trying import found, outcomes, read

BOOK = "areas: {'*': import * 1 ct/kWh / 1 kWh}\nlimits: {max: 100, decimals: 2}"
TWINS = "{Grid: {North: {House: {}}, South: {House: {}}}}"


def one(lines: str) -> str:
    """A test of some lines."""
    return "- name: one\n" + "".join(f"  {line}\n" for line in lines.splitlines())


def test_a_cell_takes_any_unit_of_its_dimension():
    """A bare number is in the unit of the metric."""
    outcome, *_ = outcomes(
        "areas: {Grid: import * 1 ct/kWh / 1 kWh + self_sufficiency * 1 ct/kWh / 1 %}\n"
        "limits: {max: 1000, decimals: 2}",
        one(
            "table: |\n"
            "  | time             | Grid.import | Grid.self_sufficiency | = Grid       |\n"
            "  | 2026-06-01 12:00 | 10          | 80                    | 90           |\n"
            "  | 2026-06-01 12:15 | 0.01 MWh    | 80 %                  | 90 ct/kWh    |\n"
            "  | 2026-06-01 12:30 | 10000 Wh    | 80%                   | 0.9 EUR/kWh  |"
        ),
    )
    assert Verdict.PASSED is outcome.verdict


def test_an_area_is_all_before_the_last_dot_and_may_be_a_path_or_in_quotes():
    """`House.1.import` is a metric of the area `House.1`."""
    outcome, *_ = outcomes(
        BOOK,
        one(
            "table: |\n"
            '  | time             | House.1.import | Grid/Mill.import | = House.1 | = "Mill" |\n'
            "  | 2026-06-01 12:00 | 1              | 2                | 1         | 2        |"
        ),
        "{Grid: {House.1: {}, Mill: {}}}",
    )
    assert Verdict.PASSED is outcome.verdict


def test_what_is_the_same_for_the_whole_grid_needs_no_area():
    """Nor does it mind one."""
    for head in ("feed_in_tariff", "Mill.feed_in_tariff"):
        outcome, *_ = outcomes(
            "areas: {Grid: feed_in_tariff}",
            one(f"start: 2026-06-01 12:00\ngiven: {{{head}: 7}}\nexpect: {{Grid: 7}}"),
        )
        assert Verdict.PASSED is outcome.verdict


def test_an_empty_cell_says_nothing():
    """No data where something is given, nothing expected where something is expected."""
    outcome, *_ = outcomes(
        BOOK,
        one(
            "table: |\n"
            "  | time             | Grid.import | = Grid |\n"
            "  | 2026-06-01 12:00 | 1           |        |\n"
            "  | 2026-06-01 12:15 |             | 1      |\n"
            "  | 2026-06-01 12:30 | none        | 1      |"
        ),
    )
    assert Verdict.PASSED is outcome.verdict
    assert [range(1, 2), range(2, 3)] == [each.rows for each in outcome.case.expected]


def test_lines_that_only_draw_are_no_rows():
    """A table may be written as Markdown has it, with or without bars at its sides."""
    outcome, *_ = outcomes(
        BOOK,
        one(
            "table: |\n"
            "  time             | Grid.import | = Grid\n"
            "  -----------------|------------:|:------\n"
            "  2026-06-01 12:00 | 1           | 1"
        ),
    )
    assert Verdict.PASSED is outcome.verdict


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "start: 2026-06-01 12:00\ngiven: {Gird.import: 1}\nexpect: {Grid: 1}",
            "RG801 Gird.import",
        ),
        ("start: 2026-06-01 12:00\nexpect: {Gird: 1}", "RG801 Gird"),
        ("start: 2026-06-01 12:00\nexpect_reason: {Gird: fee}", "RG801 Gird"),
        ("start: 2026-06-01 12:00\nexpect_batch: {Gird: [{type: grid_fees}]}", "RG801 Gird"),
        ("start: 2026-06-01 12:00\ngiven: {Grid.imprt: 1}\nexpect: {Grid: 1}", "RG802 Grid.imprt"),
        ("start: 2026-06-01 12:00\ngiven: {import: 1}\nexpect: {Grid: 1}", "RG802 import"),
        ("start: 2026-06-01 12:00\nexpect: {Grid: [1, 2], Mill: [1]}", "RG803 [1]"),
        ("start: 2026-06-01 12:00\nexpect: {Mill: 1, Grid/Mill: 1}", "RG803 Grid/Mill"),
        ("start: 2026-02-30 12:00\nexpect: {Grid: 1}", "RG804 2026-02-30 12:00"),
        ("expect: {Grid: 1}", "RG202 one"),
        ("start: 2026-06-01 12:00\nexpect: {Grid: 1 kWh}", "RG113 1 kWh"),
        ("start: 2026-06-01 12:00\nexpect: {Grid: many}", "RG102 many"),
        ("start: noon\nexpect: {Grid: 1}", "RG204 noon"),
        ("start: 2026-06-01 12:00\nexpct: {Grid: 1}", "RG201 expct"),
        ("fixture: none.csv\nexpect: {Grid: 1}", "RG805 none.csv"),
    ],
)
def test_a_mistake_is_told_where_it_is(lines, told):
    """With its code, at the words that are wrong."""
    assert told in [" ".join(each) for each in found(BOOK, one(lines))]


def test_a_name_that_several_areas_bear_is_told_with_their_paths():
    """One of them has to be chosen."""
    file = read(BOOK, one("start: 2026-06-01 12:00\nexpect: {House: 1}"), TWINS)
    assert ["RG801"] == [each.code for each in file.findings]
    assert "`Grid/North/House` or `Grid/South/House`" in file.findings[0].hint


def test_a_test_with_a_mistake_does_not_hide_the_others():
    """Neither their findings nor their verdicts."""
    tests = one("start: 2026-06-01 12:00\nexpct: {Grid: 1}") + one(
        "start: 2026-06-01 12:00\nexpect: {Gird: 1}"
    )
    tests += one("start: 2026-06-01 12:00\ngiven: {Grid.import: 1}\nexpect: {Grid: 1}")
    file = read(BOOK, tests)
    assert {"RG201", "RG801"} <= {each.code for each in file.findings}
    assert file.suite is not None
    assert 1 == len(file.suite.cases)


def test_a_grid_may_be_a_file(tmp_path):
    """Nested names, or a market event; what is neither is told at its name."""
    (tmp_path / "r.yaml").write_text("rulegrid: 1\nname: r\nareas: {Grid: 2}\n")
    tests = one("start: 2026-06-01 12:00\nexpect: {Grid: 2}").replace("\n", "\n  ")
    for content, codes in (('{"Grid": {}}', []), ("[]", ["RG805"]), (None, ["RG805"])):
        if content is None:
            (tmp_path / "g.json").unlink()
        else:
            (tmp_path / "g.json").write_text(content)
        (tmp_path / "r.test.yaml").write_text(
            f"rulebook: r.yaml\ngrid: g.json\ntests:\n  {tests}\n"
        )
        file = read_file(str(tmp_path / "r.test.yaml"), {})
        assert codes == [each.code for each in file.findings]


def test_a_fixture_may_be_as_recordings_are(tmp_path):
    """`slot` is that of the market event in UTC: the fee applies to the one after."""
    (tmp_path / "r.yaml").write_text(f"rulegrid: 1\nname: r\ntimezone: Europe/Vienna\n{BOOK}\n")
    (tmp_path / "f.csv").write_text(
        "slot,area,import\n2026-06-01T12:15,Mill,2\n2026-06-01T12:00,Grid/Mill,1\n"
    )
    (tmp_path / "r.test.yaml").write_text(
        "rulebook: r.yaml\ngrid: {Grid: {Mill: {}}}\n"
        "tests: [{name: one, fixture: f.csv, expect: {Mill: [1, 2]}}]\n"
    )
    file = read_file(str(tmp_path / "r.test.yaml"), {})
    assert () == file.findings
    outcome = run(file.suite.cases[0], file.suite.binding)
    assert Verdict.PASSED is outcome.verdict
    assert "2026-06-01 12:00:00+00:00" == str(outcome.case.measured.slots[0])


def test_a_fixture_of_few_rows_and_many_slots_and_areas_is_too_much(tmp_path):
    """A row of another area in every slot: the memory it would take is not in its rows."""
    slots = 1500
    begin = datetime(2026, 1, 1)  # noqa: DTZ001 - a local time
    rows = [
        f"{begin + timedelta(minutes=15 * at):%Y-%m-%d %H:%M},House {at},1" for at in range(slots)
    ]
    (tmp_path / "f.csv").write_text("\n".join(["time,area,import", *rows, ""]))
    (tmp_path / "r.yaml").write_text("rulegrid: 1\nname: r\nareas: {Grid: 2}\n")
    houses = ", ".join(f"House {at}: {{}}" for at in range(slots))
    (tmp_path / "r.test.yaml").write_text(
        f"rulebook: r.yaml\ngrid: {{Grid: {{{houses}}}}}\n"
        "tests: [{name: one, fixture: f.csv, expect: {Grid: 2}}]\n"
    )
    found = read_file(str(tmp_path / "r.test.yaml"), {}).findings
    assert ["1,500 slots of 1,500 columns are too many for one test"] == [
        each.message for each in found
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "RG805"),
        ("time,import\n2026-06-01 12:00,1\n", "RG805"),
        ("area,import\nGrid,1\n", "RG805"),
        ("time,area,import\n", "RG805"),
        ("time,slot,area\n2026-06-01 12:00,2026-06-01T11:45,Grid\n", "RG802"),
        ("time,area,import\n2026-06-01 12:00,Grid,10,5\n", "RG803"),
        ("time,area,import\n2026-06-01 12:00,Grid\n", "RG803"),
        ("time,area,import\n2026-06-01 12:00,,1\n", "RG801"),
        ("time,area,imprt\n2026-06-01 12:00,Grid,1\n", "RG802"),
        ("time,area,import,import\n2026-06-01 12:00,Grid,1,1\n", "RG803"),
        ("time,area,import\n2026-06-01 12:00,Gird,1\n", "RG801"),
        ("time,area,import\nnoon,Grid,1\n", "RG804"),
        ("time,area,import\n2026-06-01 12:00,Grid,1\n2026-06-01 12:05,Grid,1\n", "RG804"),
        ("slot,area,import\nnoon,Grid,1\n", "RG804"),
        ("time,area,import\n2026-06-01 12:00,Grid,1\n2026-06-01 12:00,Grid,2\n", "RG803"),
        ("time,area,import\n2026-06-01 12:00,Grid,one\n", "RG102"),
    ],
)
def test_a_mistake_in_a_fixture_is_told_in_the_fixture(tmp_path, text, code):
    """At its own line, not at the test that names it."""
    (tmp_path / "r.yaml").write_text(f"rulegrid: 1\nname: r\n{BOOK}\n")
    (tmp_path / "f.csv").write_text(text)
    (tmp_path / "r.test.yaml").write_text(
        "rulebook: r.yaml\ngrid: {Grid: {}}\n"
        "tests: [{name: one, fixture: f.csv, expect: {Grid: 1}}]\n"
    )
    file = read_file(str(tmp_path / "r.test.yaml"), {})
    assert [code] == [each.code for each in file.findings]
    assert file.findings[0].source.name.endswith("f.csv")


def test_a_rulebook_is_read_once_for_all_its_test_files():
    """What they try of it is counted together."""
    known = {}
    for path in RULEBOOK_TESTS[:2] * 2:
        assert not has_errors(read_file(str(path), known).findings)
    assert 2 == len(known)


def test_check_reads_test_files_as_well():
    """`rulegrid check rules/*.yaml` takes all that lies there, and runs nothing."""
    paths = [str(path.relative_to(ROOT)) for path in (ROOT / "rules").glob("*.yaml")]
    assert 0 == rulegrid("check", "--strict", *paths).code
    assert 3 == rulegrid("check", "tests/golden/rulebook_tests/RG801.test.yaml").code


def test_the_shipped_tests_have_their_rulebook_beside_them():
    """And it compiles."""
    for path in RULEBOOK_TESTS:
        rulebook = path.with_name(path.name.replace(".test", ""))
        assert compile_file(str(rulebook)).program is not None
