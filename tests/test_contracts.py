"""The import contracts in pyproject.toml hold, and each of them bites."""

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest

HOUSE = Path(__file__).parents[1]
SETTINGS = HOUSE / "pyproject.toml"
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@dataclass(frozen=True)
class Plant:
    """Lines added to modules of a copy of the house, and what the contract they break says."""

    contract: str
    named: str
    lines: dict[str, str]


FLOORS = "Floors: each may only use what lies below"
STAIRS = "The stairs of the rulebook room"
CORE = "The core does no I/O"
MARKET_TIME = "Market time loads no YAML and no JSON Schema"
YAML = "Only the rulebook room knows YAML and JSON Schema"
LOGS = "Only gateway/logs imports structlog"
DASK = "Only rehearsal/cluster knows Dask"
KNOTS = "No package is knotted"

PLANTS = {
    "a lower floor uses a higher one": Plant(
        FLOORS,
        "rulegrid.source -> rulegrid.cli",
        {"source.py": "import rulegrid.cli", "cli/__init__.py": ""},
    ),
    "a floor is reached around the corner": Plant(
        FLOORS,
        "rulegrid.units is not allowed to import rulegrid.grid",
        {"units.py": "import rulegrid", "__init__.py": "import rulegrid.grid"},
    ),
    "neighbours use each other": Plant(
        FLOORS, "rulegrid.units -> rulegrid.grid", {"units.py": "import rulegrid.grid"}
    ),
    "a module that has no floor": Plant(FLOORS, "- rulegrid.utils", {"utils.py": ""}),
    "a lower stair uses a higher one": Plant(
        STAIRS,
        "rulegrid.rulebook.document -> rulegrid.rulebook.compile",
        {"rulebook/document.py": "import rulegrid.rulebook.compile"},
    ),
    "a module that has no stair": Plant(
        STAIRS, "- rulegrid.rulebook.helpers", {"rulebook/helpers.py": ""}
    ),
    "the core reads the clock": Plant(
        CORE, "rulegrid.engine.cycle -> time", {"engine/cycle.py": "import time"}
    ),
    "the core opens a file inside a function": Plant(
        CORE,
        "rulegrid.grid -> pathlib",
        {"grid.py": "def read():\n    from pathlib import Path\n    return Path()"},
    ),
    "market time loads YAML": Plant(
        MARKET_TIME, "rulegrid.exchange.session -> yaml", {"exchange/session.py": "import yaml"}
    ),
    "market time loads JSON Schema through another module": Plant(
        MARKET_TIME, "rulegrid.units -> jsonschema", {"units.py": "import jsonschema"}
    ),
    "a command reads YAML": Plant(YAML, "rulegrid.cli.new -> yaml", {"cli/new.py": "import yaml"}),
    "the gateway knows JSON Schema": Plant(
        YAML, "rulegrid.gateway.files -> jsonschema", {"gateway/files.py": "import jsonschema"}
    ),
    "a second module writes logs": Plant(
        LOGS, "rulegrid.gateway.link -> structlog", {"gateway/link.py": "import structlog"}
    ),
    "a second room knows Dask": Plant(
        DASK, "rulegrid.cli.backtest -> dask", {"cli/backtest.py": "import dask"}
    ),
    "two modules of a room need each other": Plant(
        KNOTS,
        "No cycles are allowed in rulegrid.engine",
        {
            "engine/left.py": "import rulegrid.engine.right",
            "engine/right.py": "import rulegrid.engine.left",
        },
    ),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """What lint-imports says of the modules in a folder, by the settings of this house."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo", "--config", str(SETTINGS)]
    return subprocess.run(
        command,
        cwd=folder,
        env={"COLUMNS": "200", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def planted(folder: Path, lines: dict[str, str]) -> Path:
    """A folder with a copy of the house's modules, and lines added to them."""
    for module in HOUSE.glob("rulegrid/**/*.py"):
        copy = folder / module.relative_to(HOUSE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copyfile(module, copy)
    for name, text in lines.items():
        module = folder / "rulegrid" / name
        module.parent.mkdir(exist_ok=True)
        (module.parent / "__init__.py").touch()
        with module.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
    return folder


def test_the_house_keeps_its_contracts():
    """No contract is broken in the modules as they are."""
    verdict = lint(HOUSE)
    assert verdict.returncode == 0, verdict.stdout


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_planted_violation_is_caught(plant: Plant, tmp_path: Path):
    """A line that breaks a contract is found, by that contract and by its place."""
    verdict = lint(planted(tmp_path, plant.lines))
    assert verdict.returncode == 1
    assert f"{plant.contract} BROKEN" in verdict.stdout
    assert plant.named in verdict.stdout


def test_each_contract_is_seen_to_bite():
    """Every contract has a planted violation."""
    contracts = tomllib.loads(SETTINGS.read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == {p.contract for p in PLANTS.values()}
