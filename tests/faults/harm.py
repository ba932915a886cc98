"""What goes wrong within a process: it is killed at a named point, or its disk is full."""

import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from typing import Any


def do(harm: str) -> None:
    """Arrange for a harm: nothing, `POINT:N` (killed at a point for the Nth time), `full:BYTES`.

    The points are `before fsync`, `after fsync`, `before send` and `after send`.
    """
    kind, _, number = harm.partition(":")
    if kind == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), int(number)))
    elif kind:
        _kill_at(kind, int(number))


def _kill_at(point: str, times: int) -> None:
    when, _, what = point.partition(" ")
    owner, name = _function(what)
    setattr(owner, name, _Fatal(getattr(owner, name), when, times))


def _function(what: str) -> tuple[Any, str]:
    if what == "fsync":
        return os, "fsync"
    from rulegrid.gateway.redis_link import RedisLink  # noqa: PLC0415

    return RedisLink, "send"


class _Fatal:
    """A function at whose Nth call the process ends as by `kill -9`."""

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
