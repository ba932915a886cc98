"""`rulegrid fmt`: rulebooks in their best-read form."""

from collections import Counter
from collections.abc import Callable, Iterator
from difflib import unified_diff

import click

from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import Report, counted
from rulegrid.cli.terminal import say, show_findings
from rulegrid.gateway.files import STANDARD_INPUT, replace_text
from rulegrid.gateway.formatting import format_file
from rulegrid.gateway.rulebooks import is_test_file
from rulegrid.rulebook.format import Formatted

EXAMPLES = """\b
Examples:
  rulegrid fmt rules/*.yaml
  rulegrid fmt --check rules/*.yaml
  rulegrid fmt --diff rules/flat.yaml
  cat rules/flat.yaml | rulegrid fmt -
"""

Act = Callable[[str, Formatted], None]
"""What is done with a rulebook that is to change."""


@click.command("fmt", epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit 3 where something would.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would.")
def command(files: tuple[str, ...], *, check: bool, diff: bool) -> int:
    """Bring rulebooks into their best-read form, in place.

    What a rulebook says stays the same, and every comment is kept. FILE is a rulebook, or - to
    read standard input and write standard output. A rulebook with errors is not touched.
    """
    if check and diff:
        raise click.UsageError("--check and --diff cannot be used together")
    act = _tell if check else _show if diff else _write
    outcomes = Counter(_format(path, act) for path in files)
    if not diff and STANDARD_INPUT not in files:
        say(_summary(outcomes, would="would be " if check else ""))
    is_wrong = outcomes["broken"] or (check and outcomes["formatted"])
    return Exit.FINDINGS if is_wrong else Exit.FINE


def _format(path: str, act: Act) -> str:
    """Format one rulebook: whether it was `formatted`, is the `same`, or is `broken`.

    A file of rulebook tests is a `test`, and left as it is.
    """
    if is_test_file(path):
        return "test"
    try:
        formatted = format_file(path)
    except FileNotFoundError:
        raise click.UsageError(f"there is no file `{path}`") from None
    if formatted.text is None:
        show_findings(Report(formatted.source, formatted.findings))
        return "broken"
    is_same = formatted.text == formatted.source.text
    if not is_same or (path == STANDARD_INPUT and act is _write):
        act(path, formatted)
    return "same" if is_same else "formatted"


def _write(path: str, formatted: Formatted) -> None:
    text = formatted.text or ""
    if path == STANDARD_INPUT:
        click.echo(text, nl=False)
        return
    try:
        replace_text(path, text)
    except OSError as error:
        click.echo(f"rulegrid: {path} cannot be written: {error.strerror}", err=True)
        raise click.exceptions.Exit(Exit.WORLD) from None
    say(f"formatted {path}")


def _tell(path: str, formatted: Formatted) -> None:
    del path
    say(f"would be formatted: {formatted.source.name}")


def _show(path: str, formatted: Formatted) -> None:
    del path
    told = "".join(_difference(formatted)).rstrip("\n")
    say(told or f"{formatted.source.name}: lines would end in LF")


def _difference(formatted: Formatted) -> Iterator[str]:
    name = formatted.source.name
    before = formatted.source.text.replace("\r\n", "\n").splitlines(keepends=True)
    after = (formatted.text or "").splitlines(keepends=True)
    for line in unified_diff(before, after, name, f"{name} (formatted)"):
        yield _painted(line if line.endswith("\n") else f"{line}\n\\ no line break at the end\n")


def _painted(line: str) -> str:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    return click.style(line, fg=colours[line[0]]) if line[0] in colours else line


def _summary(outcomes: Counter[str], would: str) -> str:
    parts = [
        f"{outcomes['formatted']} {would}formatted" if outcomes["formatted"] else "",
        f"{outcomes['same']} already formatted" if outcomes["same"] else "",
        f"{outcomes['test']} with tests, left alone" if outcomes["test"] else "",
        f"{outcomes['broken']} with errors, not touched" if outcomes["broken"] else "",
    ]
    return f"{counted(outcomes.total(), 'file')}: {', '.join(filter(None, parts))}"
