"""How long something takes, and the table in which it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing: `target` says what it is held against, `ok` whether it holds."""

    what: str
    measured: str
    target: str
    ok: bool


def best_of(times: int, work: Callable[[], object]) -> float:
    """The seconds of the quickest of several runs: what else the machine does only ever adds."""
    seconds = []
    for _ in range(times):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return min(seconds)


def told(seconds: float) -> str:
    """Seconds in a unit that reads well."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
