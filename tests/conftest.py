"""What every test may use."""

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import hypothesis
import pytest

# A slow machine is no mistake of the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the expected outputs anew instead of comparing with them",
    )


ON_WIRES = (
    "tests/faults/test_fault_matrix_processes.py",
    "tests/faults/test_fault_matrix_wires.py",
    "tests/gateway/sandbox/",
    "tests/gateway/test_redis_link.py",
    "tests/gateway/test_web_link.py",
)
"""Tests that measure real time between real processes: a busy machine makes some of them fail.

`make faults` runs them; `make test` runs all others.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(ON_WIRES):
            item.add_marker("wires")


@pytest.fixture
def golden(pytestconfig: pytest.Config) -> Callable[[Path, str], None]:
    """Hold a text against the file with what is expected: `golden(path, text)`."""

    def compare(path: Path, text: str) -> None:
        expected = path.read_bytes().decode() if path.exists() else None
        if text == expected:
            return
        if pytestconfig.getoption("update_golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            return
        before, after = ((each or "").splitlines(keepends=True) for each in (expected, text))
        difference = "".join(unified_diff(before, after, str(path), "now"))
        pytest.fail(f"{difference}\n\nIf this is as it should be: make golden", pytrace=False)

    return compare
