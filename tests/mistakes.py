"""Mistakes that an author may make in nested data, whatever it says."""

from collections.abc import Sequence
from copy import deepcopy
from random import Random
from typing import Any


def places(data: Any, above: tuple = ()) -> list[tuple]:
    """Every place in nested data."""
    found = [above] if above else []
    for key, value in data.items() if isinstance(data, dict) else ():
        found += places(value, (*above, key))
    for number, value in enumerate(data) if isinstance(data, list) else ():
        found += places(value, (*above, number))
    return found


def with_mistake(random: Random, data: Any, keys: Sequence[str], odd: Sequence[Any]) -> None:
    """Put something odd somewhere, take something out, or move it."""
    place = random.choice(places(data))
    parent = data
    for key in place[:-1]:
        parent = parent[key]
    kind = random.randrange(4)
    if kind == 0:
        del parent[place[-1]]
    elif kind == 1 and isinstance(parent, dict):
        parent[random.choice(keys)] = parent.pop(place[-1])
    else:
        parent[place[-1]] = deepcopy(random.choice(odd))
