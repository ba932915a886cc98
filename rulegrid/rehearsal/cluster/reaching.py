"""The cluster is reached, and its workers can do what they will be asked for."""

import asyncio
import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from distributed import Client, LocalCluster, Security
from distributed.comm import connect

from rulegrid.gateway.files import FileRefusedError, open_file
from rulegrid.gateway.histories.folders import parquet_files
from rulegrid.gateway.stamps import stamp

SECONDS = 5
"""So long a cluster may take to answer."""
_SILENT = logging.CRITICAL + 1
_KEPT = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "33554432"}
"""Dask lets workers hand all free memory back at once. Ours fill the same memory again and again,
which is more than twice as quick where they may keep it."""
_LOCAL = re.compile(r"local:(\d{1,4})")


class ClusterError(Exception):
    """A cluster that cannot be reached, or that cannot do what it should; the message says why."""


@contextmanager
def reached(address: str) -> Iterator[Client]:
    """A cluster: one of so many processes of this machine (`local:4`), or one that runs.

    Raises `ClusterError`.
    """
    _silence()
    local = _LOCAL.fullmatch(address)
    with ExitStack() as stack:
        if local is None:
            _check_answer(address)
        at = stack.enter_context(_own(int(local[1]))) if local else address
        client = stack.enter_context(Client(at, timeout=SECONDS, set_as_default=False))
        stack.enter_context(client.as_current())
        with suppress(TimeoutError):
            client.wait_for_workers(1, timeout=SECONDS)
        if not client.nthreads():
            raise ClusterError(f"the cluster at {address} has no workers")
        yield client


def _silence() -> None:
    """What goes wrong is told by us, in a line; Dask and what it is built on say it at length."""
    for name in ("distributed", "tornado", "asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(_SILENT)


def _check_answer(address: str) -> None:
    try:
        asyncio.run(_greet(address))
    except Exception as error:  # noqa: BLE001 - anything else may listen there and answer
        told = "" if isinstance(error, MemoryError) else f": {_first(error)}"
        raise ClusterError(f"no Dask scheduler answers at {address}{told}") from None


async def _greet(address: str) -> None:
    security = Security().get_connection_args("client")
    comm = await connect(address, timeout=SECONDS, **security)
    await comm.close()


def _first(error: Exception) -> str:
    """The first line of what an error says."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


@contextmanager
def _own(workers: int) -> Iterator[LocalCluster]:
    for name, size in _KEPT.items():
        os.environ.setdefault(name, size)
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=_SILENT,
    ) as cluster:
        yield cluster


def check_workers(client: Client, path: str) -> None:
    """All workers have this very rulegrid, and read this very history.

    Raises `ClusterError`, which names the first worker that does not.
    """
    try:
        answers = client.run(seen_here, path)
    except Exception as error:  # noqa: BLE001 - what it cannot load may fail in any way
        raise ClusterError(f"the workers cannot run rulegrid: {_first(error)}") from None
    wanted = seen_here(path)
    for worker, (theirs, size) in sorted(answers.items()):
        if theirs != wanted[0]:
            raise ClusterError(
                f"worker {worker} has another rulegrid: {theirs} there, {wanted[0]} here"
            )
        if size is None:
            raise ClusterError(
                f"worker {worker} cannot read {path}: "
                "the history has to be under this path on every worker"
            )
        if size != wanted[1]:
            raise ClusterError(f"worker {worker} has another {path}: {size:,} bytes there")


def seen_here(path: str) -> tuple[str, int | None]:
    """Which rulegrid this is, and how many bytes a history has, None where it cannot be read."""
    try:
        return stamp(), sum(_size(file) for file in parquet_files(path)) or None
    except (OSError, FileRefusedError):
        return stamp(), None


def _size(path: str) -> int:
    with open_file(path) as file:
        return file.seek(0, os.SEEK_END)
