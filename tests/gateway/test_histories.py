"""Rows in long form become blocks, whatever the order of areas and wherever reading pauses."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.diagnostics import Diagnostic
from rulegrid.engine.outcome import Block
from rulegrid.gateway.histories import HistoryError, open_history
from rulegrid.gateway.histories.ahead import ahead
from rulegrid.gateway.histories.arranging import Arranging
from rulegrid.gateway.histories.rows import Rows
from rulegrid.gateway.histories.trees import tree_of
from rulegrid.grid import MarketSlot, later, write_slot

LENGTH = timedelta(minutes=15)
START = int(datetime(2026, 3, 28, 22, 15, tzinfo=UTC).timestamp())
FIRST = MarketSlot(datetime.fromtimestamp(START, UTC))
PATHS = ["Grid", "Grid/A", "Grid/A/House 1", "Grid/B", "Grid/A/House 2", "Other"]

Table = list[tuple[int, str, float]]
"""For each row the slot's number, the area and a number."""


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Rows sorted by slot; areas in any order, missing, or late; gaps between slots."""
    slots = sorted({0, 1, *draw(st.sets(st.integers(0, 12)))})
    rows: Table = []
    for slot in slots:
        areas = draw(st.sampled_from([PATHS, PATHS[:3], PATHS[::-1], ["Grid/B", "Grid"]]))
        kept = draw(st.sampled_from([areas, areas[:-1]]))
        rows += [(slot, area, len(rows) + 0.5) for area in kept]
    return rows


def batches(table: Table, lengths: list[int]) -> Iterator[Rows]:
    """The table as a file is read: some rows at a time, with their own paths or with all."""
    first = 0
    while first < len(table):
        part = table[first : first + lengths[first % len(lengths)]]
        paths = sorted({area for _, area, _ in part} if first % 2 else PATHS)
        yield Rows(
            first,
            np.array([START + slot * 900 for slot, _, _ in part]),
            np.array([paths.index(area) for _, area, _ in part]),
            paths,
            {"import": np.array([number for _, _, number in part])},
        )
        first += len(part)


def cells(blocks: list[Block]) -> dict[tuple[str, str], float]:
    """Every number that is data, by its slot and area."""
    found = {}
    for block in blocks:
        for row in range(block.slots):
            snapshot = block.snapshot(row, LENGTH)
            for path, number in zip(block.grid.paths, snapshot.columns["import"], strict=True):
                if not np.isnan(number):
                    found[write_slot(snapshot.slot), path] = float(number)
    return found


def expected(table: Table) -> dict[tuple[str, str], float]:
    moments = {slot: datetime.fromtimestamp(START + slot * 900, UTC) for slot, _, _ in table}
    return {(f"{moments[s]:%Y-%m-%dT%H:%M}", area): number for s, area, number in table}


@settings(max_examples=150)
@given(table=tables(), lengths=st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_every_row_comes_into_its_cell(table, lengths):
    """Wherever reading pauses: in the middle of a slot as well, and where the tree grows."""
    blocks = list(Arranging(LENGTH, str).blocks(batches(table, lengths)))
    assert expected(table) == cells(blocks)
    assert len({slot for slot, _, _ in table}) == sum(block.slots for block in blocks)
    for block in blocks:
        assert all(len(column) == block.slots for column in block.columns.values())


@given(table=tables(), lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_an_area_belongs_to_the_tree_from_its_first_row_on(table, lengths):
    """In the slot itself, not before: wherever reading pauses, and whatever is named early."""
    expected: dict[str, list[str]] = {}
    met: dict[str, None] = {}
    for slot, area, _ in table:
        met[area] = None
        expected[write_slot(later(FIRST, LENGTH, slot))] = list(tree_of(list(met)).paths)
    found = {
        write_slot(later(block.first, LENGTH, row)): list(block.grid.paths)
        for block in Arranging(LENGTH, str).blocks(batches(table, lengths))
        for row in range(block.slots)
    }
    assert expected == found


@pytest.mark.parametrize("length", [1, 2, 7, 100])
def test_slots_of_another_length_are_not_taken_for_gaps(length):
    """Wherever reading pauses; gaps alone, with two slots that follow each other, are fine."""
    hours = [(4 * number, "Grid", 1.0) for number in range(40)]
    with pytest.raises(HistoryError, match="slots 60 min apart"):
        list(Arranging(LENGTH, str).blocks(batches(hours, [length])))
    gaps = sorted([*hours, (13, "Grid", 1.0)])
    assert expected(gaps) == cells(list(Arranging(LENGTH, str).blocks(batches(gaps, [length]))))


@pytest.mark.parametrize("length", [7, 100, 5000])
def test_a_history_may_begin_with_gaps_alone(length):
    """However reading pauses; only thousands of them, or a whole history, are slots that long."""
    rows = [*(4 * number for number in range(1000)), *range(4000, 4010)]
    table = [(number, "Grid", 1.0) for number in rows]
    assert expected(table) == cells(list(Arranging(LENGTH, str).blocks(batches(table, [length]))))
    hours = batches([(4 * number, "Grid", 1.0) for number in range(3000)], [length])
    read = Arranging(LENGTH, str).complete(hours)
    with pytest.raises(HistoryError, match="slots 60 min apart"):
        list(read)


@settings(max_examples=50)
@given(table=tables(), at=st.integers(0, 200))
def test_a_row_that_is_there_twice_is_found(table, at):
    """With the number of the second one."""
    slot, area, _ = row = table[at % len(table)]
    last = max(place for place, each in enumerate(table) if each[0] == slot)
    twice = [*table[: last + 1], row, *table[last + 1 :]]
    with pytest.raises(HistoryError, match=f"^row {last + 1}: `{area}` has another row"):
        list(Arranging(LENGTH, lambda number: f"row {number}").blocks(batches(twice, [4])))


def test_what_lies_on_the_way_to_an_area_belongs_to_the_tree():
    """Also where it has no row itself; two roots are two trees side by side."""
    grid = tree_of(["Grid/A/House 1", "Other"])
    assert ("Grid", "Other", "Grid/A", "Grid/A/House 1") == grid.paths
    assert [-1, -1, 0, 2] == grid.parents.tolist()


@pytest.fixture
def year(tmp_path):
    """A small history as Parquet, and the same as CSV, with commas and with semicolons."""
    slots = np.repeat(START + np.arange(200) * 900, 3)
    table = pa.table(
        {
            "slot": pa.array(slots, pa.timestamp("s", "UTC")),
            "area": pa.array(PATHS[:3] * 200),
            "volume": pa.array([None if n % 7 == 0 else n / 8 for n in range(600)]),
            "market_maker_rate": pa.array([30.0] * 600, pa.float32()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=100)
    pa_csv.write_csv(table, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().replace(",", ";").replace(".", ",")
    (tmp_path / "b.csv").write_text(lines)
    return tmp_path


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "b.csv"])
def test_each_kind_of_file_holds_the_same(year, name):
    """Parquet, CSV with commas, and CSV with semicolons and decimal commas."""
    history, findings = open_history(str(year / name))
    assert () == findings
    blocks = list(history.blocks(LENGTH, ["volume", "market_maker_rate", "import"]))
    volume = np.concatenate([block.columns["volume"].ravel() for block in blocks])
    numbers = [np.nan if n % 7 == 0 else n / 8 for n in range(600)]
    np.testing.assert_array_equal(numbers, volume)
    assert {(1,)} == {block.columns["market_maker_rate"].shape[1:] for block in blocks}
    assert {"volume", "market_maker_rate"} == set(blocks[0].columns)


def test_a_file_that_is_none_is_a_finding(tmp_path):
    """Whatever it holds; one that is not there is the caller's affair."""
    (tmp_path / "a.parquet").write_text("slot,area")
    (tmp_path / "a.csv").write_bytes(b"\xdf\xff;\x00\n1;2")
    (tmp_path / "b.csv").write_bytes(b"")
    (tmp_path / "a.csv.gz").write_bytes(b"slot,area\n")
    for name in ("a.parquet", "a.csv", "b.csv", "a.csv.gz"):
        history, findings = open_history(str(tmp_path / name))
        assert history is None
        assert "RG715" == findings[0].code
    with pytest.raises(FileNotFoundError):
        open_history(str(tmp_path / "c.csv"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file: it holds no rows"),
        ("slot,area,import", "the file: it holds no rows"),
        ("slot,area\n2026-03-28T22:15,Grid/a,b\n", "line 2: 3 columns, and 2 in the first line"),
        (
            "slot,area\n2026-03-28T22:15,Gr\udce4d\n",
            "line 2, column 2: this is no UTF-8 text",
        ),
        (
            "slot,area\n2026-03-28T22:15Z,Grid\n2026-03-28T22:30,Grid\n",
            "line 3, column `slot`: `2026-03-28T22:30` has no offset from UTC, and the",
        ),
        (
            "slot,area\n2026-03-28T22:15,Grid\n2026-03-28T22:30Z,Grid\n",
            "line 3, column `slot`: `2026-03-28T22:30Z` has an offset from UTC, and the",
        ),
        (
            "slot,area,import\n2026-03-28T22:15,Grid,3'000\n",
            "line 2, column `import`: `3'000` is no number",
        ),
        ("slot,area\n28.3.2026,Grid\n", "line 2, column `slot`: `28.3.2026` is no time such as"),
        ("slot,area\n2026-03-28T22:15,/Grid\n", "column `area`: `/Grid` is no path"),
        ("slot,area\n2026-03-28T22:15,Grid/\n", "column `area`: `Grid/` is no path"),
    ],
)
def test_what_is_wrong_in_a_csv_is_told_in_our_words(tmp_path, text, told):
    """With the line, and nothing about the library that reads it."""
    (tmp_path / "a.csv").write_bytes(text.encode(errors="surrogateescape"))
    history, findings = open_history(str(tmp_path / "a.csv"))
    if history is None:
        (finding,) = findings
    else:
        with pytest.raises(HistoryError) as error:
            list(history.blocks(LENGTH, {"import"}))
        finding = error.value.finding
    assert ("RG715", told) == (finding.code, finding.message[: len(told)])


@pytest.mark.parametrize("number", ["inf", "-inf", "1e999", "1e308", "-1e101"])
def test_a_number_beyond_all_measure_is_no_data(tmp_path, number):
    """As a result that is too large for a number: sums stay numbers."""
    (tmp_path / "a.csv").write_text(f"slot,area,import\n2026-03-28T22:15,Grid,{number}\n")
    history, _ = open_history(str(tmp_path / "a.csv"))
    (block,) = history.blocks(LENGTH, {"import"})
    assert np.isnan(block.columns["import"]).all()


@pytest.mark.parametrize("offset", ["", "Z", "+01:00", "-0330"])
@pytest.mark.parametrize("is_category", [True, False])
def test_slots_in_parquet_may_be_texts_as_in_a_csv(tmp_path, offset, is_category):
    """With an offset from UTC, and as the categories that pandas makes of texts."""
    text = f"2026-03-28T22:15{offset}"
    slots = pa.array([text, text])
    table = {
        "slot": slots.dictionary_encode() if is_category else slots,
        "area": ["Grid", "Other"],
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    history, _ = open_history(str(tmp_path / "a.parquet"))
    (block,) = history.blocks(LENGTH, ())
    moment = datetime.fromisoformat(text)
    assert block.first == (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("areas", "told"),
    [([b"Grid"], None), ([b"Gr\xff"], "area"), ([""], "is no path"), (["Grid//a"], "is no path")],
)
def test_areas_in_parquet_are_paths_in_text_or_bytes(tmp_path, areas, told):
    """What is none is a finding; what some writers keep as bytes is read as text."""
    path = str(tmp_path / "a.parquet")
    slots = pa.array([START]).cast(pa.timestamp("s"))
    pq.write_table(pa.table({"slot": slots, "area": areas, "import": [1.0]}), path)
    history, _ = open_history(path)
    if told is None:
        assert [("Grid",)] == [block.grid.paths for block in history.blocks(LENGTH, {"import"})]
    else:
        with pytest.raises(HistoryError, match=told):
            list(history.blocks(LENGTH, {"import"}))


def test_a_compressed_file_that_ends_too_early_is_a_finding(tmp_path):
    """Told when its end is reached, as any other fault of a row."""
    rows = "".join(f"{1970 + at // 12:04}-{at % 12 + 1:02}-01T00:00,Grid\n" for at in range(90000))
    whole = gzip.compress(f"slot,area\n{rows}".encode(), mtime=0)
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(HistoryError, match="file"):
        _all_of(str(tmp_path / "a.csv.gz"))


def _all_of(path: str) -> None:
    history, findings = open_history(path)
    if history is None:
        raise HistoryError(findings[0])
    for _ in history.blocks(LENGTH, []):
        pass


def test_the_fee_in_force_is_that_of_the_next_slot_unless_recorded(tmp_path):
    """As a market event is read: `current_fee` stands until somebody changes it."""
    path = tmp_path / "a.csv"
    path.write_text("slot,area,current_fee\n2026-01-01T00:00,Grid,3\n2026-01-01T00:15,Grid,4\n")
    history, _ = open_history(str(path))
    blocks = list(history.blocks(LENGTH, ["next_fee"]))
    assert [3, 4] == np.concatenate([b.columns["next_fee"] for b in blocks])[:, 0].tolist()


def test_reading_ahead_changes_nothing_and_raises_in_its_turn():
    """What came before a fault is still handed over."""

    def values() -> Iterator[int]:
        yield from (1, 2, 3)
        raise HistoryError(Diagnostic("RG713", "out of order"))

    reading = ahead(values())
    assert [1, 2, 3] == [next(reading) for _ in range(3)]
    with pytest.raises(HistoryError, match="out of order"):
        next(reading)
