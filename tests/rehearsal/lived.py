"""Days lived with an exchange and a journal, with a run that is killed and started again."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.effects import Concluded, Effect, Ended, Foreign, Send
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.session import Session, Settings
from rulegrid.gateway.journal import Journal, Opening
from rulegrid.program import Program
from rulegrid.rehearsal.recall import restored
from tests.laws.drawn import Drawn
from tests.reference.days import Slot, Tree

AGGREGATOR = "our-aggregator"

BEFORE_SEND, AFTER_SEND, AFTER_SLOT = "before the send", "before the answer", "after the slot"
"""Where a run can be killed. Its intent is in the journal in each of them."""


@dataclass(frozen=True)
class Troubles:
    """What goes wrong in a day, by the number of the slot."""

    deaths: Mapping[int, str] = field(default_factory=dict)
    """Where the run is killed. Without a journal it lives on, but the same messages are lost."""
    missing: Mapping[int, str] = field(default_factory=dict)
    """A market that is not in the tree."""
    late: frozenset[int] = frozenset()
    """Slots whose fees apply one slot later than they should."""
    strangers: Mapping[int, float] = field(default_factory=dict)
    """The fee that somebody else sets everywhere."""


class Exchange:
    """A few markets: a fee that is sent applies from the next slot on."""

    def __init__(self, tree: Tree, first: Slot, troubles: Troubles, *, percent: bool) -> None:
        self._tree = tree
        self._troubles = troubles
        self._number = -1
        self._key = "fee_percent" if percent else "fee_const"
        self._fees: dict[str, Any] = dict(zip(tree.ids, first.metrics["current_fee"], strict=True))
        self._last: dict[str, Any] = dict.fromkeys(tree.ids)
        self._pending: dict[str, Any] = {}
        self._later: dict[str, Any] = {}
        self._slot = first

    def event(self, slot: Slot) -> bytes:
        """The next slot opens."""
        self._number += 1
        self._last, self._fees = self._fees, {**self._fees, **self._pending}
        self._slot, self._pending, self._later = slot, self._later, {}
        if self._number in self._troubles.strangers:
            self._fees = dict.fromkeys(self._fees, self._troubles.strangers[self._number])
        left_out = self._troubles.missing.get(self._number, "")
        return _json(
            {
                "event": "market",
                "market_slot": f"{slot.when:%Y-%m-%dT%H:%M}",
                "feed_in_tariff_rate": slot.metrics["feed_in_tariff"][0],
                "market_maker_rate": slot.metrics["market_maker_rate"][0],
                "grid_tree": self._level(-1, left_out),
            }
        )

    def _level(self, parent: int, left_out: str) -> dict[str, Any]:
        tree = self._tree
        return {
            tree.ids[place]: self._node(place, left_out)
            for place in range(len(tree.ids))
            if tree.parents[place] == parent and tree.ids[place] != left_out
        }

    def _node(self, place: int, left_out: str) -> dict[str, Any]:
        area, metrics = self._tree.ids[place], self._slot.metrics
        stats = {f"{k}_trade_rate": metrics[f"{v}_price"][place] for k, v in _RATES.items()}
        return {
            "area_name": self._tree.names[place],
            "last_market_stats": {**stats, "total_traded_energy_kWh": metrics["volume"][place]},
            "last_market_fee": self._last[area],
            "current_market_fee": self._fees[area],
            "children": self._level(place, left_out),
        }

    def hear(self, payload: bytes) -> bytes:
        """Take a batch; the answer to it."""
        batch = json.loads(payload)
        responses = {
            area: [self._answer(area, command) for command in commands]
            for area, commands in batch["batch_commands"].items()
        }
        head = {"command": "batch_commands", "transaction_id": batch["transaction_id"]}
        return _json({**head, "responses": responses})

    def _answer(self, area: str, command: dict[str, Any]) -> dict[str, Any]:
        told = {"area_uuid": area, "command": command["type"], "status": "ready"}
        if command["type"] == "grid_fees":
            fee = command["data"][self._key]
            is_late = self._number in self._troubles.late
            (self._later if is_late else self._pending)[area] = fee
            return {**told, f"market_{self._key}": str(fee)}
        place, metrics = self._tree.ids.index(area), self._slot.metrics
        stats = {key: metrics[metric][place] for key, metric in _STATISTICS.items()}
        through = {key: metrics[key][place] for key in ("import", "export")}
        return {**told, "market_stats": {**stats, "area_throughput": through}}


_RATES = {"min": "min", "max": "max", "avg": "avg", "median": "median"}
_STATISTICS = {
    "self_sufficiency": "self_sufficiency",
    "self_consumption": "self_consumption",
    "market_fee_revenue": "fee_revenue",
}


def _json(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


@dataclass
class Life:
    """What the runs of a day did."""

    fees: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the exchange was told, by slot."""
    cycles: dict[str, Cycle] = field(default_factory=dict)
    strange: int = 0
    """Alarms about somebody else's fees."""
    fault: str = ""

    def see(self, effect: Effect) -> None:
        """Take in an effect."""
        if isinstance(effect, Send | Concluded) and effect.cycle is not None:
            self.cycles[f"{effect.cycle.slot:%m-%dT%H:%M}"] = effect.cycle
        if isinstance(effect, Send) and effect.batch is not None and effect.cycle is not None:
            self.fees[f"{effect.cycle.slot:%m-%dT%H:%M}"] = dict(effect.batch.fees)
        self.strange += isinstance(effect, Foreign)
        if isinstance(effect, Ended):
            self.fault = effect.fault or "finished"


class Lived:
    """A drawn day, with or without the run being killed; both lose the same messages."""

    def __init__(
        self,
        case: Drawn,
        troubles: Troubles,
        journal: Path | None = None,
        *,
        dry_run: bool = False,
    ) -> None:
        self.life = Life()
        self._case, self._troubles = case, troubles
        self._made = case.compiled
        self._path = journal
        self._dry_run = dry_run
        self._journal: Journal | None = None

    @property
    def program(self) -> Program | None:
        """That of the drawn rulebook, if it has one."""
        return self._made.program

    def live(self) -> Life:
        """Live the day, slot by slot."""
        assert self.program is not None
        slots, percent = self._case.slots, self.program.fee_dimension.percent
        exchange = Exchange(self._case.tree, slots[0], self._troubles, percent=percent)
        session = self._start()
        for number, slot in enumerate(slots):
            death = self._troubles.deaths.get(number, "")
            session = self._slot(session, exchange, exchange.event(slot), death)
            if death and self._path is not None:
                session = self._start()
            if self.life.fault:
                break
        if self._journal is not None:
            self._journal.close()
        return self.life

    def _slot(self, session: Session, exchange: Exchange, event: bytes, death: str) -> Session:
        inbox = deque([event])
        while inbox and not session.ended:
            session, effects = session.receive(inbox.popleft())
            for effect in effects:
                is_fees = isinstance(effect, Send) and effect.batch is not None
                self._keep(effect)
                if is_fees and death == BEFORE_SEND:
                    continue
                if isinstance(effect, Send):
                    answer = exchange.hear(effect.payload)
                    if not (is_fees and death == AFTER_SEND):
                        inbox.append(answer)
        return session

    def _keep(self, effect: Effect) -> None:
        self.life.see(effect)
        if self._journal is not None and isinstance(effect, Send):
            self._journal.intend(effect, keep=False)
        elif self._journal is not None:
            self._journal(effect)

    def _start(self) -> Session:
        program = self.program
        assert program is not None
        wire = Wire(percent=program.fee_dimension.percent)
        settings = Settings(AGGREGATOR, "a-run", wire, dry_run=self._dry_run)
        if self._path is None:
            return Session(program, settings)
        if self._journal is not None:
            self._journal.close()
        known = restored(str(self._path), program, dry_run=self._dry_run)
        opening = Opening(
            run="a-run",
            aggregator=AGGREGATOR,
            program=program,
            source=self._made.source,
            files=self._made.files,
            goes_on=known is not None and known.goes_on,
            dry_run=self._dry_run,
        )
        self._journal = Journal(self._path, opening)
        if known is None:
            return Session(program, settings)
        assert (AGGREGATOR, "a-run") == (known.aggregator, known.run)
        return Session(
            program,
            settings,
            memory=known.memory,
            ours=known.ours,
            newest=known.newest,
            strides=known.strides,
        )


def same_columns(one: Cycle, other: Cycle) -> bool:
    """Whether two cycles decided the same, to the bit."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("raw", "fee", "flags", "rule", "before")
    )
