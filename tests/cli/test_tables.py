"""A rulebook and its tables belong together: checked, run, and kept in the journal as one."""

import json

import pytest
from jsonschema import Draft202012Validator

from rulegrid.gateway.files import schema
from tests.console import rulegrid

RULEBOOK = """\
rulegrid: 1
name: By table
timezone: UTC
calendars: {sheet: {file: fees/tou.csv, unit: ct/kWh}}
areas: {Grid: sheet}
limits: {max: 100, decimals: 2}
"""
SLOT = "2021-07-01T00:30"


def table(fee="0,42", mark=b""):
    rows = [f"{m // 60:02}:{m % 60:02};{fee}\r\n" for m in range(0, 1440, 15)]
    return mark + "".join(["Time;Grid;\r\n", *rows]).encode()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fees").mkdir()
    (tmp_path / "tariff.yaml").write_text(RULEBOOK)
    (tmp_path / "fees" / "tou.csv").write_bytes(table())
    return tmp_path


def records(folder, kind):
    lines = (folder / "j").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["kind"] == kind]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_fee_is_explained_from_the_journal_alone(folder, mark):
    """Rulebook and table may be gone, or changed, since then."""
    (folder / "fees" / "tou.csv").write_bytes(table(mark=mark))
    assert (
        0 == rulegrid("run", "tariff.yaml", "--slots", "3", "--journal", "j", folder=folder).code
    )
    (folder / "tariff.yaml").unlink()
    (folder / "fees" / "tou.csv").write_bytes(table("7"))
    ran = rulegrid("explain", "Grid", "--slot", SLOT, "--journal", "j", folder=folder)
    assert "`Grid`: 00:30 in fees/tou.csv" in ran.out
    assert "sheet = 0.42  00:30 for `Grid` in fees/tou.csv, its line 4" in ran.out
    assert "chain unbroken" in rulegrid("journal", "verify", "j", folder=folder).out
    (kept,) = records(folder, "rulebook")
    assert [{"name": "fees/tou.csv", "text": table(mark=mark).decode()}] == kept["files"]
    Draft202012Validator(schema("journal")).validate(kept)


def test_a_run_goes_on_with_a_changed_table_and_both_are_in_the_journal(folder):
    """A changed table is a changed rulebook: another digest, and its own text."""
    for fee in ("0,42", "0,43"):
        (folder / "fees" / "tou.csv").write_bytes(table(fee))
        ran = rulegrid("run", "tariff.yaml", "--slots", "2", "--journal", "j", folder=folder)
        assert 0 == ran.code, ran.err
    old, new = records(folder, "rulebook")
    assert old["text"] == new["text"]
    assert old["digest"] != new["digest"]
    assert [cycle["rulebook"] for cycle in records(folder, "cycle")][-1] == new["digest"]


def test_without_its_table_no_rulebook_runs(folder):
    """Exit code 3 and the line that names it, for `check` and `run` alike."""
    (folder / "fees" / "tou.csv").unlink()
    for command in ("check", "run"):
        ran = rulegrid(command, "tariff.yaml", folder=folder)
        assert 3 == ran.code
        assert "error[RG601]: there is no file `fees/tou.csv`" in ran.out + ran.err
        assert "tariff.yaml:4:27" in ran.out + ran.err


def test_a_mistake_in_a_table_has_its_own_place_in_every_form(folder):
    """People see the row and the line that names the table; machines the table's line."""
    (folder / "fees" / "tou.csv").write_bytes(table().replace(b"13:15;0,42\r\n", b""))
    shown = rulegrid("check", "tariff.yaml", folder=folder)
    assert 3 == shown.code
    assert "--> fees/tou.csv:55:1" in shown.out
    assert "--> tariff.yaml:4:27" in shown.out
    (found,) = json.loads(rulegrid("check", "--format", "json", "tariff.yaml", folder=folder).out)[
        "findings"
    ]
    assert ("RG603", "fees/tou.csv", 55) == (found["code"], found["file"], found["line"])
    for form in ("github", "sarif"):
        assert (
            "fees/tou.csv" in rulegrid("check", "--format", form, "tariff.yaml", folder=folder).out
        )


def test_a_table_is_found_from_wherever_the_rulebook_is_named(folder):
    """It lies beside the rulebook; only that of standard input is beside the reader."""
    assert 0 == rulegrid("check", str(folder / "tariff.yaml")).code
    text = RULEBOOK.encode()
    assert 0 == rulegrid("check", "-", stdin=text, folder=folder).code
    assert 3 == rulegrid("check", "-", stdin=text).code
