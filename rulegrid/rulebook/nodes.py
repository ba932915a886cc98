"""The tree of a YAML file as it was read: what stands where.

Its leaves are bare tuples, so that a large file is read quickly; a `Span` is made when somebody
asks for a place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import yaml

from rulegrid.diagnostics import Diagnostic
from rulegrid.source import Span

BLOCK_STYLES = frozenset("|>")

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

T = TypeVar("T")


class _Broken:
    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = _Broken()
"""Stands in the data for a value about which a finding was made: of no kind a rulebook takes."""


@dataclass(slots=True, eq=False)
class Branch:
    """A list or mapping: its plain data, the nodes of its values, and how far it has been read."""

    start: int
    is_flow: bool
    """In brackets or braces."""
    data: Any
    """A dict or list."""
    nodes: Any
    """A dict or list of nodes, as long as `data`."""
    is_mapping: bool = False
    keys: dict[str, "Node"] = field(default_factory=dict)
    """Where each key of a mapping was written first."""
    faults: list[tuple[str, Diagnostic]] = field(default_factory=list)
    """What is wrong with keys in braces; they may turn out to be parts of a cut formula."""
    has_bare_keys: bool = False
    """Whether a key in braces has no value, as such a part has none."""
    key: str = ""
    awaits_key: bool = False
    is_first: bool = True
    """Whether the value of `key` has a place in the data: a repeated key's has none."""
    is_sound: bool = True
    """Whether nothing is wrong with `key`."""
    last: "Node | None" = None
    end: int = 0

    @classmethod
    def of_list(cls, start: int, *, is_flow: bool) -> "Branch":
        """A list that is empty so far."""
        return cls(start, is_flow, [], [])

    @classmethod
    def of_mapping(cls, start: int, *, is_flow: bool) -> "Branch":
        """A mapping that is empty so far."""
        return cls(start, is_flow, {}, {}, is_mapping=True, awaits_key=True)


Leaf = tuple[int, int, str]
"""Where a scalar begins and ends in the file, and what it says, decoded."""

Node = Leaf | Branch


def bounds(event: Any) -> tuple[int, int]:
    """The offsets at which an event begins and ends."""
    return event.start_mark.index, event.end_mark.index


_PROPERTY = re.compile(r"[&!]\S*\s*")


def leaf(event: yaml.ScalarEvent, text: str) -> Leaf:
    """The leaf of a scalar in the text of its file, without anchor, tag and space behind it."""
    start, end = bounds(event)
    if event.anchor is not None or event.tag is not None:
        while found := _PROPERTY.match(text, start, end):
            start = found.end()
    if event.style in BLOCK_STYLES:
        end = start + len(text[start:end].rstrip())
    return start, end, event.value


def span_of(node: Node) -> Span:
    """The characters of a node."""
    if isinstance(node, tuple):
        return Span(node[0], node[1])
    end = span_of(node.last).end if node.last and not node.is_flow else node.end
    return Span(node.start, max(node.start, end))


class View(Mapping[Path, T]):
    """What a tree says about each of its paths."""

    def __init__(self, top: Branch, tell: Callable[[Branch, Any], T]) -> None:
        self._top = top
        self._tell = tell

    def __getitem__(self, path: Path) -> T:
        branch: Any = self._top
        *way, last = (0, *path)
        try:
            for step in way:
                branch = branch.nodes[step]
            return self._tell(branch, last)
        except (LookupError, TypeError, AttributeError):
            raise KeyError(path) from None

    def __iter__(self) -> Iterator[Path]:
        return (path for path in _paths(self._top, ()) if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _paths(branch: Branch, way: Path) -> Iterator[Path]:
    for step, node in branch.nodes.items() if branch.is_mapping else enumerate(branch.nodes):
        yield (*way, step)[1:]
        if isinstance(node, Branch):
            yield from _paths(node, (*way, step))


def scalars(node: Node) -> Iterator[tuple[int, int]]:
    """Where each scalar of a tree begins and ends, keys included, in no particular order."""
    waiting: list[Node] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            yield each[0], each[1]
            continue
        waiting.extend(each.keys.values())
        waiting.extend(each.nodes.values() if each.is_mapping else each.nodes)
