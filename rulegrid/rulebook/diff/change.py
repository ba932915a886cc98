"""A change of meaning, and changes gathered from selectors."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "setting",
    "variable",
    "band",
    "calendar",
    "table",
    "group",
    "selector",
    "rule",
    "condition",
    "fee",
    "order",
    "limit",
    "when_no_data",
    "words",
]


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two rulebooks says, and where."""

    text: str
    file: str
    line: int | None
    """None where it says nothing itself: a default, or nothing at all."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two rulebooks, as a reviewer speaks of it."""

    kind: Kind
    what: str
    """Which part it is about: `band `congestion`, step 2 (10 to 20 kWh)`."""
    old: Side | None
    """None for what is new."""
    new: Side | None
    """None for what is gone."""
    selectors: tuple[str, ...] = ()
    """Whose fees it may change, as the new rulebook calls them; none for what concerns all."""

    @property
    def is_words(self) -> bool:
        """Whether no fee can come out differently."""
        return self.kind == "words"


class Gathered:
    """Changes, each told once, with all the selectors that it concerns."""

    def __init__(self) -> None:
        self._selectors: dict[Change, dict[str, None]] = {}

    def add(self, changes: Iterable[Change], selector: str) -> None:
        """Note what has changed for a selector."""
        for change in changes:
            self._selectors.setdefault(change, {})[selector] = None

    def changes(self) -> tuple[Change, ...]:
        """All of them, in the order in which they were noted first."""
        return tuple(
            replace(change, selectors=tuple(selectors))
            for change, selectors in self._selectors.items()
        )
