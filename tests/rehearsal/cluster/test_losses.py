"""What becomes of the command when workers or the scheduler are lost, with real processes."""

import signal
import time

import pytest
from distributed import Client

from rulegrid.cli.exits import Exit
from rulegrid.rehearsal.cluster import reaching, waiting
from tests.console import rulegrid
from tests.rehearsal.cluster.histories import OWN, history, written
from tests.rehearsal.cluster.processes import SOON, begun, cluster, meanwhile

pytestmark = pytest.mark.filterwarnings("default")  # what Dask warns of is not ours
ALONE = "one worker decides all of them"
"""The only other line: a single worker is busy for a second or so with fees that read fees."""


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """A cluster without workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def seen(processes):
    """A client that sees what the workers do."""
    with Client(processes.address, timeout=SOON, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def backtest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backtest")
    (folder / "own.yaml").write_text(OWN)
    table = written(history(), folder / "year.parquet")
    return ("backtest", str(folder / "own.yaml"), "--data", table.path)


def ends(ran, told):
    """The command has ended with exit code 6 and a line; Dask has said nothing."""
    assert (ran.code, ran.out) == (Exit.WORLD, "")
    first, last = ran.err.splitlines()
    assert first.endswith(ALONE)
    assert last == f"rulegrid: {told}"


@pytest.fixture
def impatient(monkeypatch):
    """Two seconds are enough to wait for workers."""
    monkeypatch.setattr(reaching, "SECONDS", 2)
    monkeypatch.setattr(waiting, "WITHOUT_WORKERS", 2)


@pytest.mark.usefixtures("impatient")
def test_a_cluster_without_workers_ends_the_command(processes, backtest):
    """It waits some seconds for one to come, and no longer."""
    ran = rulegrid(*backtest, "--cluster", processes.address)
    ends(ran, f"the cluster at {processes.address} has no workers")


def test_a_worker_that_comes_late_goes_on(processes, seen, backtest):
    """Where all others are gone. What comes out is what one machine says."""
    processes.add()
    seen.wait_for_workers(1, timeout=SOON)

    def replace() -> None:
        processes.lose()
        processes.add()

    with meanwhile(seen, replace):
        ran = rulegrid(*backtest, "--cluster", processes.address)
    assert (ran.code, ran.err.count("\n")) == (Exit.FINE, 1)
    assert ran.out.splitlines()[:-1] == rulegrid(*backtest).out.splitlines()[:-1]


@pytest.mark.usefixtures("impatient")
def test_the_loss_of_all_workers_ends_the_command(processes, seen, backtest):
    """Once it has waited in vain for another."""
    processes.add()
    seen.wait_for_workers(2, timeout=SOON)
    with meanwhile(seen, processes.lose):
        ran = rulegrid(*backtest, "--cluster", processes.address)
    ends(ran, "the cluster has no workers any more")


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_that_falls_silent_ends_the_command(processes, seen, backtest):
    """Its connections are there, but nothing comes."""
    processes.add()
    seen.wait_for_workers(1, timeout=SOON)
    with meanwhile(seen, lambda: processes.scheduler.send_signal(signal.SIGSTOP)):
        ran = rulegrid(*backtest, "--cluster", processes.address)
    processes.scheduler.send_signal(signal.SIGCONT)
    ends(ran, "the scheduler of the cluster does not answer any more")


def test_the_loss_of_the_scheduler_ends_the_command(processes, seen, backtest):
    """At once, and without a word of Dask's, which has much to say of it."""
    seen.wait_for_workers(1, timeout=SOON)
    with begun(*backtest, "--cluster", processes.address) as end:
        with meanwhile(seen, processes.scheduler.kill):
            pass
        began = time.monotonic()
        ends(end(), "the connection to the cluster was lost")
    assert time.monotonic() - began < waiting.WITHOUT_WORKERS / 2
