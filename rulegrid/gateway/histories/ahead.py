"""Reading ahead: the next block is read while one is decided."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(values: Iterator[T]) -> Iterator[T]:
    """The same values; each is worked out, by a thread, while the one before is in use.

    What is raised on the way is raised here, in its turn.
    """
    with ThreadPoolExecutor(1, "reading-ahead") as pool:
        waiting = pool.submit(next, values, None)
        while (value := waiting.result()) is not None:
            waiting = pool.submit(next, values, None)
            yield value
