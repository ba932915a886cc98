"""What every test may use."""

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import hypothesis
import pytest
from hypothesis.internal.constants_ast import Constants

# A slow machine is no mistake of the code, and a red build says that a change broke something: the
# examples are the same each time. `make test ARGS=--hypothesis-profile=search` looks for new ones.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("house")


CONSTANTS_OF_MODULES = "hypothesis.internal.conjecture.providers._get_local_constants"
"""What hypothesis also tries: the constants of all modules that are loaded by then. Which those
are depends on the tests before, so examples that are to be the same each time do without."""


def pytest_sessionstart() -> None:
    if hypothesis.settings().derandomize:
        pytest.MonkeyPatch().setattr(CONSTANTS_OF_MODULES, Constants)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the expected outputs anew instead of comparing with them",
    )


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
