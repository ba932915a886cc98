"""What `rulegrid backtest --cluster` refuses, and how soon."""

import socket
import time

import pytest

from rulegrid.cli.exits import Exit
from tests.console import rulegrid

FLAT = "rules/flat.yaml"


@pytest.mark.parametrize("address", ["here", "local:0", "local:", "tcp://:8786", "a b:1"])
def test_an_address_is_one(address):
    """Anything else is a mistake in the command."""
    ran = rulegrid("backtest", FLAT, "--data", "year.parquet", "--cluster", address)
    assert ran.code == Exit.USAGE
    assert "neither `local:4` nor as `tcp://10.0.0.5:8786`" in ran.err


def test_a_cluster_reads_parquet_and_writes_no_fees():
    """Other histories cannot be read in parts, and fees are written in one place."""
    other = rulegrid("backtest", FLAT, "--cluster", "local:2")
    assert (other.code, "needs a history in Parquet" in other.err) == (Exit.USAGE, True)
    fees = rulegrid("backtest", FLAT, "--cluster", "local:2", "-o", "fees.csv")
    assert (fees.code, "leave --cluster out" in fees.err) == (Exit.USAGE, True)


def test_a_cluster_that_does_not_answer_ends_the_command_within_seconds(parquet):
    """With exit code 6: nothing listens there, or something that is no scheduler."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        began = time.monotonic()
        ran = rulegrid("backtest", FLAT, "--data", parquet, "--cluster", address)
    assert ran.code == Exit.WORLD
    assert f"no Dask scheduler answers at {address}" in ran.err
    assert time.monotonic() - began < 10


@pytest.fixture
def parquet(tmp_path):
    path = tmp_path / "day.csv"
    path.write_text("slot,area,volume\n2021-07-01T00:15,Grid,1\n2021-07-01T00:30,Grid,2\n")
    pa_csv = pytest.importorskip("pyarrow.csv")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa_csv.read_csv(path), tmp_path / "day.parquet")
    return str(tmp_path / "day.parquet")
