"""Messages of an exchange in a few words, and a conversation held with them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

from rulegrid.exchange.effects import Concluded, Effect, Send
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.session import Session, Settings
from rulegrid.grid import MarketSlot
from rulegrid.program import Program
from tests.building import NOON, VILLAGE

E = TypeVar("E", bound=Effect)
Numbers = Mapping[str, float | None]


def slot(number: int, minutes: int = 15) -> MarketSlot:
    return MarketSlot(NOON + number * timedelta(minutes=minutes))


def event(
    number: int,
    fees: Numbers | None = None,
    volumes: Numbers | float | None = None,
    *,
    tree: Mapping[str, Any] = VILLAGE,
    minutes: int = 15,
) -> bytes:
    """The market event so many slots after noon, with fees in force and volumes by name."""

    def node(name: str, below: Mapping[str, Any]) -> dict[str, Any]:
        volume = volumes.get(name) if isinstance(volumes, Mapping) else volumes
        trades = dict.fromkeys(["min", "max", "avg", "median"], None if volume is None else 30.0)
        return {
            "area_name": name,
            "last_market_stats": {f"{key}_trade_rate": rate for key, rate in trades.items()}
            | {"total_traded_energy_kWh": volume},
            "last_market_fee": 0.0,
            "current_market_fee": (fees or {}).get(name),
            "children": level(below),
        }

    def level(names: Mapping[str, Any]) -> dict[str, Any]:
        return {f"id {name}": node(name, below) for name, below in names.items()}

    when = slot(number, minutes)
    return json.dumps(
        {
            "event": "market",
            "market_slot": f"{when:%Y-%m-%dT%H:%M}",
            "grid_tree": level(tree),
            "feed_in_tariff_rate": 7,
            "market_maker_rate": 30,
        }
    ).encode()


def answered(
    send: Send, statistics: Mapping[str, Any] | None = None, echo: Mapping[str, Any] | None = None
) -> bytes:
    """The answer to a command: all areas told the same, each fee echoed unless said otherwise."""

    def entry(area: str, command: Mapping[str, Any]) -> dict[str, Any]:
        if command["type"] == "grid_fees":
            sent = command["data"].get("fee_const", command["data"].get("fee_percent"))
            found = (echo or {}).get(area.removeprefix("id "), sent)
            if isinstance(found, Mapping):
                return {"area_uuid": area, "command": "grid_fees", **found}
            fee = {"market_fee_const": str(found), "market_fee_percent": str(found)}
            return {"area_uuid": area, "command": "grid_fees", "status": "ready", **fee}
        told = {"area_throughput": {"import": 0.0, "export": 0.0}, **(statistics or {})}
        return {
            "area_uuid": area,
            "command": command["type"],
            "status": "ready",
            "market_stats": told,
        }

    asked = json.loads(send.payload)["batch_commands"]
    responses = {area: [entry(area, each) for each in listed] for area, listed in asked.items()}
    return json.dumps(
        {
            "command": "batch_commands",
            "transaction_id": send.transaction,
            "responses": responses,
        }
    ).encode()


def stats(bought: float | None = 0.0, sold: float | None = 0.0) -> dict[str, Any]:
    return {"area_throughput": {"import": bought, "export": sold}}


FINISH = b'{"event": "finish"}'


class Talk:
    """A conversation so far."""

    def __init__(self, program: Program, **settings: Any) -> None:
        wire = Wire(percent=program.fee_dimension.percent)
        self.session = Session(program, Settings("our-id", "test", wire, **settings))
        self.effects: list[Effect] = []

    def hear(self, payload: bytes, now: float = 0.0) -> list[Effect]:
        """Take in a message; the effects of it."""
        self.session, effects = self.session.receive(payload, now)
        self.effects.extend(effects)
        return list(effects)

    def tick(self, now: float) -> list[Effect]:
        """Look whether something is due; the effects of it."""
        self.session, effects = self.session.tick(now)
        self.effects.extend(effects)
        return list(effects)

    def slot(self, number: int, *args: Any, **kwargs: Any) -> Send:
        """Take in an event that is answered by one command: that command."""
        (send,) = of(Send, self.hear(event(number, *args, **kwargs)))
        return send

    def all(self, kind: type[E]) -> list[E]:
        return of(kind, self.effects)

    @property
    def concluded(self) -> list[tuple[int, str]]:
        """The slots that are over, counted from noon, and how they ended."""
        minutes = self.session.program.slot_length
        return [((each.slot - NOON) // minutes, each.status) for each in self.all(Concluded)]


def of(kind: type[E], effects: list[Effect]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]


def wire_fees(send: Send) -> dict[str, Any]:
    """The fees of a batch by name, as the JSON has them; empty for one of statistics."""
    commands = json.loads(send.payload)["batch_commands"]
    return {
        area.removeprefix("id "): next(iter(each["data"].values()))
        for area, listed in commands.items()
        for each in listed
        if each["type"] == "grid_fees"
    }
