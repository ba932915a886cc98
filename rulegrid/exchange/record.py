"""A concluded slot as plain data: what `run --format json` prints and the journal keeps."""

from typing import Any

import numpy as np

from rulegrid.engine.cycle import Cycle
from rulegrid.engine.explain import reasons
from rulegrid.engine.limits import flag_names
from rulegrid.exchange.effects import Concluded
from rulegrid.grid import Column, later, write_slot
from rulegrid.program import Program


def record(concluded: Concluded, program: Program) -> dict[str, Any]:
    """The record of a slot: exactly the keys that the documentation names, in its order."""
    cycle, batch = concluded.cycle, concluded.batch
    return {
        "slot": write_slot(concluded.slot),
        "applies_to": write_slot(later(concluded.slot, program.slot_length)),
        "rulebook": program.digest,
        "transaction": concluded.transaction,
        "status": concluded.status,
        "batch": batch.commands if batch else {},
        "fees": [] if cycle is None else _fees(concluded, cycle),
    }


def _fees(concluded: Concluded, cycle: Cycle) -> list[dict[str, Any]]:
    """One entry for each area that a selector names, in the order of the tree."""
    grid, sent = cycle.binding.grid, concluded.batch.fees if concluded.batch else {}
    receipt = concluded.receipt
    told = reasons(cycle)
    return [
        {
            "area": grid.paths[place],
            "uuid": grid.ids[place],
            "raw": number(cycle.raw, place),
            "fee": number(cycle.fee, place),
            "reason": told[place].text,
            "limits": flag_names(int(cycle.flags[place])),
            "no_data": list(told[place].no_data),
            "sent": concluded.status == "sent" and grid.ids[place] in sent,
            "echo": None if receipt is None else number(receipt.echo, place),
            "confirmed": receipt is not None and bool(receipt.confirmed[place]),
        }
        for place in np.flatnonzero(cycle.rule >= 0).tolist()
    ]


_LARGEST_INTEGER = 2.0**53
"""Beyond it not every reader of JSON has the same integers."""


def number(column: Column, place: int) -> float | int | None:
    """An entry as JSON writes it best: whole numbers as integers, no data as null."""
    value = float(column[place])
    if np.isnan(value):
        return None
    is_whole = value.is_integer() and abs(value) <= _LARGEST_INTEGER
    return int(value) if is_whole else value
