"""A backtest on a cluster gives what one machine gives, to the last bit, whatever befalls it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import LocalCluster

from rulegrid.gateway.histories import HistoryError
from rulegrid.gateway.histories.opening import LongForm
from rulegrid.gateway.histories.parquet import Parquet
from rulegrid.rehearsal.backtest import backtest
from rulegrid.rehearsal.cluster.reaching import ClusterError, check_workers, reached
from rulegrid.rehearsal.cluster.spreading import spread
from rulegrid.rehearsal.rehearse import RehearsalError
from tests.building import program
from tests.console import ROOT, rulegrid
from tests.rehearsal.cluster.histories import (
    CHAPTER_ROWS,
    OWN,
    PROGRAMS,
    WINDOWS,
    history,
    written,
)

DASK_WORKER = (sys.executable, "-m", "distributed.cli.dask_worker")
pytestmark = pytest.mark.filterwarnings("default")  # what Dask warns of is not ours


@pytest.fixture(scope="module")
def address():
    """A cluster of two processes."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def client(address):
    with reached(address) as client:
        yield client


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return written(history(), tmp_path_factory.mktemp("histories") / "year.parquet")


@pytest.fixture(scope="module")
def local(table):
    """What one machine says."""
    return backtest(PROGRAMS, LongForm(table))


def test_a_cluster_gives_what_one_machine_gives(client, table, local):
    """Every sum to the bit, though pieces are decided apart and come in any order.

    There are windows, limits that look back, fees kept where there is no data, areas that come
    late and leave, gaps, and a rulebook that reads its own fees.
    """
    assert table.chapters > 8
    decided = []
    spread_out = spread(PROGRAMS, table, client, decided.append)
    assert spread_out.results == local.results
    assert (spread_out.span, spread_out.findings) == (local.span, local.findings)
    assert len(decided) > 8


def test_a_folder_is_shared_out_as_a_file(client, tmp_path):
    """Files that are cut in the middle of a slot, and whose names are in another order."""
    rows = history()
    for number in range(5):
        part = rows.slice(number * 7001, 7001 if number < 4 else len(rows))
        written(part, tmp_path / f"month={9 - number}.parquet")
    folder = Parquet(str(tmp_path), CHAPTER_ROWS)
    assert folder.rows == len(rows)
    check_workers(client, folder.path)
    here = backtest(PROGRAMS[:2], LongForm(folder))
    assert spread(PROGRAMS[:2], folder, client).results == here.results


def test_a_worker_that_is_killed_costs_only_time(client, table, local):
    """With kill -9, as soon as the first piece is there."""
    pids = sorted(client.run(os.getpid).values())

    def kill(_rows):
        if pids:
            os.kill(pids.pop(), signal.SIGKILL)
            pids.clear()

    assert len(pids) == 2
    assert spread(PROGRAMS, table, client, kill).results == local.results


def test_what_is_wrong_with_a_history_is_found_by_its_row(client, tmp_path):
    """The row has the number that it has in the whole file, and the finding is the same."""
    rows = history()
    order = [*range(20000), 20100, *range(20000, 20100), *range(20101, len(rows))]
    mixed = written(rows.take(order), tmp_path / "mixed.parquet")
    with pytest.raises(HistoryError) as here:
        backtest(PROGRAMS[:1], LongForm(mixed))
    with pytest.raises(HistoryError) as there:
        spread(PROGRAMS[:1], mixed, client)
    assert there.value.finding == here.value.finding


def test_a_rulebook_that_does_not_fit_the_grid_is_told(client, table):
    """As on one machine, with the same findings."""
    circle = program(
        "rulegrid: 1\nname: a\nfee_unit: ct/kWh\nareas:\n"
        '  "S1*": \'"S2".fee\'\n  "S2*": \'"S1".fee\'\nlimits: {max: 3}\n'
    )
    with pytest.raises(RehearsalError) as here:
        backtest([circle], LongForm(table))
    with pytest.raises(RehearsalError) as there:
        spread([circle], table, client)
    assert there.value.findings == here.value.findings


def test_the_command_prints_the_same_with_a_cluster_and_without(address, table, tmp_path):
    """But for the seconds; and it says which rulebook one worker has to decide alone.

    The page is the same to the byte.
    """
    (tmp_path / "windows.yaml").write_text(WINDOWS)
    (tmp_path / "own.yaml").write_text(OWN)
    command = ("backtest", "windows.yaml", "own.yaml", "--data", table.path)
    here = rulegrid(*command, "--report", "here.html", folder=tmp_path)
    more = ("--cluster", address, "--report", "there.html")
    there = rulegrid(*command, *more, folder=tmp_path)
    assert (there.code, here.code) == (0, 0)
    assert there.out.splitlines()[:-1] == here.out.splitlines()[:-1]
    assert "own.yaml reads fees that it has set itself" in there.err
    assert "windows.yaml" not in there.err
    assert (tmp_path / "here.html").read_bytes() == (tmp_path / "there.html").read_bytes()


def test_a_file_that_workers_cannot_read_is_told(client, table):
    """Here the path leads to an open file of this process, which no other process has."""
    with Path(table.path).open("rb") as file:
        mine = f"/proc/self/fd/{file.fileno()}"
        with pytest.raises(ClusterError, match=f"cannot read {mine}: the history has to be"):
            check_workers(client, mine)


def test_a_worker_with_another_rulegrid_is_told(address, client, table, tmp_path):
    """One line of code is enough, since it may decide otherwise."""
    shutil.copytree(ROOT / "rulegrid", tmp_path / "rulegrid")
    with (tmp_path / "rulegrid" / "units.py").open("a") as units:
        units.write("# another line\n")
    worker = subprocess.Popen(
        [*DASK_WORKER, address, "--nthreads", "1", "--no-nanny", "--no-dashboard"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        client.wait_for_workers(3, timeout=30)
        with pytest.raises(ClusterError, match=r"has another rulegrid: rulegrid .* there"):
            check_workers(client, table.path)
    finally:
        worker.terminate()
        worker.wait()
