"""The laws of the house that no other tool holds."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import hypothesis
import pytest
from hypothesis import strategies as st

from rulegrid.cli import COMMANDS
from rulegrid.diagnostics import CODES
from tests.console import ROOT, RULES, rulegrid

PACKAGE = ROOT / "rulegrid"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
TEMPLATES = sorted((PACKAGE / "templates").glob("*.yaml"))
MOST_LINES = 320
MOST_README_LINES = 150

UPPER = ("cli", "dashboard", "door", "gateway", "rehearsal", "__main__")
"""The floors that may touch the world."""

RUNS_TEXT = {"eval", "exec", "compile", "__import__", "input", "breakpoint"}
LOADS_OBJECTS = re.compile(r"(yaml|pickle|marshal|shelve)\.\w*load")
OPENS = re.compile(r"(^|(?<!link)\.)(open|fdopen|(read|write)_(text|bytes))$")
MAY_OPEN = {"rulegrid/cli/__init__.py": {"os.open", "os.fdopen"}}
"""Where else something is opened: what nobody reads any more goes nowhere."""

FORBIDDEN_BELOW = {
    *("asyncio", "io", "logging", "os", "pathlib", "pickle", "random", "socket", "structlog"),
    *("subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"),
}
READ = {".py", ".md", ".yaml", ".yml", ".json", ".toml", ".txt", ".out", ".cfg", ""}
NOT_OURS = {".git", ".venv", ".cache", ".hypothesis", "__pycache__", "dist"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_upper(path: Path) -> bool:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py") in UPPER


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def calls(path: Path) -> Iterator[str]:
    """The names called by a module, dotted where they are: `open`, `yaml.load`, `Path().open`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def imports(path: Path) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def options(command: str) -> list[str]:
    """The options of a command, and of those below it, as they are written."""
    known = [import_module(f"rulegrid.cli.{command}").command]
    known += getattr(known[0], "commands", {}).values()
    params = [each for command in known for each in command.params]
    return [option for each in params if isinstance(each, click.Option) for option in each.opts]


def section(text: str, heading: str) -> str:
    """The part of a page under a heading."""
    found = re.search(
        rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, heading
    return found[1]


def ours() -> Iterator[Path]:
    """Every text of the repository."""
    for path in sorted(ROOT.rglob("*")):
        inside = NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)
        if inside and path.is_file() and path.suffix in READ:
            yield path


def test_every_code_has_a_page_and_every_page_a_code():
    """`rulegrid explain CODE` has something to show for each, and nothing is left over."""
    assert sorted(CODES) == sorted(path.stem for path in (PACKAGE / "pages").glob("*"))


def test_codes_are_in_order_and_titles_differ():
    """A code never moves, and no two mean the same."""
    assert sorted(CODES) == list(CODES)
    assert len(CODES) == len(set(CODES.values()))
    assert all(re.fullmatch(r"RG\d{3}", code) for code in CODES)


def test_every_code_is_used_and_every_code_used_is_known():
    """A finding that nobody makes has no place in the table."""
    text = "".join(path.read_text() for path in MODULES if path.name != "diagnostics.py")
    assert sorted(CODES) == sorted(set(re.findall(r"RG\d{3}", text)) & set(CODES))
    assert set(re.findall(r'"(RG\d{3})"', text)) <= set(CODES)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_every_option(command):
    """docs/commands.md has a section for each, and the README a line."""
    told = section((ROOT / "docs" / "commands.md").read_text(), command)
    assert [] == [option for option in options(command) if f"`{option}" not in told]
    assert f"`rulegrid {command}" in section((ROOT / "README.md").read_text(), "Commands")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_is_documented_that_there_is_not(command):
    """What docs/commands.md names in the section of a command, the command takes."""
    told = section((ROOT / "docs" / "commands.md").read_text(), command)
    named = set(re.findall(r"^\| `(--[a-z-]+)", told, re.MULTILINE))
    assert named <= set(options(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(command):
    """`--help` ends in something to copy."""
    ran = rulegrid(command, "--help")
    assert 0 == ran.code
    assert f"\n    rulegrid {command} " in ran.out


@pytest.mark.parametrize("path", [*RULES, *TEMPLATES], ids=lambda path: path.stem)
def test_every_rulebook_of_ours_checks_without_findings(path):
    """Whoever copies one begins with a good one."""
    assert 0 == rulegrid("check", "--strict", name(path)).code


@pytest.mark.parametrize("path", [*RULES, *TEMPLATES], ids=lambda path: path.stem)
def test_every_rulebook_of_ours_is_formatted_and_known_to_editors(path):
    """Its first line names the schema, as it is found from there."""
    assert 0 == rulegrid("fmt", "--check", name(path)).code
    schema = "../schemas/rulebook.schema.json" if path in RULES else "rulebook.schema.json"
    assert f"# yaml-language-server: $schema={schema}" == path.read_text().splitlines()[0]
    assert path not in RULES or (path.parent / schema).exists()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rulebook_of_ours_runs_on_the_day_that_ships_with_rulegrid(path):
    """All 95 slots are sent and confirmed, and no selector or name is without an area."""
    ran = rulegrid("run", name(path))
    assert 0 == ran.code
    assert "warning" not in ran.err
    sent, confirmed = re.search(r"95 batches sent, ([\d,]+) of ([\d,]+) fees", ran.out).groups()
    assert sent == confirmed


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_rulebook_of_ours_is_tested_in_all_its_parts(path):
    """Its tests stand beside it, and are documentation as well."""
    tests = path.with_suffix(".test.yaml")
    ran = rulegrid("test", name(tests), "--min-coverage", "100")
    assert (0, "") == (ran.code, ran.err)
    assert tests.read_text().startswith(
        "# yaml-language-server: $schema=../schemas/test.schema.json\n"
    )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_opens_files_or_runs_text_but_where_it_may(path):
    """Only gateway/ opens files; no formula or file ever reaches Python's own `eval`."""
    called = set(calls(path))
    assert set() == called & RUNS_TEXT
    assert not any(LOADS_OBJECTS.match(each) for each in called)
    if path.relative_to(PACKAGE).parts[0] != "gateway":
        assert {each for each in called if OPENS.search(each)} <= MAY_OPEN.get(name(path), set())


@pytest.mark.parametrize("path", [each for each in MODULES if not is_upper(each)], ids=name)
def test_no_module_below_the_gateway_touches_the_world(path):
    """No clock, no file, no socket, no log, no chance: all that is passed in."""
    assert set() == set(imports(path)) & FORBIDDEN_BELOW
    assert not any(re.search(r"\b(now|today|utcnow)$", each) for each in calls(path))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_is_longer_than_can_be_kept_in_mind(path):
    """A module of over 320 lines is two."""
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_the_readme_is_short():
    """It is read in a minute; the rest is in docs/."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= MOST_README_LINES


def test_the_project_stands_alone():
    """No file leans on a place outside the repository."""
    outside = [f"/{'work'}/", f"../{'shared'}"]
    assert [] == [
        name(p) for p in ours() if any(o in p.read_text(errors="replace") for o in outside)
    ]


def test_every_dependency_has_its_reason():
    """docs/why.md says of each package that users install why it is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(each for extra in extras for each in extra)]
    named = {re.match(r"[\w-]+", each)[0] for each in wanted}
    told = section((ROOT / "docs" / "why.md").read_text(), "Dependencies")
    rows = re.findall(r"^\| ([\w, -]+) \| \S", told, re.MULTILINE)
    assert named == {each for row in rows for each in row.split(", ")} - {"package"}


def test_every_room_is_in_the_plan():
    """docs/architecture.md names each module and each package of the top floor."""
    plan = (ROOT / "docs" / "architecture.md").read_text()
    rooms = {
        path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    doors = {"__init__.py", "__main__.py", "door.py"}
    assert set() == {room for room in rooms - doors if f"(../rulegrid/{room})" not in plan}


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_every_test_says_its_law(path):
    """The docstring of a test is the law it holds."""
    tests = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert [] == [test.name for test in tests if not ast.get_docstring(test)]


def test_no_test_mocks_what_it_tests():
    """A fake ships with the product, as the replay does; a mock would only agree with itself."""
    everything = (ROOT / "tests").rglob("*.py")
    assert [] == [name(path) for path in everything if "unittest" in set(imports(path))]


def drawn() -> list[tuple[float, int, str]]:
    """Some examples."""
    found = []

    @hypothesis.given(st.tuples(st.floats(), st.integers(), st.text()))
    def look(example):
        found.append(example)

    look()
    return found


@pytest.mark.skipif(not hypothesis.settings().derandomize, reason="new examples are looked for")
def test_examples_are_the_same_whatever_is_loaded(tmp_path, monkeypatch):
    """A test that is run alone draws what it draws among all the others."""
    before = drawn()
    odd = ", ".join(f"{number}, {number}.5, '{number}'" for number in range(70_001, 70_100))
    (tmp_path / "just_loaded.py").write_text(f"ODD = [{odd}]")
    monkeypatch.syspath_prepend(tmp_path)
    import_module("just_loaded")
    assert repr(before) == repr(drawn())
