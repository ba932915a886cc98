"""How fast this machine is now, so that a bound in seconds holds on a slower or a busier one."""

import time
from collections.abc import Callable
from statistics import median

ROUNDS = 5
USUAL_SECONDS = 0.012
"""What one round takes where the bounds of the tests were set."""


def slowness() -> float:
    """How many times as long as usual a fixed piece of work takes now; never under 1."""
    return max(1.0, median(_round() for _ in range(ROUNDS)) / USUAL_SECONDS)


def pace() -> float:
    """The same by the clock on the wall: a machine that is busy with other things is slow too."""
    return max(1.0, median(_round(time.perf_counter) for _ in range(ROUNDS)) / USUAL_SECONDS)


def _round(clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    words = {f"word {n}": n for n in range(40_000)}
    sum(words[word] for word in sorted(words))
    return clock() - started
