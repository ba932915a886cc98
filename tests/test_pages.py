"""The pages of `rulegrid explain CODE`: what they say is what happens."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from rulegrid.diagnostics import CODES, Diagnostic, Severity
from rulegrid.engine.binding import bind
from rulegrid.gateway.grids import named_grid
from rulegrid.gateway.rulebooks import compile_bytes
from tests.console import ROOT, rulegrid
from tests.markdown import blocks
from tests.transcript import agrees, played

PAGES = sorted((ROOT / "rulegrid" / "pages").glob("*.md"))
TOO_LARGE_FOR_A_PAGE = {"RG506"}
LINE = 110


@dataclass(frozen=True)
class Page:
    """The examples of a page, and the grid they are checked against."""

    code: str
    bad: list[str]
    good: list[str]
    grid: str | None

    @classmethod
    def read(cls, path: Path) -> "Page":
        head, bad, good = re.split(r"^## (?:Bad|Good)\n", path.read_text(), flags=re.MULTILINE)
        assert head.startswith(f"# {path.stem}: {CODES[path.stem]}\n\n")
        grids = [block.text for block in blocks(bad) if block.language == "json"]
        return cls(path.stem, yaml(bad), yaml(good), grids[0] if grids else None)


def yaml(text: str) -> list[str]:
    return [block.text for block in blocks(text) if block.language == "yaml"]


def found(page: Page, text: str) -> tuple[Diagnostic, ...]:
    """What is found in a rulebook, on the page's grid if it has one."""
    compiled = compile_bytes("page.yaml", text.encode())
    if compiled.program is None or page.grid is None:
        return compiled.findings
    return (
        *compiled.findings,
        *bind(compiled.program, named_grid(json.loads(page.grid))).findings,
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_bad_example_gives_the_code_of_its_page_and_no_other_error(path):
    """Whoever copies it sees what the page is about."""
    page = Page.read(path)
    for text in page.bad if page.code not in TOO_LARGE_FOR_A_PAGE else []:
        findings = found(page, text)
        assert page.code in {finding.code for finding in findings}
        errors = {f.code for f in findings if f.severity is Severity.ERROR}
        assert errors <= {page.code}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_good_example_has_no_findings(path):
    """Whoever copies it has a rulebook that can be used."""
    page = Page.read(path)
    assert page.good or re.search("```(console|yml)", path.read_text())
    for text in page.good:
        assert () == found(page, text)


SHOWN = [path for path in PAGES if re.search("^RG([78]|606)", path.stem)]
"""What is wrong there is in no rulebook, but in a file that a command reads."""


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_the_commands_of_a_page_print_its_code_for_the_bad_example_alone(path, tmp_path):
    """As it is shown there; the files of the bad example are still there for the good one."""
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    _, bad, good = re.split(r"^## (?:Bad|Good)\n", path.read_text(), flags=re.MULTILINE)
    printed = ["", ""]
    for number, text in enumerate((bad, good)):
        for shown, real in played(text, tmp_path):
            assert agrees(shown, real), "\n".join(real)
            printed[number] += "\n".join(real)
    assert f"[{path.stem}]" in printed[0]
    assert f"[{path.stem}]" not in printed[1]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_fits_a_terminal(path):
    """No line is longer than a usual terminal is wide; `explain` prints the page as it is."""
    assert [] == [line for line in path.read_text().splitlines() if len(line) > LINE]
    assert path.read_text().rstrip("\n") + "\n" == rulegrid("explain", path.stem).out
