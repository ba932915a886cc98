"""Which item of a list is which of another: what is most alike comes first."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")

Alike = Callable[[T], Hashable]
"""Items for which this is equal may be the same one; None is like nothing."""
Pairs = list[tuple[int, int]]


def matched(old: Sequence[T], new: Sequence[T], likenesses: Sequence[Alike[T]]) -> Pairs:
    """Pairs of positions, by the first likeness that finds any, in the order of `new`.

    Among several that are alike, the first of each pair up.
    """
    left, right = dict(enumerate(old)), dict(enumerate(new))
    pairs: Pairs = []
    for alike in likenesses:
        waiting: dict[Hashable, list[int]] = {}
        for at, item in left.items():
            waiting.setdefault(alike(item), []).append(at)
        waiting.pop(None, None)
        for at, item in list(right.items()):
            found = waiting.get(alike(item))
            if found:
                pairs.append((found.pop(0), at))
                del left[pairs[-1][0]], right[at]
    return sorted(pairs, key=lambda pair: pair[1])


def moved(pairs: Pairs) -> set[int]:
    """The old positions of those that have to move so that the pairs are in order: the fewest."""
    tails: list[int] = []
    chains: list[list[int]] = []
    for before, _ in pairs:
        at = bisect_left(tails, before)
        chain = [*(chains[at - 1] if at else []), before]
        tails[at:], chains[at:] = (
            [before, *tails[at + 1 :]],
            [chain, *chains[at + 1 :]],
        )
    stay = set(chains[-1]) if chains else set()
    return {before for before, _ in pairs} - stay
