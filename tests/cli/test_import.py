"""`rulegrid import`: a file of the SDK's in, a rulebook and perhaps its table out."""

import json

import pytest

from tests.console import rulegrid

STEPS = {"1st street": [{"Import / Export threshold": 1, "Grid fee": 0.5}]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "aziiz.json").write_text(json.dumps(STEPS))
    rows = [f"{m // 60:02}:{m % 60:02}:00;{m / 100:.2f};\r\n" for m in range(0, 1440, 15)]
    (tmp_path / "ToU.csv").write_text("".join(["\ufeffTime;Grid;\r\n", *rows]))
    return tmp_path


@pytest.mark.parametrize("file", ["aziiz.json", "ToU.csv"])
def test_what_is_written_checks_and_is_formatted(folder, file):
    """Beside it lies the table, byte for byte, from wherever it came."""
    ran = rulegrid("import", file, "-o", "rules/made.yaml", folder=folder)
    assert (0, "") == (ran.code, ran.out)
    assert "wrote rules/made.yaml" in ran.err
    assert 0 == rulegrid("check", "--strict", "rules/made.yaml", folder=folder).code
    assert 0 == rulegrid("fmt", "--check", "rules/made.yaml", folder=folder).code
    copied = folder / "rules" / "ToU.csv"
    assert (file == "ToU.csv") is copied.exists()
    assert not copied.exists() or copied.read_bytes() == (folder / "ToU.csv").read_bytes()


def test_without_a_file_to_write_it_goes_to_standard_output(folder):
    """And what else is to be known to standard error."""
    ran = rulegrid("import", "ToU.csv", folder=folder)
    assert "file: ToU.csv" in ran.out
    assert "rulegrid: the rulebook reads `ToU.csv`: keep this table beside it\n" == ran.err
    ran = rulegrid("import", "-", stdin=(folder / "ToU.csv").read_bytes(), folder=folder)
    assert "file: tou.csv" in ran.out


def test_nothing_is_written_over(folder):
    """Neither a rulebook nor another table; the same table may be there."""
    import_it = ("import", "ToU.csv", "-o", "made.yaml")
    assert 0 == rulegrid(*import_it, folder=folder).code  # its own table is beside it already
    ran = rulegrid(*import_it, folder=folder)
    assert (6, "rulegrid: made.yaml is there already\n") == (ran.code, ran.err)
    (folder / "rules" / "ToU.csv").write_text("another")
    ran = rulegrid("import", "ToU.csv", "-o", "rules/made.yaml", folder=folder)
    assert (6, "rulegrid: rules/ToU.csv is there already\n") == (ran.code, ran.err)
    assert not (folder / "rules" / "made.yaml").exists()


def test_what_cannot_be_read_or_written_is_told(folder):
    """Usage, findings and the world each have their exit code."""
    assert 2 == rulegrid("import", "nowhere.json", folder=folder).code
    ran = rulegrid("import", "rules", folder=folder)
    assert (3, True) == (ran.code, "error[RG001]" in ran.err)
    ran = rulegrid("import", "aziiz.json", "-o", "nowhere/made.yaml", folder=folder)
    assert 6 == ran.code
    assert "nowhere/made.yaml cannot be written: No such file" in ran.err
