"""A short command is mostly the loading of modules: none loads what it does not need."""

import subprocess
import sys

import pytest

from tests.console import ROOT

LARGE = {
    *("dask", "holidays", "numpy", "plotly", "pyarrow", "pygments", "redis", "requests", "rich"),
    *("ruamel", "structlog", "websocket"),
    *("asyncio", "email", "http", "importlib.metadata", "multiprocessing", "socket", "ssl"),
}
FOR_RULEBOOKS = {"jsonschema", "rulegrid.formula", "rulegrid.rulebook", "yaml"}
PROGRAM = """
import sys
from rulegrid.cli import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.stdout
    return set(ended.stderr.split())


@pytest.mark.parametrize("file", ["rules/import_bands.yaml", "tests/golden/err/RG201.yaml"])
def test_check_loads_what_reads_rulebooks_and_nothing_more(file: str) -> None:
    """Whether there is something to tell or not; NumPy comes with a grid, colours with a test."""
    modules = loaded("check", file)
    assert modules >= FOR_RULEBOOKS
    assert not modules & LARGE


@pytest.mark.parametrize(
    "arguments", [("--help",), ("new", "--help"), ("schema", "rulebook")], ids=" ".join
)
def test_what_reads_no_rulebook_does_not_load_what_would(arguments: tuple[str, ...]) -> None:
    """Each command is a module of its own, loaded when it is called; `--help` calls none."""
    assert not loaded(*arguments) & (LARGE | FOR_RULEBOOKS)


def test_the_version_is_told_without_any_rulebook() -> None:
    """Python looks up what is installed with the help of `email`, and that is all."""
    assert not loaded("--version") & (
        LARGE - {"email", "importlib.metadata", "socket"} | FOR_RULEBOOKS
    )
