"""Ending on SIGINT, SIGTERM and SIGHUP between two pieces of work, never in the middle of one."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


class StoppedError(BaseException):
    """A signal has come where there is nothing to finish."""


class Stop(Event):
    """Set by a signal."""

    is_at_once = False

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Here there is nothing to finish: a signal raises `StoppedError`."""
        self.is_at_once = True
        try:
            yield
        finally:
            self.is_at_once = False


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """What SIGINT, SIGTERM and SIGHUP set; a second signal of a kind ends at once."""
    stop = Stop()

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        stop.set()
        signal.signal(number, signal.default_int_handler)
        if stop.is_at_once:
            raise StoppedError

    before = {number: signal.signal(number, end) for number in _ending()}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ending() -> list[signal.Signals]:
    """The signals that end a run; not a hang-up that is ignored, as `nohup` has it."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers
