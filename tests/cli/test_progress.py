"""Bars are drawn on a real terminal, and nowhere else."""

import os
import pty
import subprocess
import sys

import pytest

WORK = """
import time
from rulegrid.cli.progress import progress
with progress("slots", {total}, is_wanted={wanted}) as done:
    for _ in range(4):
        time.sleep({seconds})
        done(500)
print("all is done")
"""


def drawn(*, total=2000, wanted=True, seconds=0.4, term="xterm"):
    """What work of so many seconds in each quarter draws on a terminal, on standard error."""
    ours, theirs = pty.openpty()
    code = WORK.format(total=total, wanted=wanted, seconds=seconds)
    environment = {**os.environ, "TERM": term, "COLUMNS": "80"}
    ran = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=theirs, env=environment
    )
    os.close(theirs)
    found = b""
    try:
        while read := os.read(ours, 65536):
            found += read
    except OSError:  # the terminal is closed on the other side
        pass
    os.close(ours)
    assert b"all is done\n" == ran.communicate()[0]
    assert 0 == ran.returncode
    return found.decode()


def test_what_takes_long_is_drawn_and_wiped_off_at_the_end():
    """How much of it is done; the cursor is back when the work is."""
    seen = drawn()
    assert "1,000 of 2,000 slots" in seen
    assert "2,000 of 2,000 slots" in seen
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l")
    assert seen.endswith("\x1b[2K")


def test_work_whose_end_nobody_knows_is_counted():
    """As the slots of a recording are."""
    assert "1,000 slots" in drawn(total=0)


@pytest.mark.parametrize(
    "how",
    [{"seconds": 0}, {"wanted": False}, {"term": "dumb"}],
    ids=["is done at once", "nobody wants it", "cannot be drawn"],
)
def test_nothing_is_drawn_where_it(how):
    """Not a single character."""
    assert "" == drawn(**how)


def test_nothing_is_drawn_where_there_is_no_terminal():
    """A log holds no bars."""
    code = WORK.format(total=2000, wanted=True, seconds=0.4)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (b"all is done\n", b"") == (ran.stdout, ran.stderr)
