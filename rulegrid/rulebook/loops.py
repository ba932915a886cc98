"""Circles among definitions that need each other."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

MOST_CIRCLES = 50
"""So many circles are looked at; of a knot of many, a few say enough."""

Circle = tuple[str, ...]
"""Names each of which needs the next one; the first is repeated at the end."""


@dataclass(frozen=True, slots=True)
class Loops:
    """What goes round in a graph."""

    circles: tuple[Circle, ...]
    """No name is in two of them."""
    knots: frozenset[str]
    """Names that lie on circles: if they need nothing, nothing goes round any more."""


def loops(graph: Mapping[str, Collection[str]]) -> Loops:
    """The circles of a graph, in one walk: `graph[name]` are the names that this one needs."""
    circles: list[Circle] = []
    knots: set[str] = set()
    told: set[str] = set()
    looked_at = 0
    for path, back_to in _returns(graph):
        knots.add(path[-1])
        if looked_at < MOST_CIRCLES:
            looked_at += 1
            circle = path[path.index(back_to) :]
            if told.isdisjoint(circle):
                told.update(circle)
                circles.append((*circle, back_to))
    return Loops(tuple(circles), frozenset(knots))


def _returns(graph: Mapping[str, Collection[str]]) -> Iterator[tuple[list[str], str]]:
    """Each place at which a walk in depth comes back to a name on its way, with the way."""
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        on_path: set[str] = set()
        waiting = [iter((start,))]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                if path:
                    on_path.discard(path[-1])
                    done.add(path.pop())
            elif name in on_path:
                yield path, name
            elif name not in done:
                path.append(name)
                on_path.add(name)
                waiting.append(iter(graph.get(name, ())))
