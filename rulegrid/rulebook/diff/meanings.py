"""Numbers for meanings: what has the same number computes the same.

Everything gets a number by its kind and by the numbers of its parts, so that a named value means
what stands behind its name, wherever it is written. What is proven to be the same whatever is
reported gets the same number: `a > b` and `b < a`, `a + b` and `b + a`, `not not c` and `c`. The
opposite is not promised: two numbers may still compute the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Meaning = int
"""Only good within its `Meanings`."""

_MOST_MERGED = 100
"""So many conditions are merged into those around them; each of them is looked at again."""


@dataclass(frozen=True, slots=True)
class See:
    """What names mean to somebody."""

    own: Mapping[str, Meaning]
    """Named values, in the areas of somebody's own."""
    everywhere: Mapping[str, Meaning]
    """Named values, in whatever areas."""
    groups: Mapping[str, Meaning]


class Meanings:
    """The numbers given so far."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], Meaning] = {}
        self._keys: list[tuple[Any, ...]] = []

    def of(self, *key: Any) -> Meaning:
        """The number of a kind with its parts."""
        number = self._numbers.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
        return number

    def negated(self, truth: Meaning) -> Meaning:
        """What is true where this is false."""
        kind, *parts = self._keys[truth]
        if kind == "not":
            return int(parts[0])
        if kind in _OPPOSITES:
            return self.of(_OPPOSITES[kind], *reversed(parts))
        if kind in _OPPOSITE_PAIRS:
            return self.of(_OPPOSITE_PAIRS[kind], *parts)
        return self.of("not", truth)

    def joined(self, kind: str, truths: Iterable[Meaning]) -> Meaning:
        """`and` or `or`: neither order nor parentheses matter, and saying it twice does not."""
        parts: set[Meaning] = set()
        for truth in truths:
            key = self._keys[truth]
            is_merged = key[0] == kind and len(key) <= _MOST_MERGED
            parts.update(key[1:] if is_merged else (truth,))
        return parts.pop() if len(parts) == 1 else self.of(kind, *sorted(parts))

    def choice(self, test: Meaning, body: Meaning, orelse: Meaning) -> Meaning:
        """`body if test else orelse`, which is `orelse if not test else body`."""
        opposite = self.negated(test)
        if opposite < test:
            test, body, orelse = opposite, orelse, body
        return self.of("if", test, body, orelse)


_OPPOSITES = {"<": "<=", "<=": "<"}
_OPPOSITE_PAIRS = {"==": "!=", "!=": "=="}
