"""The stage of a soak: what goes wrong on it, and whether it heals."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

from tests.faults.processes import Agent, until
from tests.faults.stage import ASKS, Stage
from tests.soak.faults import Fault

RULES = f"""variables:
  mean: {{value: "average(default(volume, 0 kWh), 4 slots)", unit: kWh}}
{ASKS.replace("abs(import - export)", "(mean + abs(import - export))")}"""
"""Rules that ask for statistics and remember slots."""


class Trial:
    """An agent that reaches its exchange through a proxy, and everything that happened to it."""

    def __init__(self, folder: Path, *, speed: float | None, web: bool) -> None:
        self.stage = Stage(folder)
        self.slot = 1 / speed if speed else self.stage.slot
        self.faults: Counter[str] = Counter()
        self.unhealed: list[str] = []
        """After which fault fees were wrong though the path was back."""
        self.memory: list[int] = []
        self.handles: list[int] = []
        self._speed = 1 / self.slot
        self._web = web
        self.open_exchange()
        self.proxy = self.stage.proxy(web=web)
        self.agent: Agent = self.start_agent()

    def close(self) -> None:
        self.stage.close()

    def open_exchange(self) -> None:
        self.stage.open("--loop", speed=self._speed)

    def start_agent(self) -> Agent:
        self.agent = self.stage.agent(RULES, port=self.proxy.port, web=self._web)
        return self.agent

    def begin(self) -> None:
        self.agent.has_concluded(5)

    def measure_from_here(self) -> None:
        """From here on the agent is the same process; it has warmed up."""
        self.memory, self.handles = [], []

    def suffer(self, name: str, kinds: Mapping[str, Fault], dice: Random) -> None:
        """Let a fault come and go, and see whether all is right from the next event on."""
        kinds[name](self, dice)
        self.faults[name] += 1
        self._settle()
        try:
            self.stage.heals(1)
        except AssertionError as error:
            self.unhealed.append(f"after {name}: {error}")
        self.memory.append(self.agent.memory())
        self.handles.append(self.agent.handles())

    def rest_until(self, slots: int) -> None:
        """Go on in peace until so many slots have been announced."""
        until(lambda: len(self.stage.tap.heard.events) >= slots, "slots", seconds=60)

    def _settle(self) -> None:
        """Wait until the path is back, and events come one by one, not those that had waited."""
        until(self._is_linked, "the link", seconds=60)
        heard = self.stage.tap.heard
        while True:
            before = max(heard.told_at.values())
            (slot,) = self.stage.goes_on(1)
            if heard.told_at[slot] - before > self.slot / 2:
                return

    def _is_linked(self) -> bool:
        met = self.agent.told("grid met")
        lost, restored = (len(self.agent.told(f"link {what}")) for what in ("lost", "restored"))
        return bool(met) and restored >= lost
