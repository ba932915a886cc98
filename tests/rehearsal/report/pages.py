"""Pages of backtests to look at, and what their curves should be: read from the files of `-o`."""

import csv
import zlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.console import rulegrid

RULEBOOK = """
rulegrid: 1
name: '{name}'
fee_unit: {unit}
areas:
  "*":
    rules:
      - when: import >= 30 kWh
        fee: 30
        because: The line is full
      - otherwise: import * 1 {written} / 1 kWh
limits: {{max: 30, decimals: 1}}
"""
_WRITTEN = {"ct/kWh": "ct/kWh", "percent": "%"}
START = datetime(2026, 1, 12, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Written:
    """A page, and the fees that a backtest of the same writes into a file."""

    page: Path
    fees: Mapping[tuple[str, str], Mapping[str, float]]
    """By rulebook and area: the fee of each slot, `2026-01-12 12:30`."""


def written(
    folder: Path,
    imports: Sequence[float],
    *,
    area: str = "Grid",
    name: str = "By import",
    units: Sequence[str] = ("ct/kWh",),
) -> Written:
    """The page of a history of two areas, the second of which imports half of the first."""
    rows = ["slot,area,import,export,volume,last_fee,avg_price"]
    for number, energy in enumerate(imports):
        slot = f"{START + number * QUARTER:%Y-%m-%dT%H:%M}"
        rows.append(f'{slot},"{area}",{energy},0,{energy},2,20')
        rows.append(f'{slot},"{area}/House",{energy / 2},0,{energy},2,20')
    (folder / "h.csv").write_text("\n".join(rows) + "\n")
    books = [f"r{number}.yaml" for number in range(len(units))]
    for book, unit in zip(books, units, strict=True):
        (folder / book).write_text(RULEBOOK.format(name=name, unit=unit, written=_WRITTEN[unit]))
    more = ("--report", "page.html", "-o", "fees.csv")
    ran = rulegrid("backtest", *books, "--data", "h.csv", *more, folder=folder)
    assert 0 == ran.code, ran.err
    fees: dict[tuple[str, str], dict[str, float]] = {}
    with (folder / "fees.csv").open() as file:
        for row in csv.DictReader(file):
            slots = fees.setdefault((row["rulebook"], row["area"]), {})
            slots[row["slot"][:16]] = float(row["fee"])
    return Written(folder / "page.html", fees)


def unpacked(curves: Mapping[str, Any]) -> list[list[float | None]]:
    """The series of an area, as the page's own script gets them."""
    content = zlib.decompress(b64decode(curves["text"]))
    size = len(content) // len(curves["digits"])
    found = []
    for number, digits in enumerate(curves["digits"]):
        mine = content[number * size : (number + 1) * size]
        whole = [
            int.from_bytes(mine[at :: size // 4], "little", signed=True) for at in range(size // 4)
        ]
        found.append([None if each == -(2**31) else each / 10**digits for each in whole])
    return found
