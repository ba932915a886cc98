"""The documentation says what is so: its examples run, and its generated parts are up to date."""

import re
from pathlib import Path

import pytest
import yaml

from rulegrid.diagnostics import Severity
from rulegrid.gateway.rulebooks import compile_bytes
from tests.console import ROOT
from tests.generate_docs import DIAGNOSTICS, LANGUAGE, anchor, diagnostics, language
from tests.markdown import Block, blocks, is_whole_rulebook
from tests.transcript import agrees, played, write_files

DOCS = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
EXAMPLES = [
    pytest.param(block, id=f"{path.stem}:{block.line}")
    for path in DOCS
    if path != DIAGNOSTICS
    for block in blocks(path.read_text())
    if block.language == "yaml"
]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
ROWS = "".join(f"{m // 60:02}:{m % 60:02};0,42;1,68\n" for m in range(0, 24 * 60, 15))
TABLES = {"tou.csv": f"Time;Grid;Community 1\n{ROWS}".encode()}
SKELETON = "rulegrid: 1\nname: A part of a rulebook\ntimezone: Europe/Vienna\n"


def completed(block: Block) -> str:
    """An example as a whole rulebook: a part of one gets what it lacks."""
    if is_whole_rulebook(block.text):
        return block.text
    areas = "" if "areas" in yaml.safe_load(block.text) else "areas: {Grid: 2}\n"
    return SKELETON + block.text + areas


@pytest.mark.parametrize("block", EXAMPLES)
def test_an_example_of_the_documentation_checks(block):
    """A whole rulebook has no findings; a part of one has no errors in a rulebook that holds it.

    The README shows a broken one too, and says so.
    """
    compiled = compile_bytes("example.yaml", completed(block).encode(), TABLES)
    found = [
        f
        for f in compiled.findings
        if f.severity is Severity.ERROR or is_whole_rulebook(block.text)
    ]
    assert (bool(found)) is ("# broken" in block.text)


def test_the_generated_documentation_is_up_to_date():
    """What `make docs` writes is what is committed."""
    assert diagnostics() == DIAGNOSTICS.read_text()
    assert language(LANGUAGE.read_text()) == LANGUAGE.read_text()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_a_command_prints_what_the_documentation_shows(path, tmp_path):
    """Line by line, but for those left out where a line says `…`."""
    text = path.read_text()
    write_files(text, tmp_path)
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    (tmp_path / "tariffs").mkdir()
    (tmp_path / "flat.yaml").write_bytes((ROOT / "tests/golden/err/RG002.yaml").read_bytes())
    for shown, real in played(text, tmp_path):
        assert agrees(shown, real), "\n".join(real)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_no_link_inside_the_repository_is_dead(path):
    """Each leads to a file that is there, and to a heading that is in it."""
    for target, heading in LINK.findall(path.read_text()):
        file = (path.parent / target).resolve() if target else path
        assert file.is_relative_to(ROOT), target
        assert file.exists(), target
        if heading:
            assert heading in anchors(file), heading


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    return {anchor(found) for found in re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)}
