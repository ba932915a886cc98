"""Waiting for a cluster: what has arrived, and what is told of one that is lost."""

import time
from asyncio import CancelledError as CancelledHereError
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from distributed import Client, Future, wait
from distributed.client import ClosedClientError
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from rulegrid.rehearsal.cluster.reaching import ClusterError

WITHOUT_WORKERS = 60.0
"""Seconds without any worker, or without a word from the scheduler, until a backtest gives up."""
_AT_A_TIME = 2.0
"""Seconds after which a scheduler is asked whether it has workers, where nothing arrives."""
_LOST = (CancelledError, CancelledHereError, ClosedClientError, CommClosedError)


@contextmanager
def loss_told() -> Iterator[None]:
    """Whatever Dask raises where its scheduler is gone becomes a `ClusterError`."""
    try:
        yield
    except _LOST:
        raise ClusterError("the connection to the cluster was lost") from None


def arrived(client: Client, futures: Iterable[Future]) -> Iterator[Future]:
    """Futures as they are done.

    Raises `ClusterError` where one failed or there are no workers any more, and what Dask raises
    where its scheduler is gone.
    """
    waiting, seen = list(futures), time.monotonic()
    while waiting:
        try:
            done, waiting = wait(waiting, timeout=_AT_A_TIME, return_when="FIRST_COMPLETED")
        except TimeoutError:
            seen = _seen(client, seen)
            continue
        waiting, seen = list(waiting), time.monotonic()
        for future in done:
            if future.status == "error":
                raise ClusterError(_why(future))
            yield future


def _seen(client: Client, before: float) -> float:
    """When a worker was last seen."""
    try:
        workers = client.sync(client.scheduler.ncores, callback_timeout=_AT_A_TIME)
    except TimeoutError:
        workers, gone = {}, "the scheduler of the cluster does not answer any more"
    else:
        gone = "the cluster has no workers any more"
    if not workers and time.monotonic() - before > WITHOUT_WORKERS:
        raise ClusterError(gone)
    return time.monotonic() if workers else before


def _why(future: Future) -> str:
    """What a worker that failed says."""
    error = future.exception()
    if isinstance(error, KilledWorker):
        return (
            f"{error.allowed_failures + 1} workers died of the same piece, the last of them "
            f"{error.last_worker.address}: do they have enough memory?"
        )
    told = str(error).splitlines()[0][:300] if str(error) else ""
    return f"a worker failed: {type(error).__name__}: {told}"
