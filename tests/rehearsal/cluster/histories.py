"""Histories with all that makes cutting hard: areas that come late and leave, gaps, no data."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rulegrid.gateway.histories.parquet import Parquet
from tests.building import program

AREAS = ["Grid", *(f"Grid/S{s}" for s in range(4))]
AREAS += [f"{street}/H{house}" for street in AREAS[1:] for house in range(6)]
SLOTS = 1200
CHAPTER_ROWS = 1000

WINDOWS = """\
rulegrid: 1
name: Windows
fee_unit: ct/kWh
variables:
  flow: {unit: kWh, value: "abs(average(import - export, 8 slots))"}
areas:
  "*": 1 ct/kWh + flow * 0.37 ct/kWh / 1 kWh
  Grid: 2
when_no_data: keep
limits: {decimals: 3, max: 9}
"""
STEPS = """\
rulegrid: 1
name: Steps
fee_unit: ct/kWh
areas:
  "*": 1 ct/kWh + import * 3 ct/kWh / 1 kWh
when_no_data: keep
limits: {decimals: 2, max: 20, max_change: 0.25, hold: 3 slots}
"""
TREE = """\
rulegrid: 1
name: Tree
fee_unit: ct/kWh
areas:
  "S*": 1 ct/kWh + total(children.import) * 0.01 ct/kWh / 1 kWh
  "H*": parent.fee * 0.5
when_no_data: skip
limits: {decimals: 3, max: 20, dead_band: 0.02}
"""
OWN = """\
rulegrid: 1
name: Own
fee_unit: ct/kWh
areas:
  "*": current_fee * 0.9 + import * 0.2 ct/kWh / 1 kWh
when_no_data: keep
limits: {decimals: 3, max: 20}
"""
PROGRAMS = [program(text) for text in (WINDOWS, STEPS, TREE, OWN)]


def history() -> pa.Table:
    """A history in long form, of which some rows are missing."""
    rng = np.random.default_rng(7)
    slot, area = (each.ravel() for each in np.indices((SLOTS, len(AREAS))))
    taken_in = np.round(rng.gamma(1, 0.4, len(slot)), 3)
    taken_in[rng.random(len(slot)) < 0.05] = np.nan
    comes_late = (area == len(AREAS) - 1) & (slot < SLOTS // 2)
    leaves = (area == 7) & (slot > SLOTS // 3)
    gap = (slot > SLOTS // 4) & (slot < SLOTS // 4 + 5)
    there = ~(comes_late | leaves | gap)
    first = np.datetime64("2021-01-01T00:15", "s")
    columns = {
        "slot": first + slot[there] * np.timedelta64(900, "s"),
        "area": pa.DictionaryArray.from_arrays(area[there].astype(np.int32), AREAS),
        "import": taken_in[there],
        "export": np.round(rng.gamma(0.5, 0.4, len(slot)), 3)[there],
        "volume": np.round(rng.gamma(2, 0.4, len(slot)), 3)[there],
        "current_fee": np.full(there.sum(), 2.0),
    }
    return pa.table(columns)


def written(table: pa.Table, path: Path) -> Parquet:
    """A file of many chapters, whose row groups end in the middle of a slot."""
    pq.write_table(table, path, row_group_size=509)
    return Parquet(str(path), CHAPTER_ROWS)
