"""The Parquet files of a folder are one history, however they are cut and named."""

import os
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.cli.exits import Exit
from rulegrid.gateway.histories import HistoryError, open_history
from rulegrid.gateway.histories.parquet import Parquet
from tests.console import ROOT, rulegrid
from tests.gateway.test_histories import LENGTH, PATHS, START

FLAT = "rules/flat.yaml"
ROWS = 600


UTC = pa.timestamp("s", "UTC")


def table(kind=UTC):
    """200 slots of three areas."""
    slots = pa.array(START + np.repeat(np.arange(200), 3) * 900, pa.timestamp("s"))
    numbers = {"volume": np.arange(ROWS) / 8, "import": np.arange(ROWS) / 4}
    return pa.table({"slot": slots.cast(kind), "area": pa.array(PATHS[:3] * 200), **numbers})


def cells(path):
    """Every volume of a history, slot by slot."""
    history, findings = open_history(str(path))
    assert () == findings
    blocks = list(history.blocks(LENGTH, ["volume"]))
    assert history.rows == ROWS
    return np.concatenate([block.columns["volume"] for block in blocks])


def refused(path):
    """The finding of a folder that is no history."""
    history, (finding,) = open_history(str(path))
    assert history is None
    return finding


@settings(max_examples=25)
@given(cuts=st.sets(st.integers(1, ROWS - 1), max_size=6), group=st.integers(20, 300))
def test_a_folder_holds_what_a_file_would(tmp_path_factory, cuts, group):
    """Wherever the rows are cut, also in the middle of a slot; names tell nothing of the order."""
    folder = tmp_path_factory.mktemp("year")
    places = sorted({0, *cuts, ROWS})
    for number, (start, stop) in enumerate(pairwise(places)):
        part = table().slice(start, stop - start)
        pq.write_table(part, folder / f"{9 - number}.parquet", row_group_size=group)
    np.testing.assert_array_equal(np.arange(ROWS).reshape(200, 3) / 8, cells(folder))
    whole = Parquet(str(folder), 100)
    rows = [row for number in range(whole.chapters) for row in whole.chapter(["volume"], number)]
    np.testing.assert_array_equal(
        np.arange(ROWS) / 8, np.concatenate([each.metrics["volume"] for each in rows])
    )
    assert [each.first for each in rows] == np.cumsum([0, *map(len, rows[:-1])]).tolist()


@pytest.mark.parametrize("kind", [pa.timestamp("ms", "Europe/Berlin"), pa.string()])
@pytest.mark.parametrize("statistics", [True, False])
def test_a_partitioned_dataset_is_read(tmp_path, kind, statistics):
    """As others write it: with folders for months, marks beside the data, and no statistics."""
    for month, start in ((10, 300), (2, 0)):
        folder = tmp_path / "year=2026" / f"month={month}"
        folder.mkdir(parents=True)
        part = table(kind).slice(start, 300)
        pq.write_table(part, folder / "0.PARQUET", write_statistics=statistics)
    pq.write_table(table(kind).slice(0, 0), tmp_path / "nothing.parquet")
    (tmp_path / "_temporary").mkdir()
    for name in ("_SUCCESS", ".0.parquet", "_metadata.parquet", "_temporary/0.parquet", "a.txt"):
        (tmp_path / name).write_text("no data")
    os.mkfifo(tmp_path / "pipe.parquet")
    np.testing.assert_array_equal(np.arange(ROWS).reshape(200, 3) / 8, cells(tmp_path))


def test_files_that_overlap_in_time_are_found(tmp_path):
    """Before anything is decided; the slot at a seam may be in both."""
    pq.write_table(table().slice(0, 301), tmp_path / "a.parquet")
    pq.write_table(table().slice(301), tmp_path / "b.parquet")
    assert () == open_history(str(tmp_path))[1]
    pq.write_table(table().slice(297), tmp_path / "b.parquet")
    assert "RG713" == refused(tmp_path).code
    assert refused(tmp_path).message == (
        "`b.parquet` begins with slot 2026-03-29T23:00, before `a.parquet` ends with "
        "2026-03-29T23:15"
    )


def test_files_with_other_columns_are_found(tmp_path):
    """Whichever of them has one more; their order does not matter."""
    (tmp_path / "x").mkdir()
    pq.write_table(table().slice(0, 300), tmp_path / "x" / "a.parquet")
    last = table().slice(300)
    pq.write_table(last.select([3, 1, 0, 2]), tmp_path / "b.parquet")
    assert () == open_history(str(tmp_path))[1]
    pq.write_table(last.drop(["import"]), tmp_path / "b.parquet")
    assert refused(tmp_path).message == (
        "`b.parquet` has no column `import`, and `x/a.parquet` has it"
    )
    pq.write_table(last.append_column("export", last["import"]), tmp_path / "b.parquet")
    assert refused(tmp_path).message == (
        "`x/a.parquet` has no column `export`, and `b.parquet` has it"
    )


def test_what_is_wrong_in_a_folder_is_told_with_the_file(tmp_path):
    """A row by its number there; a file that is no Parquet; a folder without any."""
    assert "there is no Parquet file (*.parquet) in it" in refused(tmp_path).message
    pq.write_table(table().slice(0, 300), tmp_path / "a.parquet")
    mixed = table().slice(300).take([*range(41), 42, 41, *range(43, 300)])
    pq.write_table(mixed, tmp_path / "b.parquet")
    history, _ = open_history(str(tmp_path))
    with pytest.raises(HistoryError, match=r"^`b.parquet`, row 43: slot .* comes after"):
        list(history.blocks(LENGTH, []))
    (tmp_path / "b.parquet").write_text("slot,area")
    assert refused(tmp_path).message.startswith("`b.parquet`: this is no Parquet")


def test_commands_take_a_folder(tmp_path):
    """As they take a file."""
    (tmp_path / "year").mkdir()
    pq.write_table(table(), tmp_path / "year.parquet")
    pq.write_table(table().slice(0, 300), tmp_path / "year" / "b.parquet")
    pq.write_table(table().slice(300), tmp_path / "year" / "a.parquet")
    for command in (
        ("explain", "Grid", "--slot", "2026-03-30T00:00", "--rulebook", FLAT),
        ("diff", FLAT, "rules/scarcity.yaml"),
    ):
        file = rulegrid(*command, "--data", str(tmp_path / "year.parquet"))
        folder = rulegrid(*command, "--data", f"{tmp_path}/year/")
        assert (file.code, file.out) == (Exit.FINE, folder.out)
    ran = rulegrid("backtest", str(ROOT / FLAT), "--data", "year", folder=tmp_path)
    assert "year: 200 slots from 2026-03-28T22:15" in ran.out
