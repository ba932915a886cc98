"""`rulegrid fmt` changes files only as it is told, whole or not at all."""

import os
import resource
import stat
import subprocess
import sys

import pytest

from tests.console import rulegrid

WORN = "rulegrid: 1\nname:   Worn\nareas: {Grid: 2}\n"
FORMATTED = "rulegrid: 1\nname: Worn\nareas: {Grid: 2}\n"


@pytest.fixture
def worn(tmp_path):
    path = tmp_path / "worn.yaml"
    path.write_text(WORN)
    return path


def test_a_file_is_formatted_in_place_and_keeps_its_mode(worn):
    """Nothing is left beside it, and a second run has nothing to do."""
    worn.chmod(0o640)
    ran = rulegrid("fmt", str(worn))
    assert (0, f"formatted {worn}\n1 file: 1 formatted\n") == (ran.code, ran.out)
    assert FORMATTED == worn.read_text()
    assert 0o640 == stat.S_IMODE(worn.stat().st_mode)
    assert [worn] == list(worn.parent.iterdir())
    assert "1 file: 1 already formatted\n" == rulegrid("fmt", str(worn)).out


def test_a_link_to_a_file_stays_one(worn, tmp_path):
    """The file behind it is formatted."""
    link = tmp_path / "link.yaml"
    link.symlink_to(worn)
    assert 0 == rulegrid("fmt", str(link)).code
    assert link.is_symlink()
    assert FORMATTED == worn.read_text()


@pytest.mark.parametrize(("option", "code"), [("--check", 3), ("--diff", 0)])
def test_a_file_that_is_only_looked_at_is_not_touched(worn, option, code):
    """`--check` tells by its exit code, `--diff` shows."""
    before = worn.stat().st_mtime_ns
    assert code == rulegrid("fmt", option, str(worn)).code
    assert (WORN, before) == (worn.read_text(), worn.stat().st_mtime_ns)


def test_a_formatted_file_passes_the_check_and_is_not_written(worn):
    """Its time of change stays too, so that no build begins anew."""
    worn.write_text(FORMATTED)
    os.utime(worn, (1, 1))
    assert 0 == rulegrid("fmt", "--check", str(worn)).code
    assert 0 == rulegrid("fmt", str(worn)).code
    assert 1 == worn.stat().st_mtime


def test_a_broken_rulebook_is_not_touched_and_the_others_are_formatted(worn, tmp_path):
    """Its findings go to standard error, and the exit code is that of findings."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("rulegrid: 1\nname:   B\nareas: {Grid: importt}\n")
    ran = rulegrid("fmt", str(broken), str(worn))
    assert 3 == ran.code
    assert "RG101" in ran.err
    assert "name:   B" in broken.read_text()
    assert FORMATTED == worn.read_text()


def test_standard_input_is_formatted_onto_standard_output():
    """So that an editor can send its buffer through; what is broken comes back as nothing."""
    assert FORMATTED == rulegrid("fmt", "-", stdin=WORN.encode()).out
    assert FORMATTED == rulegrid("fmt", "-", stdin=FORMATTED.encode()).out
    ran = rulegrid("fmt", "-", stdin=b"rulegrid: 1\n")
    assert (3, "") == (ran.code, ran.out)
    assert "<stdin>" in ran.err


def test_line_ends_of_windows_become_those_of_everywhere(worn):
    """A difference that shows no line is said in words."""
    worn.write_bytes(FORMATTED.replace("\n", "\r\n").encode())
    assert f"{worn}: lines would end in LF\n" == rulegrid("fmt", "--diff", str(worn)).out
    assert 0 == rulegrid("fmt", str(worn)).code
    assert FORMATTED.encode() == worn.read_bytes()


def test_check_and_diff_exclude_each_other(worn):
    """Usage, like a file that is not there."""
    assert 2 == rulegrid("fmt", "--check", "--diff", str(worn)).code
    assert 2 == rulegrid("fmt", str(worn.parent / "none.yaml")).code


def test_a_disk_that_takes_no_more_is_the_worlds_fault(worn):
    """Exit 6 and one line, and the file as it was, with nothing left beside it."""
    ran = subprocess.run(
        [sys.executable, "-m", "rulegrid", "fmt", str(worn)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        check=False,
    )
    assert (6, 1) == (ran.returncode, ran.stderr.count("\n"))
    assert WORN == worn.read_text()
    assert [worn] == list(worn.parent.iterdir())
