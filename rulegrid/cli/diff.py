"""`rulegrid diff`: what a change of a rulebook means."""

import os
import sys
from dataclasses import dataclass

import click

from rulegrid.cli.differences import as_json, as_text, impact_text, painter
from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report
from rulegrid.cli.loading import ended_by_faults, load_history
from rulegrid.cli.options import format_option
from rulegrid.cli.progress import progress
from rulegrid.cli.terminal import is_colourful, say, show_findings
from rulegrid.diagnostics import shown
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.replay import SCHEME
from rulegrid.gateway.revisions import RevisionError, compile_given
from rulegrid.program import Program
from rulegrid.rehearsal.compare import Comparison, compare
from rulegrid.rulebook.diff import changes, nothing, unlike
from rulegrid.rulebook.reading import Reading
from rulegrid.source import Source

EXAMPLES = """\b
Examples:
  rulegrid diff old.yaml new.yaml
  rulegrid diff HEAD~1:rules/import_bands.yaml rules/import_bands.yaml
  rulegrid diff HEAD:rules/flat.yaml rules/flat.yaml --data year.parquet
  git difftool -x "rulegrid diff" HEAD~1 -- rules
"""


@click.command("diff", epilog=EXAMPLES)
@click.argument("old")
@click.argument("new")
@click.option(
    "--data",
    metavar="RECORDING",
    help="Decide a history by both as well: slots and EUR for each area. `replay:` is the day "
    "that ships with rulegrid.",
)
@format_option("json")
def command(old: str, new: str, data: str | None, form: str) -> int:
    """Show in which way two rulebooks differ in meaning, and whom that concerns.

    OLD and NEW are rulebooks: files, or files in a git revision as in HEAD~1:rules/a.yaml. Another
    order of keys, other names of variables, other units and other spellings of a formula are no
    change.
    """
    before, after = _load(old), _load(new)
    if before is None or after is None:
        return Exit.FINDINGS
    found = changes(before.reading, after.reading)
    met = None if data is None else _met(before, after, data, is_watched=form == "text")
    if form == "json":
        for piece in as_json(found, met):
            click.echo(piece, nl=False)
    else:
        names = before.source.name, after.source.name
        say("\n".join(as_text(names, found, painter(is_colourful(sys.stdout)))))
        if met is not None and after.program is not None:
            for line in impact_text(met, after.program):
                say(line)
    return Exit.FINE


@dataclass(frozen=True, slots=True)
class _Given:
    """One of the two rulebooks, without errors."""

    source: Source
    reading: Reading
    program: Program | None
    """None where there is no rulebook: all of the other one is new, or gone."""


def _load(given: str) -> _Given | None:
    """One of the two rulebooks; None where it has errors, which are told then.

    Warnings are not: nobody asked for a check. Git says `/dev/null` where there is no rulebook.
    """
    if given == os.devnull:
        return _Given(Source(given, ""), nothing(given), None)
    try:
        handed_over = compile_given(given)
    except FileNotFoundError:
        hint = ", nor is it written REVISION:PATH" if ":" not in given else ""
        raise click.UsageError(f"there is no file `{shown(given)}`{hint}") from None
    except RevisionError as error:
        raise click.UsageError(str(error)) from None
    compiled = handed_over.compiled
    for name in handed_over.borrowed:
        told = f"git hands over no tables: `{shown(name)}` is read as it is now"
        click.echo(f"rulegrid: {told}", err=True)
    if compiled.proofs is not None:
        return _Given(compiled.source, compiled.proofs.reading, compiled.program)
    show_findings(Report(compiled.source, compiled.findings))
    return None


def _met(before: _Given, after: _Given, data: str, *, is_watched: bool) -> Comparison:
    old, new = before.program, after.program
    if old is None or new is None:
        raise click.UsageError("--data: there is only one rulebook to play")
    wrong = tuple(unlike(before.reading, after.reading))
    if wrong:
        show_findings(Report(after.source, wrong))
        raise click.exceptions.Exit(Exit.FINDINGS)
    file = data.removeprefix(SCHEME)
    with ended_by_faults((after, before), file):
        history = load_history(file, Wire(percent=new.fee_dimension.percent))
        with progress("rows", history.rows, is_wanted=is_watched) as decided:
            met = compare(old, new, history, decided)
    for given, findings in zip((before, after), met.findings, strict=True):
        show_findings(Report(given.source, findings))
    return met
