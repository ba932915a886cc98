"""`rulegrid check`: everything that is wrong in rulebooks."""

import gc
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, as_github, as_json, as_sarif, as_text
from rulegrid.cli.options import format_option
from rulegrid.cli.proven import as_plain as proven_as_plain
from rulegrid.cli.proven import as_text as proven_as_text
from rulegrid.cli.terminal import paint_for, say
from rulegrid.diagnostics import (
    CODES,
    Diagnostic,
    Severity,
    in_reading_order,
    meant_code,
    shown,
)
from rulegrid.gateway.files import page
from rulegrid.gateway.rulebooks import compile_file, is_test_file
from rulegrid.program import Program
from rulegrid.rulebook.compile import Compiled

LiveCheck = Callable[[Program], tuple[Diagnostic, ...]]
"""Finds what is wrong with a program on one grid."""

EXAMPLES = """\b
Examples:
  rulegrid check rules/*.yaml
  rulegrid check --strict --format github rules/*.yaml
  rulegrid check --grid grid.json rules/flat.yaml
  rulegrid check --explain rules/scarcity.yaml
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
@format_option("json", "github", "sarif", explained="text for people, the others for machines.")
@click.option(
    "--explain",
    is_flag=True,
    help="Show what each fee is proven to lie between, and the page of every code found.",
)
@click.option("--strict", is_flag=True, help="Warnings count: exit 5 where there is one.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="CODE",
    help="Leave a warning out, such as RG402; `# rulegrid: off RG402` does so for a line.",
)
def command(
    files: tuple[str, ...],
    grid_path: str | None,
    form: str,
    ignored: tuple[str, ...],
    **flags: bool,
) -> int:
    """Check rulebooks and show everything that is wrong in them, in one run.

    FILE is a rulebook, or a file of rulebook tests, which is read and not run; - is standard
    input. Exit code 3 means errors, 5 warnings with --strict.
    """
    for code in ignored:
        if code not in CODES:
            hint = meant_code(code)
            told = f"--ignore: there is no code `{shown(code)}`{f': {hint}' if hint else ''}"
            raise click.UsageError(told)
    gc.disable()  # of the million objects of a large rulebook none is garbage before the end
    live = None if grid_path is None else _live(grid_path)
    compiled = [_compiled(path) for path in files]
    reports = [_report(each, live, frozenset(ignored)) for each in compiled]
    if form == "text":
        say(as_text(reports, paint_for(sys.stdout)))
        if flags["explain"]:
            _explain(reports, compiled)
    elif form == "json":
        say(as_json(reports, _proofs(compiled) if flags["explain"] else None))
    else:
        say({"github": as_github, "sarif": as_sarif}[form](reports))
    severities = {finding.severity for report in reports for finding in report.findings}
    if Severity.ERROR in severities:
        return Exit.FINDINGS
    return Exit.WARNINGS if flags["strict"] and severities else Exit.FINE


def _explain(reports: Sequence[Report], compiled: Sequence[Compiled]) -> None:
    """Show what is proven of fees, and the pages of all codes found, each once."""
    for text in filter(None, map(proven_as_text, compiled)):
        say(f"\n{text}")
    for code in sorted({finding.code for report in reports for finding in report.findings}):
        say(f"\n{page(code).rstrip()}")


def _proofs(compiled: Sequence[Compiled]) -> list[dict[str, Any]]:
    return [told for each in compiled for told in proven_as_plain(each)]


def _live(grid_path: str) -> LiveCheck:
    # NumPy takes longer to load than a rulebook to check, and only a grid needs it.
    from rulegrid.cli.against import against  # noqa: PLC0415

    return against(grid_path)


def _compiled(path: str) -> Compiled:
    try:
        return _test_file(path) if is_test_file(path) else compile_file(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None


def _test_file(path: str) -> Compiled:
    """What is wrong with a file of tests, as if it were a rulebook without a program."""
    # as above: tests need NumPy, rulebooks do not
    from rulegrid.rehearsal.cases.reading import read_file  # noqa: PLC0415

    file = read_file(path, {})
    return Compiled(file.source, None, file.findings)


def _report(compiled: Compiled, live: LiveCheck | None, ignored: frozenset[str]) -> Report:
    findings = compiled.findings
    if live is not None and compiled.program is not None:
        findings = in_reading_order((*findings, *live(compiled.program)))
    kept = (f for f in findings if f.severity is Severity.ERROR or f.code not in ignored)
    return Report(compiled.source, tuple(kept))
