"""A concluded slot as plain data: what `run --format json` prints and the journal keeps."""

from math import isnan
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
    receipt, was_sent = concluded.receipt, concluded.status == "sent"
    raw, fee = numbers(cycle.raw), numbers(cycle.fee)
    echo = [None] * len(grid) if receipt is None else numbers(receipt.echo)
    confirmed = [False] * len(grid) if receipt is None else receipt.confirmed.tolist()
    flags = cycle.flags.tolist()
    limits = {each: flag_names(each) for each in set(flags)}
    told = reasons(cycle)
    return [
        {
            "area": grid.paths[place],
            "uuid": grid.ids[place],
            "raw": raw[place],
            "fee": fee[place],
            "reason": told[place].text,
            "limits": limits[flags[place]],
            "no_data": told[place].no_data,
            "sent": was_sent and grid.ids[place] in sent,
            "echo": echo[place],
            "confirmed": confirmed[place],
        }
        for place in np.flatnonzero(cycle.rule >= 0).tolist()
    ]


_LARGEST_INTEGER = 2.0**53
"""Beyond it not every reader of JSON has the same integers."""


def number(column: Column, place: int) -> float | int | None:
    """An entry as JSON writes it best: whole numbers as integers, no data as null."""
    return numbers(column[place : place + 1])[0]


def numbers(column: Column) -> list[float | int | None]:
    """Every entry of a column as JSON writes it best."""
    return [
        int(value)
        if value.is_integer() and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER
        else (None if isnan(value) else value)
        for value in column.tolist()
    ]
