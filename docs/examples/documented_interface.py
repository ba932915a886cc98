# ruff: noqa: INP001, T201 - an example is no package, and it prints
"""A grid operator in plain Python, on the interface as it was documented in November 2020.

At each market event it asks for the statistics of the slot that has just closed, and sets the fee
of two districts by how much energy crossed their boundary: whole cents per kWh, for the next slot.

    python docs/examples/documented_interface.py
"""

from datetime import datetime, timedelta
from typing import Any

import rulegrid

DISTRICTS = ("District North", "District South")
SLOT = timedelta(minutes=15)
STEPS = ((0.1, 1), (0.25, 2), (0.5, 4))
"""Up to so many kWh over the boundary, so many ct/kWh."""
HIGHEST = 8


class Districts(rulegrid.GridOperator):
    """Dearer energy where the trunk line is loaded."""

    def on_market_cycle(self, market_info: dict[str, Any]) -> None:
        """Called when a market slot has opened: `market_info` is the message of the exchange."""
        areas = [entry for entry in market_info["content"] if entry["area_uuid"]]
        opened = datetime.fromisoformat(areas[0]["start_time"])
        closed = (opened - SLOT).strftime("%Y-%m-%dT%H:%M")

        commands: dict[str, list[dict[str, Any]]] = {}
        for answers in self.statistics_of(closed):
            area = answers[0]["area_uuid"]
            energy = energy_over_the_boundary(answers, closed)
            if energy is None:  # the exchange did not say: the fee stays as it is
                print(f"{opened:%H:%M} {self.areas[area]}: no data")
                continue
            fee = fee_for(energy)
            commands[area] = [{"type": "grid_fees", "data": {"fee_const": fee}}]
            print(f"{opened:%H:%M} {self.areas[area]}: {energy:.2f} kWh, fee {fee} ct/kWh")
        if commands:
            self.batch_command(commands)

    def statistics_of(self, slot: str) -> list[list[dict[str, Any]]]:
        """The answers of both districts: prices and bill, then import and export too."""
        commands = {
            self.area_uuid(name): [
                {"type": "market_stats", "data": {"market_slots": [slot]}},
                {"type": "dso_market_stats", "data": {"market_slots": [slot]}},
            ]
            for name in DISTRICTS
        }
        responses: list[list[dict[str, Any]]] = self.batch_command(commands)["responses"]
        return responses


def energy_over_the_boundary(answers: list[dict[str, Any]], slot: str) -> float | None:
    """Import and export of a slot in kWh, or None where the exchange told of neither."""
    (boundary,) = (each for each in answers if each["command"] == "dso_market_stats")
    through = boundary["market_stats"][slot]["area_throughput"]
    if through["import"] is None or through["export"] is None:
        return None
    return float(through["import"] + through["export"])


def fee_for(energy_kwh: float) -> int:
    """The fee in whole cents per kWh."""
    return next((fee for limit, fee in STEPS if energy_kwh <= limit), HIGHEST)


if __name__ == "__main__":
    Districts("replay:?dialect=2020").run()
