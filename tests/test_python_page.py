"""The page on the Python door: what it shows is what comes out."""

import doctest
import shutil
from contextlib import chdir

from tests.console import ROOT


def test_the_examples_of_the_python_page_run(tmp_path):
    """In a folder with the rulebooks, line by line."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    with chdir(tmp_path):
        failed, tried = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert (0, True) == (failed, tried > 10)
