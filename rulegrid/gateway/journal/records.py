"""What a run does, as the records of its journal: plain data, made from effects alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.effects import (
    Claimed,
    Concluded,
    Deaf,
    Effect,
    Ended,
    Foreign,
    LinkChanged,
    Proved,
    Send,
    Unreported,
)
from rulegrid.exchange.ours import Ours
from rulegrid.exchange.record import number, record
from rulegrid.grid import Column, Grid, write_slot
from rulegrid.program import Program
from rulegrid.source import Source

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """With what a run begins."""

    run: str
    """The run's id, part of every transaction's id."""
    aggregator: str
    """The uuid under which it controls areas."""
    program: Program
    source: Source
    """The rulebook's text."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The files that the rulebook names."""
    goes_on: bool = False
    """Whether the run remembers the slots that the journal holds before it."""
    dry_run: bool = False
    exchange: str = ""
    """Which exchange it is, in words without a secret."""

    @property
    def run_fields(self) -> dict[str, Any]:
        """The record of the run."""
        return {
            "run": self.run,
            "aggregator": self.aggregator,
            "rulebook": self.program.digest,
            "goes_on": self.goes_on,
            "dry_run": self.dry_run,
            "exchange": self.exchange,
        }

    @property
    def rulebook_fields(self) -> dict[str, Any]:
        """The record of its rulebook."""
        return {
            "digest": self.program.digest,
            "file": self.source.name,
            "text": self.source.text,
            "files": [{"name": name, "text": raw.decode()} for name, raw in self.files.items()],
        }


def grid_fields(grid: Grid) -> Fields:
    """The record of a tree of markets."""
    return {"uuids": grid.ids, "names": grid.names, "parents": grid.parents.tolist()}


def intent_fields(send: Send, cycle: Cycle) -> Fields:
    """What is about to be sent, and all it was decided on."""
    fields: dict[str, Any] = {
        "slot": write_slot(cycle.slot),
        "applies_to": write_slot(cycle.applies_to),
        "rulebook": cycle.binding.program.digest,
        "transaction": send.transaction,
        "again": send.again,
        "fees": dict(send.batch.fees) if send.batch else {},
    }
    return fields if send.again else fields | _read_and_known(cycle, send.ours)


def cycle_fields(slot: Concluded, program: Program) -> Fields:
    """A slot that is over: what `run --format json` prints, and all it was decided on."""
    why = {"why": slot.why} if slot.why else {}
    return record(slot, program) | why | _read_and_known(slot.cycle, slot.ours)


def _read_and_known(cycle: Cycle | None, ours: Ours | None) -> dict[str, Any]:
    return {
        "metrics": {} if cycle is None else _metrics(cycle),
        "ours": None if ours is None else _ours_fields(ours),
    }


def _metrics(cycle: Cycle) -> dict[str, list[float]]:
    """Every metric read: an entry for each area as the grid's record lists them, or one for all.

    No data is NaN, which JSON shows as null.
    """
    columns = {name: cycle.columns[name] for name in sorted(cycle.binding.metrics)}
    columns["next_fee"] = cycle.before
    return {name: c.tolist() for name, c in columns.items() if isinstance(c, np.ndarray)}


def _ours_fields(ours: Ours) -> dict[str, Any]:
    """What we know of our own fees: columns as the grid's record lists the areas."""
    maybe = {"shown": ours.shown, "accepted": ours.accepted, "ahead": ours.ahead}
    return {
        "applies_to": None if ours.applies_to is None else write_slot(ours.applies_to),
        "newest": ours.newest.tolist(),
        "earlier": [column.tolist() for column in ours.earlier],
        "echo": ours.echo.tolist(),
        **{name: None if column is None else column.tolist() for name, column in maybe.items()},
    }


@singledispatch
def told(effect: Effect) -> tuple[str, Fields] | None:
    """The kind and the record of what else is worth one."""
    del effect
    return None


@told.register
def _proof(effect: Proved) -> tuple[str, Fields]:
    differing = effect.differs.nonzero()[0].tolist()
    areas = _compared(effect.grid, differing, effect.sent, effect.shown)
    return "proof", {"slot": write_slot(effect.slot), "areas": areas}


@told.register
def _foreign(effect: Foreign) -> tuple[str, Fields]:
    areas = _compared(effect.grid, effect.areas.nonzero()[0].tolist(), effect.ours, effect.shown)
    at = write_slot(effect.slot)
    return "foreign", {"slot": at, "in_a_row": effect.in_a_row, "areas": areas}


@told.register
def _deaf(effect: Deaf) -> tuple[str, Fields]:
    return "deaf", {"slots": effect.slots}


@told.register
def _unreported(effect: Unreported) -> tuple[str, Fields]:
    return "unreported", {"metrics": effect.metrics}


@told.register
def _link(effect: LinkChanged) -> tuple[str, Fields]:
    return "link", {"state": "restored" if effect.up else "lost", "why": effect.trouble}


@told.register
def _claimed(effect: Claimed) -> tuple[str, Fields] | None:
    if not effect.owners and not effect.lacking:
        return None
    return "claimed", {"owners": dict(effect.owners), "lacking": effect.lacking}


@told.register
def _end(effect: Ended) -> tuple[str, Fields]:
    return "end", {"why": effect.fault}


def _compared(grid: Grid, places: list[int], sent: Column, shown: Column) -> list[dict[str, Any]]:
    return [
        {
            "area": grid.paths[place],
            "uuid": grid.ids[place],
            "sent": number(sent, place),
            "shown": number(shown, place),
        }
        for place in places
    ]
