"""The Python door to backtests: what it gives, what it writes, what it raises."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rulegrid
from rulegrid.cli.exits import Exit
from tests.console import ROOT
from tests.console import rulegrid as console

BANDS, FLAT = (str(ROOT / "rules" / f"{name}.yaml") for name in ("import_bands", "flat"))
GAPS = str(ROOT / "tests" / "golden" / "gaps.csv")


def test_rulebooks_are_paths_or_programs_one_or_many():
    """All give the same results, in the order they were named."""
    both = rulegrid.backtest([BANDS, rulegrid.compile_rulebook(FLAT)], GAPS)
    assert ["Import and export bands", "Flat fee"] == [each.name for each in both.results]
    assert rulegrid.backtest(BANDS, GAPS).results == both.results[:1]
    assert rulegrid.backtest(rulegrid.compile_rulebook(FLAT), GAPS).results == both.results[1:]


def test_files_are_texts_or_paths(tmp_path):
    """As everywhere in Python."""
    found = rulegrid.backtest([Path(BANDS), FLAT], Path(GAPS), fees=tmp_path / "fees.csv")
    assert found.results == rulegrid.backtest([BANDS, FLAT], GAPS).results
    assert rulegrid.backtest(Path(FLAT), GAPS).results == found.results[1:]
    assert (tmp_path / "fees.csv").read_text().startswith('"rulebook","slot","area"')
    assert rulegrid.compile_rulebook(Path(FLAT)).name == "Flat fee"


def test_a_history_is_not_written_over(tmp_path):
    """Nor does a file of fees become a part of it, whichever way one writes its path."""
    days = tmp_path / "days"
    days.mkdir()
    row = {"slot": ["2021-07-01T00:15"], "area": ["Grid"], "volume": [1.0]}
    pq.write_table(pa.table(row), days / "a.parquet")
    before = (days / "a.parquet").read_bytes()
    odd = f"{tmp_path}/days/../days/a.parquet"
    for history, fees in [(days / "a.parquet", odd), (days, odd), (days, days / "b.parquet")]:
        with pytest.raises(ValueError, match="part of the history"):
            rulegrid.backtest(FLAT, history, fees=fees)
        ran = console("backtest", FLAT, "--data", str(history), "-o", str(fees))
        assert (ran.code, "part of the history" in ran.err) == (Exit.USAGE, True)
    assert [days / "a.parquet"] == list(days.iterdir())
    assert before == (days / "a.parquet").read_bytes()
    rulegrid.backtest(FLAT, days, fees=days / "fees.csv")


def test_a_result_is_frozen():
    """Nobody changes by mistake what others have measured."""
    found = rulegrid.backtest(FLAT, GAPS)
    assert (5, 3) == (found.span.slots, found.span.missing)
    for frozen in (found, found.span, found.seconds, found.results[0], found.results[0].total):
        with pytest.raises(FrozenInstanceError):
            setattr(frozen, fields(frozen)[0].name, None)


def test_the_fees_of_all_slots_are_written(tmp_path):
    """By rulebook, slot and area: their mean is that of the results."""
    path = str(tmp_path / "fees.parquet")
    found = rulegrid.backtest([BANDS, FLAT], fees=path)
    rows = pq.read_table(path).to_pylist()
    for file, result in zip((BANDS, FLAT), found.results, strict=True):
        fees = [row["fee"] for row in rows if row["rulebook"] == file and row["fee"] is not None]
        assert result.total.slots == len(fees)
        assert result.total.mean_fee == pytest.approx(sum(fees) / len(fees))


def test_what_is_wrong_is_an_error_that_says_so(tmp_path):
    """With findings, where they can tell where."""
    broken = str(ROOT / "tests" / "golden" / "five_mistakes.yaml")
    with pytest.raises(rulegrid.RulebookError) as rulebook:
        rulegrid.backtest(broken)
    assert 5 == len(rulebook.value.findings)
    with pytest.raises(rulegrid.HistoryError, match="there is no column `slot`"):
        rulegrid.backtest(FLAT, str(ROOT / "tests" / "golden" / "err" / "RG711.csv"))
    with pytest.raises(FileNotFoundError):
        rulegrid.backtest(FLAT, str(tmp_path / "year.parquet"))
    with pytest.raises(ValueError, match=r"ends in \.parquet or \.csv"):
        rulegrid.backtest(FLAT, fees="fees.txt")
    with pytest.raises(ValueError, match="name a rulebook"):
        rulegrid.backtest([])


def test_rulebooks_with_other_slots_than_the_history_do_not_fit(tmp_path):
    """Whether they disagree with each other or with it."""
    (tmp_path / "hourly.yaml").write_text(
        "rulegrid: 1\nname: Hourly\nslot_length: 1 h\nareas: {Grid: 2}\n"
    )
    hourly = str(tmp_path / "hourly.yaml")
    with pytest.raises(rulegrid.RehearsalError, match="slots of different lengths"):
        rulegrid.backtest([FLAT, hourly])
    with pytest.raises(rulegrid.HistoryError, match="slots 15 min apart"):
        rulegrid.backtest(hourly)
