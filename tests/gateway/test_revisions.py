"""Rulebooks out of git, and differences as git's own tools show them, in a real repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console import rulegrid

BOOK = """\
rulegrid: 1
name: By table
timezone: Europe/Vienna
calendars:
  by_table: {file: fees.csv, unit: ct/kWh}
areas: {Grid: by_table, Street: 2}
"""
WHO = {
    f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}
COMMAND = f'"{Path(sys.executable).with_name("rulegrid")}" diff'


def table(fee: str) -> str:
    rows = (f"{minute // 60:02}:{minute % 60:02};{fee}" for minute in range(0, 24 * 60, 15))
    return "\n".join(["Time;Grid", *rows, ""])


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular, whatever is set on this machine."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **WHO}
    ran = subprocess.run(
        ["git", *arguments],  # noqa: S607 - the git of this machine
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout + ran.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit with a rulebook and its table; then both change, and a rulebook is new."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.yaml").write_text(BOOK)
    (rules / "fees.csv").write_text(table("1"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    (rules / "a.yaml").write_text(BOOK.replace("Street: 2", "Street: 3"))
    (rules / "fees.csv").write_text(table("4"))
    (rules / "b.yaml").write_text("rulegrid: 1\nname: New\nareas: {Grid: 7}\n")
    git(tmp_path, "add", "-AN")
    return tmp_path


def test_a_revision_has_the_rulebook_and_its_tables(repository):
    """Both are those of the revision, whatever lies in the folder now."""
    ran = rulegrid("diff", "HEAD:rules/a.yaml", "rules/a.yaml", folder=repository)
    assert (0, "") == (ran.code, ran.err)
    assert "HEAD:rules/a.yaml -> rules/a.yaml: 2 changes\n" in ran.out
    assert "table `by_table`, `Grid` 00:00-24:00\n         1 ct/kWh -> 4 ct/kWh\n" in ran.out
    assert "HEAD:rules/fees.csv:2 -> rules/fees.csv:2" in ran.out
    assert "`Street`, fee\n         2 ct/kWh -> 3 ct/kWh\n" in ran.out


def test_two_revisions_and_what_is_staged_can_be_compared(repository):
    """`:` alone is what is staged; a path that begins with `./` starts in this folder."""
    ran = rulegrid("diff", "HEAD:./a.yaml", ":./a.yaml", folder=repository / "rules")
    assert "HEAD:./a.yaml -> :./a.yaml: no change" in ran.out


def test_a_file_that_exists_wins(repository):
    """A name with a colon is a file where there is one."""
    (repository / "HEAD:a.yaml").write_text("rulegrid: 1\nname: Odd\nareas: {Grid: 1}\n")
    ran = rulegrid("diff", "HEAD:a.yaml", "HEAD:a.yaml", folder=repository)
    assert (0, "HEAD:a.yaml -> HEAD:a.yaml: no change, all fees are the same\n") == (
        ran.code,
        ran.out,
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("HEAD:rules/c.yaml", "there is no file `rules/c.yaml` in revision `HEAD`"),
        ("HEAD~7:rules/a.yaml", "there is no revision `HEAD~7` in this git repository"),
        ("HEAD:a.yaml", "paths start at its root; write `HEAD:./a.yaml`"),
        (":rules/c.yaml", "there is no file `rules/c.yaml` in what is staged"),
        ("HEAD:rules", "there is no file `rules` in revision `HEAD`"),
    ],
)
def test_what_git_does_not_have_is_told_in_plain_words(repository, given, told):
    """A usage error says which part of it is not there."""
    ran = rulegrid("diff", given, "a.yaml", folder=repository / "rules")
    assert (2, "") == (ran.code, ran.out)
    assert told in " ".join(ran.err.split())


def test_a_folder_is_no_rulebook_to_be_proposed(repository):
    """Another spelling is only told where a file is behind it."""
    ran = rulegrid("diff", "HEAD:rules", "rules/a.yaml", folder=repository)
    assert 2 == ran.code
    assert "write" not in ran.err


def test_outside_of_a_repository_that_is_said(tmp_path, monkeypatch):
    """Neither a file nor a repository."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ran = rulegrid("diff", "HEAD:a.yaml", "b.yaml", folder=tmp_path)
    assert 2 == ran.code
    assert "no git repository here" in ran.err


def test_without_git_that_is_said(repository, monkeypatch):
    """Git is needed for revisions alone."""
    monkeypatch.setenv("PATH", str(repository))
    ran = rulegrid("diff", "HEAD:rules/a.yaml", "rules/a.yaml", folder=repository)
    assert 2 == ran.code
    assert "git is not installed" in ran.err
    assert 0 == rulegrid("diff", "rules/b.yaml", "rules/b.yaml", folder=repository).code


def test_git_difftool_shows_meaning(repository):
    """Each rulebook that has changed or is new; a table that git leaves out is named."""
    told = git(repository, "difftool", "-y", "-x", COMMAND, "HEAD", "--", "rules/*.yaml")
    assert "a.yaml -> rules/a.yaml: 1 change\n" in told
    assert "`Street`, fee\n         2 ct/kWh -> 3 ct/kWh\n" in told
    assert "git hands over no tables: `fees.csv` is read as it is now" in told
    assert "/dev/null -> rules/b.yaml" in told
    assert "added    selector `Grid`\n         7 ct/kWh\n" in told


def test_git_diff_shows_meaning_through_a_driver(repository):
    """As docs/diff.md sets it up, `git diff` shows meaning for rulebooks, lines for the rest."""
    (repository / ".gitattributes").write_text("rules/*.yaml diff=rulegrid\n")
    driver = f'f() {{ BASE="$1" {COMMAND} "$2" "$5" || true; }}; f'
    git(repository, "config", "diff.rulegrid.command", driver)
    told = git(repository, "diff", "HEAD")
    assert "`Street`, fee\n         2 ct/kWh -> 3 ct/kWh\n" in told
    assert "+++ b/rules/fees.csv" in told
    assert "+++ b/rules/a.yaml" not in told
