"""`rulegrid test`: rulebooks against what is expected of them."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.junit import as_junit
from rulegrid.cli.options import format_option
from rulegrid.cli.progress import each, progress
from rulegrid.cli.recorded_test import recorded_test
from rulegrid.cli.terminal import paint_for, say
from rulegrid.cli.verdicts import as_json, as_text
from rulegrid.diagnostics import shown
from rulegrid.gateway.rulebooks import is_test_file
from rulegrid.rehearsal.cases.model import Case
from rulegrid.rehearsal.cases.reading import read_file
from rulegrid.rehearsal.cases.rounds import Round, round_of, slots_of, try_file
from rulegrid.rehearsal.cases.running import Verdict
from rulegrid.rulebook.compile import Compiled

EXAMPLES = """\b
Examples:
  rulegrid test
  rulegrid test rules/ --min-coverage 100
  rulegrid test rules/scarcity.test.yaml --filter evening
  rulegrid test --format junit > tests.xml
  rulegrid test rules/scarcity.yaml --record day.jsonl.gz \\
    --slots 2021-07-01T10:00..2021-07-01T12:00 --areas "District *" > rules/day.test.yaml
"""


@click.command("test", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--filter", "wanted", metavar="TEXT", help="Only tests with this in their name.")
@click.option(
    "--min-coverage",
    "least",
    type=click.FloatRange(0, 100),
    metavar="N",
    help="Fail where less than N percent of the rulebooks is tried.",
)
@format_option("json", "junit")
@click.option(
    "--record",
    "recording",
    metavar="RECORDING",
    help="Write a test file from slots of a recording; PATH is the rulebook. `replay:` is the day "
    "that ships with rulegrid.",
)
@click.option(
    "--slots", metavar="A..B", help="With --record: slots of the fees, UTC or with offset."
)
@click.option(
    "--areas", multiple=True, metavar="X", help="With --record: an area, or several with `*`."
)
def command(
    paths: tuple[str, ...], wanted: str | None, least: float | None, form: str, **record: Any
) -> int:
    """Run rulebook tests: slots with what was measured, and the fees that should follow.

    PATH is a test file (*.test.yaml), a rulebook that has one beside it, or a folder with some in
    it or below it; without one it is the current folder. Exit code 3 means errors in test files, 4
    that tests failed, that there were none, or that too little was tried.
    """
    if any(record.values()):
        say(_recorded(paths, **record).rstrip("\n"))
        return Exit.FINE
    done = _round(list(_files(paths or (".",))), _filter(wanted), is_watched=form == "text")
    if form == "json":
        say(as_json(done, least))
    elif form == "junit":
        say(as_junit(done))
    else:
        say(as_text(done, least, paint_for(sys.stdout)))
    if done.has_errors:
        return Exit.FINDINGS
    return Exit.FINE if _is_fine(done, least) else Exit.TESTS_FAILED


def _recorded(
    paths: Sequence[str], recording: str | None, slots: str | None, areas: tuple[str, ...]
) -> str:
    if recording is None:
        raise click.UsageError("--slots and --areas go with --record RECORDING")
    if len(paths) != 1:
        raise click.UsageError("--record takes one rulebook: rulegrid test RULEBOOK --record ...")
    return recorded_test(paths[0], recording, slots, areas)


def _is_fine(done: Round, least: float | None) -> bool:
    is_covered = least is None or done.coverage >= least
    return done.has_run and not done.count(Verdict.FAILED) and is_covered


def _round(paths: Sequence[str], wanted: Callable[[Case], bool], *, is_watched: bool) -> Round:
    known: dict[str, Compiled] = {}
    files = [read_file(path, known) for path in each(paths, "files", is_wanted=is_watched)]
    slots = sum(slots_of(file, wanted) for file in files)
    with progress("slots", slots, is_wanted=is_watched) as decided:
        return round_of([try_file(file, wanted, decided) for file in files])


def _filter(wanted: str | None) -> Callable[[Case], bool]:
    text = (wanted or "").casefold()
    return lambda case: text in case.name.casefold()


def _files(paths: Sequence[str]) -> Iterator[str]:
    """The test files at some paths, each once: files as they are named, folders in order."""
    found: dict[str, str] = {}
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise click.UsageError(f"there is no file `{shown(path)}`")
        for file in _below(path) if Path(path).is_dir() else [_of(path)]:
            found.setdefault(os.path.normpath(file), file)
    return iter(found.values())


def _of(path: str) -> str:
    """The test file beside a rulebook; every other file is one itself."""
    beside = Path(path).with_suffix(".test.yaml").as_posix() if path != "-" else path
    return path if is_test_file(path) or not Path(beside).is_file() else beside


def _below(folder: str) -> Iterator[str]:
    """The test files of a folder; what is hidden, such as `.venv`, is left out."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from ((Path(here) / name).as_posix() for name in filter(is_test_file, sorted(names)))
