"""What goes wrong within a process: it is killed, its disk is full, its log is stuck."""

import errno
import fcntl
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

POINTS = ("before fsync", "after fsync", "before send", "after send")


def do(harm: str) -> None:
    """Arrange for a harm, or for none.

    `POINT:N` kills at a point for the Nth time, as `kill -9` does. `full:N-M` lets the records N
    to M of the journal fail as on a full disk. `log` gives a standard error that nobody reads.
    """
    kind, _, number = harm.partition(":")
    if kind in POINTS:
        when, _, what = kind.partition(" ")
        _replace(what, lambda function: _Fatal(function, when, int(number)))
    elif kind == "full":
        first, _, last = number.partition("-")
        _replace("fsync", lambda function: _Full(function, range(int(first), int(last) + 1)))
    elif kind == "log":
        _stuck_log()


def _replace(what: str, made: Callable[[Any], Any]) -> None:
    from rulegrid.gateway.redis_link import RedisLink  # noqa: PLC0415 - in the new process

    owner: Any = os if what == "fsync" else RedisLink
    setattr(owner, what, made(getattr(owner, what)))


class _Fatal:
    """A function at whose Nth call the process ends."""

    def __init__(self, function: Callable[..., Any], when: str, times: int) -> None:
        self._function = function
        self._when = when
        self._left = times

    def __call__(self, *given: Any) -> Any:
        self._left -= 1
        if self._when == "before" and not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        done = self._function(*given)
        if self._when == "after" and not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else partial(self, owner)


class _Full:
    """A function some of whose calls fail for want of room."""

    def __init__(self, function: Callable[..., Any], failing: range) -> None:
        self._function = function
        self._failing = failing
        self._calls = 0

    def __call__(self, *given: Any) -> Any:
        self._calls += 1
        if self._calls in self._failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._function(*given)


def _stuck_log() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.dup2(writing, 2)
    os.set_inheritable(reading, True)  # noqa: FBT003 - it stays open, and nobody reads
