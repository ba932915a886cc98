"""What is measured: how fast this machine is now, and how much memory a command takes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
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


_MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
unit = 1 if sys.platform == "darwin" else 1024
print(usage.ru_maxrss * unit, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_memory(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, int]:
    """What a command prints, and the bytes of memory that it had at most.

    A small process starts it: the one started counts the memory of the one that starts it as its
    own. Raises `CalledProcessError`.
    """
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, *command],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, **environment},
    )
    return ran.stdout, int(ran.stderr.split()[-1])
