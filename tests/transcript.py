"""Console blocks of the documentation, played again."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.console import rulegrid
from tests.markdown import blocks

LEFT_OUT = "…"
_NAMED = re.compile(r"# ([\w.]+\.yaml)\n")


def write_files(text: str, folder: Path) -> None:
    """Write each YAML block of a page that begins with a comment that is a file's name."""
    for block in blocks(text):
        named = _NAMED.match(block.text)
        if block.language == "yaml" and named:
            (folder / named[1]).write_text(block.text)


def played(text: str, folder: Path) -> Iterator[tuple[list[str], list[str]]]:
    """What a page shows under each `$ rulegrid` command, and what it prints in that folder.

    `$ cat FILE` writes the file that is shown under it.
    """
    for words, shown in _commands(text):
        if words[0] == "cat":
            (folder / words[1]).write_text("".join(f"{line}\n" for line in shown))
        elif words[0] == "rulegrid" and shown:
            ran = rulegrid(*words[1:], folder=folder)
            yield shown, [line.rstrip() for line in (ran.out + ran.err).splitlines()]


def agrees(shown: Sequence[str], real: Sequence[str]) -> bool:
    """Whether the lines shown are the real ones, where `…` stands for any lines."""
    lines = (r"(?:.*\n)*" if line == LEFT_OUT else f"{re.escape(line)}\n" for line in shown)
    return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in real)) is not None


def _commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """The words of each command of a page's console blocks, and the lines under it."""
    for block in blocks(text):
        if block.language == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, *lines = part.rstrip("\n").split("\n")
                yield shlex.split(command, comments=True), lines
