"""`rulegrid new` writes a rulebook that works, and never over another file."""

import pytest

from rulegrid.cli.new import KINDS
from rulegrid.rulebook.document import load
from rulegrid.source import Source
from tests.console import ROOT, rulegrid


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_rulebook_checks_and_runs(kind, tmp_path):
    """Without a warning, on the day that ships with rulegrid, whose exchange takes ct/kWh."""
    assert 0 == rulegrid("new", kind, "-o", "tariff.yaml", folder=tmp_path).code
    assert 0 == rulegrid("check", "--strict", "tariff.yaml", folder=tmp_path).code
    ran = rulegrid("run", "tariff.yaml", "--dry-run", "--slots", "3", folder=tmp_path)
    assert (0, kind == "percent") == (ran.code, "would refuse percent" in ran.err)
    assert bool(ran.err) is (kind == "percent")


@pytest.mark.parametrize("kind", KINDS)
def test_standard_output_gets_what_a_file_would(kind, tmp_path):
    """So that it can be read before it is kept."""
    rulegrid("new", kind, "-o", "tariff.yaml", folder=tmp_path)
    assert (tmp_path / "tariff.yaml").read_text() == rulegrid("new", kind).out


def test_each_kind_has_a_template_and_each_template_is_a_kind():
    """And each is commented: at least a quarter of its lines say something to a reader."""
    templates = {path.stem: path.read_text() for path in (ROOT / "rulegrid/templates").iterdir()}
    assert set(KINDS) == set(templates)
    for text in templates.values():
        lines = text.splitlines()
        assert 4 * sum("# " in line for line in lines) >= len(lines)
        assert load(Source("", text))[0] is not None


def test_a_file_that_is_there_stays(tmp_path):
    """It may be the tariff that is in force."""
    path = tmp_path / "tariff.yaml"
    path.write_text("mine")
    ran = rulegrid("new", "flat", "-o", "tariff.yaml", folder=tmp_path)
    assert 2 == ran.code
    assert "there is a file `tariff.yaml` already" in ran.err
    assert "mine" == path.read_text()


def test_a_folder_that_is_not_there_is_the_worlds_fault(tmp_path):
    """It says why, in one line."""
    ran = rulegrid("new", "flat", "-o", "none/tariff.yaml", folder=tmp_path)
    assert (6, "") == (ran.code, ran.out)
    assert "rulegrid: none/tariff.yaml cannot be written: No such file or directory\n" == ran.err


def test_the_next_steps_name_the_schema_beside_the_file(tmp_path):
    """The first line of the rulebook looks for it there."""
    (tmp_path / "rules").mkdir()
    ran = rulegrid("new", "flat", "-o", "rules/tariff.yaml", folder=tmp_path)
    assert "rulegrid schema > rules/rulebook.schema.json" in ran.out
