"""`rulegrid check`: everything that is wrong in rulebooks."""

import sys
from dataclasses import replace

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, as_github, as_json, as_sarif, as_text
from rulegrid.cli.terminal import paint_for, say
from rulegrid.diagnostics import CODES, Diagnostic, Severity, in_reading_order
from rulegrid.engine.binding import bind
from rulegrid.gateway.files import FileRefusedError, compile_file
from rulegrid.gateway.grids import grid_file
from rulegrid.grid import Grid

EXAMPLES = """\b
Examples:
  rulegrid check rules/*.yaml
  rulegrid check --strict --format github rules/*.yaml
  rulegrid check --grid grid.json rules/flat.yaml
  cat rules/flat.yaml | rulegrid check -
"""


@click.command("check", epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--grid",
    "grid_path",
    metavar="GRID.json",
    help="Check against this grid too: nested names, or a market event of the exchange.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="text for people, the others for machines.",
)
@click.option("--strict", is_flag=True, help="Warnings count: exit 5 where there is one.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="CODE",
    help="Leave a warning out, such as RG402.",
)
def command(
    files: tuple[str, ...],
    grid_path: str | None,
    form: str,
    *,
    strict: bool,
    ignored: tuple[str, ...],
) -> int:
    """Check rulebooks and show everything that is wrong in them, in one run.

    FILE is a rulebook, or - for standard input. Exit code 3 means errors, 5 warnings with
    --strict.
    """
    for code in ignored:
        if code not in CODES:
            raise click.UsageError(f"--ignore: there is no code `{code}`")
    grid = None if grid_path is None else _grid(grid_path)
    reports = [_report(path, grid, frozenset(ignored)) for path in files]
    if form == "text":
        say(as_text(reports, paint_for(sys.stdout)))
    else:
        say({"json": as_json, "github": as_github, "sarif": as_sarif}[form](reports))
    severities = {finding.severity for report in reports for finding in report.findings}
    if Severity.ERROR in severities:
        return Exit.FINDINGS
    return Exit.WARNINGS if strict and severities else Exit.FINE


def _grid(path: str) -> Grid:
    try:
        return grid_file(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None
    except FileRefusedError as error:
        raise click.UsageError(f"--grid {path}: {error}") from None


def _report(path: str, grid: Grid | None, ignored: frozenset[str]) -> Report:
    try:
        compiled = compile_file(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None
    findings = compiled.findings
    if grid is not None and compiled.program is not None:
        live = (_as_error(finding) for finding in bind(compiled.program, grid).findings)
        findings = in_reading_order((*findings, *live))
    kept = (f for f in findings if f.severity is Severity.ERROR or f.code not in ignored)
    return Report(compiled.source, tuple(kept))


def _as_error(finding: Diagnostic) -> Diagnostic:
    """With `--grid` the author has said which areas there are.

    What is not among them is an error.
    """
    return replace(finding, severity=Severity.ERROR)
