"""A browser for the tests of a file: it is begun once."""

import pytest

from tests.rehearsal.report.browser import browser


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A browser without a past."""
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running
