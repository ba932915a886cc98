"""A session in a world that does what hurts, under watch."""

from functools import cache
from typing import Any

from rulegrid.program import Program
from tests.building import program
from tests.exchange.adversary import CLEAN, SLOT, World
from tests.exchange.session_laws import Laws

ANSWERED = 0.25 * SLOT
"""Statistics come so quickly when nothing is wrong."""


@cache
def _program(text: str) -> Program:
    return program(text)


class Trial:
    """A world under watch."""

    def __init__(self, text: str, seed: int = 0, **settings: Any) -> None:
        stops = settings.get("on_foreign_fee") == "stop"
        self.laws = Laws(_program(text), stops=stops)
        self.world = World(_program(text), self.laws, seed, **settings)
        self.unfit = 0
        """Recoveries after which the rhythm of events was still mistaken for a quicker one."""

    @property
    def is_over(self) -> bool:
        return self.world.session.ended

    def prove_recovery(self) -> None:
        """The first event after all faults is answered in its slot: the next has its fees."""
        self.world.heal()
        self.world.play(CLEAN)
        if not self.is_over:
            healed, window = self.world.slot, self.laws.window
            self.world.play(CLEAN)
            if window is not None and window < ANSWERED:
                self.unfit += 1
                return
            assert "missed" != self.laws.concluded[healed].status
            assert "" == self.laws.concluded[healed].why
            assert {} == self.laws.wrong.get(self.world.slot, {})
            self.laws.all_is_explained()
