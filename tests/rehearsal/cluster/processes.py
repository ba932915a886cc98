"""A cluster of real processes that are killed, and the command that has to bear it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from distributed import Client

from tests.console import ROOT, Ran

SOON = 60
"""Seconds within which anything is there, on a machine that is busy with other things."""


@dataclass(eq=False)
class Cluster:
    """A scheduler and its workers, each a process of its own; no nanny brings any back."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return str(json.loads(self._file.read_text())["address"])

    @property
    def _file(self) -> Path:
        return self.folder / "scheduler.json"

    def begin(self) -> None:
        """Wait until the scheduler listens."""
        until(self._file.exists)

    def add(self, number: int = 1) -> None:
        """Start some workers."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        self.workers += [_dask("worker", self.address, *options) for _ in range(number)]

    def lose(self) -> None:
        """Kill all workers, with kill -9."""
        _kill(self.workers)
        self.workers.clear()

    def close(self) -> None:
        """Kill everything that is left."""
        _kill([*self.workers, self.scheduler])


def _dask(what: str, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{what}", *options],
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )


def _kill(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for each in processes:
        each.send_signal(signal.SIGKILL)
        each.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster without workers."""
    file = folder / "scheduler.json"
    options = ("--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file")
    made = Cluster(folder, _dask("scheduler", *options, str(file)))
    try:
        made.begin()
        yield made
    finally:
        made.close()


def until(true: Callable[[], object]) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "it has not come true"
        time.sleep(0.05)


@contextmanager
def meanwhile(client: Client, what: Callable[[], object]) -> Iterator[None]:
    """Do something as soon as a worker decides."""

    def do() -> None:
        until(
            lambda: any("decide" in key for keys in client.processing().values() for key in keys)
        )
        what()

    doing = Thread(target=do)
    doing.start()
    yield
    doing.join()


@contextmanager
def begun(*arguments: str) -> Iterator[Callable[[], Ran]]:
    """Start `rulegrid` as a process of its own; what is given waits for its end."""
    command = [sys.executable, "-m", "rulegrid", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            yield lambda: _ended(process)
        finally:
            process.kill()


def _ended(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=SOON)
    return Ran(process.returncode, out, err)
