"""Blocks of code in Markdown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What stands between two lines of three backticks, and the line on which it begins."""

    language: str
    text: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Every block of code, in order."""
    for found in _BLOCK.finditer(text):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)


def is_whole_rulebook(text: str) -> bool:
    """Whether YAML is a complete rulebook; other examples show a part of one."""
    return re.search(r"^rulegrid: 1(?: *#.*)?$", text, re.MULTILINE) is not None
