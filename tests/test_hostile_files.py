"""Whatever is in a file, a command ends in words, with its exit code, and soon."""

import gzip
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rulegrid.cli.exits import Exit
from tests.console import Ran, rulegrid
from tests.yardstick import slowness

MOST_SECONDS = 1.0
"""Of work, on a machine of the usual speed."""
HANGS = 20

AREAS = "rulegrid: 1\nname: x\nareas:\n"
GOOD = f"{AREAS}  Grid: 2\n"
MEBIBYTE = 2**20


def nested(brackets: str, depth: int) -> str:
    return GOOD + "limits: " + brackets[0] * depth + brackets[1] * depth


def lines(template: str, count: int) -> str:
    return "".join(template.format(n, n + 1) for n in range(count))


def alias_bomb() -> str:
    levels = lines("l{1}: &l{1} [{0}]\n", 1)
    for n in range(1, 30):
        levels += f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n"
    return levels + GOOD


def merge_bomb() -> str:
    return (
        "base: &base {a: 1}\n" + lines("m{0}: &m{0} {{<<: [*base, *base], b: 2}}\n", 5000) + GOOD
    )


def noise(count: int) -> bytes:
    return random.Random(1).randbytes(count)  # noqa: S311 - the same noise each time


TEXTS: dict[str, str] = {
    "empty": "",
    "blanks": " \n" * 1000,
    "only a comment": "# to be written\n",
    "a number": "1",
    "a list": "- 1\n- 2\n",
    "a byte order mark": "\N{ZERO WIDTH NO-BREAK SPACE}" + GOOD,
    "a NUL": GOOD + "\0",
    "carriage returns alone": GOOD.replace("\n", "\r"),
    "two documents": GOOD + "---\n" + GOOD,
    "a directive": "%YAML 1.1\n---\n" + GOOD,
    "a tag that builds objects": f"!!python/object/apply:os.system ['true']\n{GOOD}",
    "nested lists": nested("[]", 100_000),
    "nested mappings": GOOD + "limits: " + "{a: " * 50_000,
    "nested by indentation": GOOD + "".join(f"{' ' * n}a:\n" for n in range(1500)),
    "an alias bomb": alias_bomb(),
    "a merge-key bomb": merge_bomb(),
    "two million characters": GOOD + "description: " + "x" * (2 * MEBIBYTE),
    "a text of a million": GOOD + "description: " + "x" * MEBIBYTE,
    "a key of a million": GOOD + "x" * MEBIBYTE + ": 1\n",
    "a line of quotes": GOOD + '"' * MEBIBYTE,
    "a line of commas": GOOD + "limits: {" + "," * MEBIBYTE,
    "a line of colons": GOOD + ":" * MEBIBYTE,
    "escapes": GOOD + 'description: "' + "\\u200b" * 300_000 + '"\n',
    "invisible characters": GOOD + "# " + "\N{ZERO WIDTH SPACE}" * 300_000,
    "one key many times": GOOD + "name: x\n" * 100_000,
    "unknown keys": GOOD + lines("key{0}: 1\n", 20_000),
    "areas": AREAS + lines("  House {0}: 2\n", 6_000),
    "areas with formulas": AREAS + lines("  House {0}: 2 if import > {1} kWh else 1\n", 1_500),
    "areas with mistakes": AREAS + lines("  House {0}: imprt * {1} ct\n", 1_500),
    "wildcards": AREAS + lines('  "H*o*u*s*e*{0}": 2\n', 5_000),
    "a chain of variables": GOOD + "variables:\n  v0: 1\n" + lines("  v{1}: v{0} + 1\n", 2_000),
    "a circle of variables": GOOD
    + "variables:\n  v0: v3000\n"
    + lines("  v{1}: v{0} + 1\n", 3_000),
    "circles of variables": GOOD
    + "variables:\n"
    + lines("  a{0}: b{0} + 1\n  b{0}: a{0} + 1\n", 1_000),
    "fees of fees": AREAS + "  House 0: 1\n" + lines("  House {1}: '\"House {0}\".fee'\n", 3_000),
    "variables of areas": AREAS
    + lines("  House {0}: {{fee: full, variables: {{full: {1}}}}}\n", 1_500),
    "rules": AREAS
    + "  Grid:\n    rules:\n"
    + lines("    - {{when: hour == {0}, fee: 1}}\n", 1_500),
}
FORMULAS: dict[str, str] = {
    "parentheses": "(" * 2000 + "1" + ")" * 2000,
    "open parentheses": "(" * 4000,
    "minus signs": "-" * 1000 + "1",
    "nots": "not " * 250 + "is_workday",
    "powers": "9**" * 300 + "9",
    "a large exponent": "1e999999999999",
    "a long number": "9" * 1000,
    "a long fraction": "1e-999999",
    "comparisons": "1 < " * 250 + "1",
    "ifs": "1 if 1 < 2 else " * 60 + "1",
    "nested calls": "abs(" * 250 + "1" + ")" * 250,
    "nested windows": "average(" * 30 + "import" + ", 3000 slots)" * 30,
    "quotes": "'\"'" * 300,
    "dots": "Grid" + ".import" * 100,
    "an attribute": "import.__class__.__bases__",
    "an import": "__import__('os').system('true')",
    "a comprehension": "[x for x in (1, 2)]",
    "a lambda": "(lambda: 1)()",
    "an f-string": "f'{import}'",
    "letters that fold": "\N{MATHEMATICAL BOLD SMALL I}mport",
    "a surrogate": "\\ud800",
}
TEXTS |= {
    f"a formula of {name}": f"{AREAS}  Grid: >-\n    {formula}\n"
    for name, formula in FORMULAS.items()
}
BYTES: dict[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "ten megabytes": b"x" * 10 * MEBIBYTE,
    "ten megabytes of areas": (AREAS + lines("  House {0}: 2\n", 600_000)).encode(),
    "noise": noise(100_000),
    "noise without zeros": noise(100_000).replace(b"\0", b"\1"),
    "Latin-1": (GOOD + "description: Gebühr\n").encode("latin-1"),
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-32": GOOD.encode("utf-32"),
    "half a character": GOOD.encode() + b"# \xe2\x82",
    "gzip": gzip.compress(GOOD.encode()),
}


@contextmanager
def unless_it_hangs() -> Iterator[None]:
    """Break off what waits for ever, such as a pipe that nobody writes to."""

    def fail(*_: object) -> None:
        raise TimeoutError("the command hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def timed(*arguments: str, stdin: bytes) -> tuple[Ran, float]:
    """Run a command: what came of it, and the seconds of work."""
    started = time.process_time()
    with unless_it_hangs():
        ran = rulegrid(*arguments, stdin=stdin)
    return ran, time.process_time() - started


def ended_well(*arguments: str, stdin: bytes = b"") -> Ran:
    """Run a command, which must end in words within a second of work."""
    ran, seconds = timed(*arguments, stdin=stdin)
    if seconds > MOST_SECONDS:
        ran, again = timed(*arguments, stdin=stdin)
        seconds = min(seconds, again) / slowness()
    assert "Traceback" not in ran.out + ran.err
    assert ran.code in {Exit.FINE, Exit.USAGE, Exit.FINDINGS}, ran.err
    assert ran.out + ran.err
    assert seconds < MOST_SECONDS
    return ran


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Imports and the recorded day are loaded once, before the clock runs."""
    rulegrid("check", "rules/flat.yaml")
    rulegrid("run", "rules/flat.yaml", "--slots", "1")


@pytest.mark.parametrize("name", BYTES)
def test_no_rulebook_ends_in_a_traceback_or_takes_over_a_second(name, tmp_path):
    """`check` says what is wrong, or nothing."""
    file = tmp_path / "hostile.yaml"
    file.write_bytes(BYTES[name])
    ended_well("check", str(file))


@pytest.mark.parametrize("name", BYTES)
def test_no_rulebook_from_standard_input_does_either(name):
    """`-` is as safe as a file, and JSON as text."""
    findings = json.loads(ended_well("check", "--format", "json", "-", stdin=BYTES[name]).out)
    assert {"ok", "files", "findings"} == findings.keys()


@pytest.mark.parametrize("name", ["empty", "noise", "an alias bomb", "a list", "a NUL", "gzip"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "{}"),
        ("run", "rules/flat.yaml", "--slots", "1", "--exchange", "replay:{}"),
        ("check", "rules/flat.yaml", "--grid", "{}"),
        ("explain", "Grid", "--slot", "2021-07-01T12:00", "--rulebook", "{}"),
        ("explain", "Grid", "--slot", "2021-07-01T12:00", "--journal", "{}"),
        ("explain", "Grid", "--slot", "2021-07-01T12:00", "--rulebook", "{}", "--data", "{}"),
    ],
    ids=["rulebook", "recording", "grid", "explained", "journal", "data"],
)
def test_no_other_file_does_either(name, arguments, tmp_path):
    """Rulebooks, recordings, grids and journals are refused in words."""
    file = tmp_path / "hostile"
    file.write_bytes(BYTES[name])
    assert Exit.FINE != ended_well(*(each.format(file) for each in arguments)).code


def directory(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def without_permission(path: Path) -> None:
    path.write_text(GOOD)
    path.chmod(0)


def nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize("make", [directory, pipe, link_to_itself, without_permission, nothing])
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "{}"),
        ("run", "{}"),
        ("run", "rules/flat.yaml", "--exchange", "replay:{}"),
        ("check", "rules/flat.yaml", "--grid", "{}"),
        ("explain", "Grid", "--slot", "2021-07-01T12:00", "--journal", "{}"),
        ("run", "rules/flat.yaml", "--slots", "1", "--journal", "{}/journal"),
    ],
    ids=["check", "run", "recording", "grid", "journal", "new journal"],
)
def test_what_is_no_file_is_refused_in_words(make: Callable[[Path], None], arguments, tmp_path):
    """A directory, a pipe, a loop of links, a file that may not be read, one that is missing."""
    path = tmp_path / "hostile.yaml"
    make(path)
    with unless_it_hangs():
        ran = rulegrid(*(each.format(path) for each in arguments))
    refused = {Exit.USAGE, Exit.FINDINGS, Exit.WORLD}
    expected = refused | ({Exit.FINE} if _is_possible(make, arguments) else set())
    assert ran.code in expected, ran.err
    assert "bug" not in ran.err


def _is_possible(make: Callable[[Path], None], arguments: tuple[str, ...]) -> bool:
    """A journal can be written into a directory, and root may read everything."""
    if arguments[-1].endswith("/journal"):
        return make is directory
    return make is without_permission and os.geteuid() == 0
