"""Hours in minutes: an agent and a sandbox as processes, in real time, while much goes wrong.

`make soak` plays 2,000 slots with 200 faults and prints what must be 0, and what must stay flat.
"""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random
from time import monotonic

from tests.soak.faults import FAULTS, KILLS, RANDOM_KILLS
from tests.soak.findings import Findings
from tests.soak.trial import Trial


def main() -> int:
    """Play, print, and say by the exit code whether all was as promised."""
    asked = _asked()
    with ExitStack() as ending:
        folder = asked.keep or ending.enter_context(tempfile.TemporaryDirectory(prefix="soak-"))
        Path(folder).mkdir(exist_ok=True)
        trial = Trial(Path(folder), speed=asked.speed, web=asked.web)
        try:
            begin = monotonic()
            _play(trial, asked, Random(asked.seed))  # noqa: S311 - dice, no secret
            seconds = monotonic() - begin
            findings = Findings.of(trial)
            told = findings.table(trial)
        finally:
            trial.close()
    faults = sum(trial.faults.values())
    print(f"{asked.slots:,} slots in {seconds:.0f} s, {faults} faults:\n{told}")  # noqa: T201
    return 1 if findings.are_bad else 0


def _asked() -> argparse.Namespace:
    asking = argparse.ArgumentParser(prog="make soak", description=__doc__)
    asking.add_argument("--slots", type=int, default=2000)
    asking.add_argument("--faults", type=int, default=200)
    asking.add_argument("--speed", type=float, help="slots per second; by default as many as go")
    asking.add_argument("--seed", type=int, default=1)
    asking.add_argument("--kills", action="store_true", help="nothing but kills, to the end")
    asking.add_argument("--keep", help="a folder for the journal and all logs")
    asking.add_argument("--web", action="store_true", help="over REST and WebSocket")
    return asking.parse_args()


def _play(trial: Trial, asked: argparse.Namespace, dice: Random) -> None:
    """Spread the faults over the slots. In the first fifth every other one ends the agent.

    After that there is one that lives long, whose memory can be measured.
    """
    trial.begin()
    for number in range(asked.faults):
        if number == asked.faults // 5:
            trial.measure_from_here()
        kinds = KILLS if number < asked.faults // 5 and number % 2 else FAULTS
        kinds = RANDOM_KILLS if asked.kills else kinds
        trial.suffer(dice.choice(sorted(kinds)), kinds, dice)
        trial.rest_until(asked.slots * (number + 1) // asked.faults)


if __name__ == "__main__":
    raise SystemExit(main())
