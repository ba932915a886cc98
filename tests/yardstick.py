"""How fast this machine is now, so that a bound in seconds holds on a slower or a busier one."""

import time
from statistics import median

ROUNDS = 5
USUAL_SECONDS = 0.012
"""What one round takes where the bounds of the tests were set."""


def slowness() -> float:
    """How many times as long as usual a fixed piece of work takes now; never under 1."""
    return max(1.0, median(_round() for _ in range(ROUNDS)) / USUAL_SECONDS)


def _round() -> float:
    started = time.process_time()
    words = {f"word {n}": n for n in range(40_000)}
    sum(words[word] for word in sorted(words))
    return time.process_time() - started
