"""Lines for standard error reach a reader in order, and wait for none."""

import fcntl
import io
import json
import os
from contextlib import contextmanager, redirect_stderr
from threading import Thread

from rulegrid.gateway.logs import DROPPED, finish_logs, logger
from rulegrid.gateway.standard_error import MOST_WAITING, StandardError

LINE = "a line of the log that takes some room " * 4


@contextmanager
def unread(finish=finish_logs):
    """A standard error with little room, which is read only at the end; gives what was read."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    read: list[str] = []
    with open(reading) as reader, open(writing, "w") as stderr:  # noqa: PTH123 - handles
        with redirect_stderr(stderr):
            yield read
            thread = Thread(target=lambda: read.extend(reader))
            thread.start()
            finish()
        stderr.close()
        thread.join()


def test_lines_that_nobody_reads_keep_nobody_waiting():
    """Only so many wait; of the others the oldest are dropped, counted and told in their place."""
    lines = StandardError(lambda number: f"dropped {number}")
    with unread(lines.finish) as read:
        for number in range(MOST_WAITING + 100):
            lines.msg(f"{number} {LINE}")
    first, dropped, *more = read
    assert first.startswith("0 ")
    assert "dropped 99\n" == dropped
    assert [str(100 + n) for n in range(len(more))] == [line.split()[0] for line in more]


def test_what_is_no_file_is_written_at_once():
    """A standard error that a test or a live table has put in place takes every line."""
    with redirect_stderr(io.StringIO()) as written:
        StandardError(str).msg("told")
    assert "told\n" == written.getvalue()


def test_a_log_says_how_many_lines_were_dropped():
    """Once it is read again, as a line of its own kind."""
    log = logger("json")
    with unread() as read:
        for number in range(MOST_WAITING + 100):
            log.warning(LINE, number=number)
    (told,) = (line for line in read if "dropped" in line)
    assert {"event": DROPPED, "lines": 99} == json.loads(told)
