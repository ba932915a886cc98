"""`rulegrid backtest --cluster`: the same numbers, worked out by many machines."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.loading import Loaded
from rulegrid.cli.progress import progress
from rulegrid.diagnostics import shown
from rulegrid.engine.block import reads_own_fees
from rulegrid.gateway.histories.folders import is_parquet
from rulegrid.rehearsal.backtest import Backtest

ADDRESS = re.compile(r"local:[1-9]\d{0,2}|(?!local:)([a-z]+://)?([^\s/:]+|\[[0-9a-f:.]+\]):\d+")


def check_address(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    """The address of a cluster, as an option has it; ends the command where it is none."""
    if value is not None and not ADDRESS.fullmatch(value):
        raise click.UsageError(
            f"--cluster: `{shown(value)}` is neither `local:4` nor as `tcp://10.0.0.5:8786`"
        )
    return value


def spread_out(loaded: Sequence[Loaded], data: str, address: str) -> Backtest:
    """Run a backtest on a cluster; ends the command where that cannot be done.

    Raises `HistoryError` and `RehearsalError`.
    """
    if not is_parquet(data):
        raise click.UsageError("--cluster needs a history in Parquet, which can be read in parts")
    try:
        from rulegrid.rehearsal.cluster.reaching import ClusterError  # noqa: PLC0415 - Dask
    except ImportError:
        raise click.UsageError("--cluster needs dask: pip install 'rulegrid[cluster]'") from None
    for each in loaded:
        if reads_own_fees(each.program):
            click.echo(
                f"{each.source.name} reads fees that it has set itself, so its slots cannot be "
                "shared out: one worker decides all of them",
                err=True,
            )
    try:
        return _spread(loaded, str(Path(data).absolute()), address)
    except ClusterError as error:
        _ended(str(error))


def _spread(loaded: Sequence[Loaded], path: str, address: str) -> Backtest:
    from rulegrid.gateway.histories.parquet import Parquet  # noqa: PLC0415 - pyarrow
    from rulegrid.rehearsal.cluster.reaching import check_workers, reached  # noqa: PLC0415
    from rulegrid.rehearsal.cluster.spreading import spread  # noqa: PLC0415 - Dask

    table = Parquet(path)
    with reached(address) as client:
        check_workers(client, path)
        with progress("rows", table.rows * len(loaded)) as read:
            return spread([each.program for each in loaded], table, client, read)


def _ended(told: str) -> NoReturn:
    click.echo(f"rulegrid: {told}", err=True)
    raise click.exceptions.Exit(Exit.WORLD)
