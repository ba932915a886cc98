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


def sessions(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Each `$ rulegrid` command of a page's console blocks, and the lines shown under it."""
    for block in blocks(text):
        if block.language != "console":
            continue
        for shown in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, *lines = shown.rstrip("\n").split("\n")
            words = shlex.split(command, comments=True)
            if words[0] == "rulegrid" and lines:
                yield words[1:], lines


def printed(arguments: Sequence[str], folder: Path) -> list[str]:
    """What a command prints in that folder, without blanks at the ends of lines."""
    ran = rulegrid(*arguments, folder=folder)
    return [line.rstrip() for line in (ran.out + ran.err).splitlines()]


def agrees(shown: Sequence[str], real: Sequence[str]) -> bool:
    """Whether the lines shown are the real ones, where `…` stands for any lines."""
    lines = (r"(?:.*\n)*" if line == LEFT_OUT else f"{re.escape(line)}\n" for line in shown)
    return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in real)) is not None
