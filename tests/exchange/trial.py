"""A session in a world that does what hurts, under watch."""

from functools import cache
from typing import Any

from rulegrid.grid import MarketSlot
from rulegrid.program import Program
from tests.building import program
from tests.exchange.adversary import CLEAN, SLOT, World
from tests.exchange.session_laws import Laws

ANSWERED = 0.25 * SLOT
"""A command is answered so quickly when nothing is wrong."""


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
        """Recoveries with the rhythm of events mistaken for one too quick for answers."""

    @property
    def is_over(self) -> bool:
        return self.world.session.ended

    def prove_recovery(self) -> None:
        """The first event after all faults is answered in its slot: the next has its fees."""
        self.world.heal()
        self.world.play(CLEAN)
        if not self.is_over:
            healed, window = self.world.slot, self.laws.window or SLOT
            self.world.play(CLEAN)
            self._judge(healed, int(window / ANSWERED))
            self.laws.all_is_explained()

    def _judge(self, healed: MarketSlot, answers: int) -> None:
        """Fees are sent and confirmed where the rhythm leaves time for so many answers."""
        asks = int(self.world.session.binding.needs_statistics)
        self.unfit += answers <= asks
        if answers >= asks:
            assert "missed" != self.laws.concluded[healed].status
            assert {} == self.laws.wrong.get(self.world.slot, {})
        if answers > asks:
            assert "" == self.laws.concluded[healed].why
