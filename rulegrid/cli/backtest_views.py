"""What a backtest found, for machines."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rulegrid.grid import write_slot
from rulegrid.rehearsal.backtest import Backtest

REACTION = "The energy is what was recorded: it does not react to another fee, as trades would."
EMBEDDED = "the day that ships with rulegrid"


def as_json(found: Backtest, files: Sequence[str], data: str) -> dict[str, Any]:
    """All of it, in a form that stays."""
    span = found.span
    return {
        "data": data,
        "first_slot": write_slot(span.first),
        "last_slot": write_slot(span.last),
        "slots": span.slots,
        "slots_missing": span.missing,
        "rulebooks": [
            {
                "file": file,
                "name": result.name,
                "digest": result.digest,
                "fee_unit": result.fee_unit,
                "areas": [asdict(area) for area in result.areas],
                "total": {k: v for k, v in asdict(result.total).items() if k not in _OF_ONE},
            }
            for file, result in zip(files, found.results, strict=True)
        ],
        "seconds": asdict(found.seconds),
        "note": REACTION,
    }


_OF_ONE = ("area", "paid_eur")
