"""The agent and the sandbox as processes of their own, run through the command line.

They are forked from a server that has loaded rulegrid once, so that each starts at once.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

PATIENCE = 60.0
"""Seconds after which what a test waits for is missing; this machine may be busy."""

LOADED = ["numpy", "rulegrid.cli.run", "rulegrid.cli.sandbox", "rulegrid.gateway.redis_link"]
LOADED += ["rulegrid.gateway.web_link", "rulegrid.gateway.sandbox.web", "tests.faults.harm"]

_processes = get_context("forkserver")
_processes.set_forkserver_preload(LOADED)


def until(condition: Callable[[], Any], what: str = "it", seconds: float = PATIENCE) -> Any:
    """Wait until a condition holds; gives what it gave."""
    deadline = monotonic() + seconds
    while not (found := condition()):
        assert monotonic() < deadline, f"{what} never came"
        sleep(0.005)
    return found


@dataclass(frozen=True, slots=True)
class Start:
    """How a process is started."""

    arguments: tuple[str, ...]
    folder: Path
    name: str
    environment: Mapping[str, str]
    harm: str = ""
    """What goes wrong within the process, see `tests.faults.harm`."""


def _run(start: Start) -> None:
    """What the new process does: be `rulegrid` with these arguments."""
    from rulegrid.cli import main  # noqa: PLC0415 - in the new process
    from tests.faults.harm import do  # noqa: PLC0415

    os.environ.update(start.environment)
    os.chdir(start.folder)
    for number, ending in ((1, "out"), (2, "err")):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(f"{start.name}.{ending}", flags), number)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - our own output
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    do(start.harm)
    main(start.arguments)


class Running:
    """A process of `rulegrid`."""

    def __init__(self, start: Start) -> None:
        self._out, self._err = (Tail(start.folder / f"{start.name}.{e}") for e in ("out", "err"))
        self._process = _processes.Process(target=_run, args=(start,), daemon=True)
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._out.close()
        self._err.close()

    @property
    def output(self) -> list[str]:
        """The lines of standard output that are complete."""
        return self._out.lines()

    @property
    def errors(self) -> list[str]:
        """Those of standard error."""
        return self._err.lines()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    @property
    def id(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.id, number)

    def kill(self) -> None:
        """End it on the spot."""
        if self._process.is_alive():
            with suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
        self._process.join()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It stands still: it answers nothing and closes nothing."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; its exit code."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, "it does not end"
        return self._process.exitcode

    def memory(self) -> int:
        """Bytes that it holds in memory."""
        return memory_of(self.id)

    def handles(self) -> int:
        """Files, sockets and pipes that it has open."""
        return len(list(Path(f"/proc/{self.id}/fd").iterdir()))


class Agent(Running):
    """`rulegrid run` with JSON on both outputs."""

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._records: list[dict[str, Any]] = []
        self._log: list[dict[str, Any]] = []

    @property
    def records(self) -> list[dict[str, Any]]:
        """The slots that it has concluded."""
        lines = self.output
        self._records += [json.loads(line) for line in lines[len(self._records) :]]
        return self._records

    def slots(self, *statuses: str) -> list[str]:
        """The slots with these statuses, or all."""
        return [r["slot"] for r in self.records if not statuses or r["status"] in statuses]

    def told(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log that tell of an event."""
        lines = self.errors
        self._log += [_read(line) for line in lines[len(self._log) :]]
        return [line for line in self._log if event in line.get("event", "")]

    def has_concluded(self, slots: int) -> None:
        """Wait until so many more slots are concluded."""
        before = len(self.records)
        until(lambda: len(self.records) >= before + slots or not self.is_running, "a slot")
        assert self.is_running, self.errors[-5:]


def memory_of(process: int) -> int:
    """Bytes that a process holds in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Tail:
    """The lines of a file that grows."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._file = path.open("rb")
        self._lines: list[str] = []
        self._half = b""

    def lines(self) -> list[str]:
        """Those that are complete."""
        *whole, self._half = (self._half + self._file.read()).split(b"\n")
        self._lines += [line.decode(errors="replace") for line in whole]
        return self._lines

    def close(self) -> None:
        self._file.close()


def _read(line: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
    return read
