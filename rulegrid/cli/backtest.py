"""`rulegrid backtest`: what rulebooks would have charged over a history."""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import click

from rulegrid.cli.backtest_cluster import check_address, spread_out
from rulegrid.cli.backtest_report import PageFile, ready
from rulegrid.cli.backtest_tables import as_text
from rulegrid.cli.backtest_views import as_json
from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report
from rulegrid.cli.loading import Loaded, ended_by_faults, load_history, load_rulebook
from rulegrid.cli.options import format_option
from rulegrid.cli.progress import progress
from rulegrid.cli.terminal import say, show_findings
from rulegrid.gateway.histories import History, belongs_to
from rulegrid.gateway.rulebooks import is_test_file
from rulegrid.rehearsal.backtest import Backtest, Watching, backtest

EXAMPLES = """\b
Examples:
  rulegrid backtest rules/import_bands.yaml
  rulegrid backtest rules/*.yaml --data year.parquet
  rulegrid backtest rules/flat.yaml --data year.csv -o fees.parquet --format json
  rulegrid backtest rules/flat.yaml --data /shared/year.parquet --cluster tcp://10.0.0.5:8786
  rulegrid backtest rules/import_bands.yaml rules/flat.yaml --report out.html
"""
ENDINGS = (".csv", ".parquet")


@click.command("backtest", epilog=EXAMPLES)
@click.argument("rulebooks", nargs=-1, required=True, metavar="RULEBOOK...")
@click.option(
    "--data",
    default="",
    metavar="RECORDING",
    help="A history: .parquet, a folder of such files, .csv, or the messages of an exchange as "
    ".jsonl or .jsonl.gz. "
    "[default: the day that ships with rulegrid]",
)
@click.option(
    "-o",
    "--output",
    metavar="OUT.csv|OUT.parquet",
    help="Write the fee of every slot and area.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS|local:N",
    callback=check_address,
    help="Run on a Dask cluster, or on N processes of this machine; needs a history in Parquet.",
)
@click.option(
    "--report",
    metavar="OUT.html",
    callback=ready,
    help="Write a page with charts, and the explanation of each peak.",
)
@format_option("json")
def command(
    rulebooks: tuple[str, ...], data: str, form: str, report: PageFile | None, **how: str | None
) -> int:
    """Decide every slot of a history by one or several rulebooks, and add up what comes of it.

    Each slot's fees count as sent before the next. The energy is what was recorded: it does not
    react to another fee. Rulebook tests (*.test.yaml) among the files are passed over.
    """
    output, cluster = how["output"], how["cluster"]
    _check_output(output, cluster, data)
    loaded = _loaded(rulebooks)
    history = load_history(data)
    _tell_of_units(loaded, history)
    with ended_by_faults(loaded, data):
        if cluster is None:
            found = _backtest(loaded, history, output)
        else:
            found = spread_out(loaded, data, cluster)
        if report is not None:
            report.write(loaded, history, found, data)
    for rulebook, findings in zip(loaded, found.findings, strict=True):
        show_findings(Report(rulebook.source, findings))
    names = [rulebook.source.name for rulebook in loaded]
    if form == "json":
        say(json.dumps(as_json(found, names, data), indent=2))
    else:
        say(as_text(found, data, sys.stdout))
    return Exit.FINE


def _loaded(rulebooks: Sequence[str]) -> list[Loaded]:
    loaded = [load_rulebook(path) for path in rulebooks if not is_test_file(path)]
    if not loaded:
        raise click.UsageError("these are rulebook tests; name a rulebook")
    return loaded


def _check_output(output: str | None, cluster: str | None, data: str) -> None:
    if output is None:
        return
    if not output.lower().endswith(ENDINGS):
        raise click.UsageError(f"-o: the file's name ends in {' or '.join(ENDINGS)}")
    if cluster is not None:
        raise click.UsageError("-o is written on one machine: leave --cluster out")
    if belongs_to(output, data):
        raise click.UsageError(f"-o: {output} would be part of the history; name another file")


def _tell_of_units(loaded: Sequence[Loaded], history: History) -> None:
    """Recorded fees are of one unit; whoever compares them with others is told."""
    recorded = history.fee_unit or loaded[0].program.fee_unit
    for each in loaded:
        if each.program.fee_unit != recorded:
            click.echo(
                f"warning: {each.source.name} has fees in {each.program.fee_unit}, and the "
                f"recorded ones are in {recorded}: do not compare it with what was recorded",
                err=True,
            )


def _backtest(loaded: Sequence[Loaded], history: History, output: str | None) -> Backtest:
    programs = [each.program for each in loaded]
    with ExitStack() as stack:
        watching = Watching(read=stack.enter_context(progress("rows", history.rows)))
        if output is not None:
            file = stack.enter_context(_fees_file(output, [each.source.name for each in loaded]))
            watching = Watching(file.write, watching.read)
        return backtest(programs, history, watching)


def _fees_file(path: str, rulebooks: Sequence[str]) -> Any:
    try:
        from rulegrid.gateway.histories.writing import FeesFile  # noqa: PLC0415 - pyarrow

        return FeesFile(path, rulebooks)
    except ImportError:
        raise click.UsageError("-o needs pyarrow: pip install 'rulegrid[backtest]'") from None
    except OSError as error:
        raise click.UsageError(f"-o: {path} cannot be written: {error.strerror}") from None
