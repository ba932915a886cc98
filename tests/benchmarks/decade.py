"""Ten years of 1,000 areas, through the command line: the memory that it takes at most."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.timing import Row, told
from tests.benchmarks.years import RULEBOOK
from tests.yardstick import peak_memory

SLOTS, AREAS = 350_400, 1_000
SLOTS_A_GROUP = 1_000
MOST_MEMORY = 1 << 30
SCHEMA = pa.schema(
    {
        "slot": pa.timestamp("s", "UTC"),
        "area": pa.dictionary(pa.int32(), pa.string()),
        "import": pa.float64(),
        "export": pa.float64(),
        "volume": pa.float64(),
    }
)


def measure() -> list[Row]:
    """The rows of ten years."""
    with TemporaryDirectory() as folder:
        rulebook, history = Path(folder) / "six.yaml", Path(folder) / "decade.parquet"
        rulebook.write_bytes(RULEBOOK)
        _write(history)
        commands = {
            "ten years of 1,000 areas, backtested": [],
            "  the same with `--report`": ["--report", str(Path(folder) / "report.html")],
        }
        return [
            _row(what, ["backtest", str(rulebook), "--data", str(history), *options])
            for what, options in commands.items()
        ]


def _row(what: str, arguments: list[str]) -> Row:
    start = perf_counter()
    _, memory = peak_memory([sys.executable, "-m", "rulegrid", *arguments], {})
    seconds = perf_counter() - start
    speed = SLOTS * AREAS / seconds / 1e6
    return Row(
        what,
        f"{memory >> 20} MiB at most; {told(seconds)}, {speed:.1f} million rows a second",
        "< 1 GiB",
        memory < MOST_MEMORY,
    )


def _write(history: Path) -> None:
    """350 million rows in long form, a row group at a time; about 1 % is without data."""
    random = np.random.default_rng(1)
    metrics = {name: _numbers(random, most) for name, most in _MOST.items()}
    paths = pa.array(["Grid", *(f"Grid/Street {number}" for number in range(1, AREAS))])
    with pq.ParquetWriter(history, SCHEMA, compression="zstd") as file:
        for start in range(0, SLOTS, SLOTS_A_GROUP):
            slots = min(SLOTS_A_GROUP, SLOTS - start)
            places = np.tile(np.arange(AREAS, dtype=np.int32), slots)
            columns = {
                "slot": pa.array(np.repeat(_moments(start, slots), AREAS), SCHEMA.types[0]),
                "area": pa.DictionaryArray.from_arrays(pa.array(places), paths),
            }
            for name, numbers in metrics.items():
                cut = random.integers(len(numbers) - slots * AREAS)
                columns[name] = pa.array(numbers[cut : cut + slots * AREAS], from_pandas=True)
            file.write_table(pa.table(columns, SCHEMA))


_MOST = {"import": 60.0, "export": 30.0, "volume": 60.0}


def _numbers(random: np.random.Generator, most: float) -> np.ndarray:
    """Numbers of which each row group takes another stretch."""
    numbers = np.round(random.uniform(0, most, 2 * SLOTS_A_GROUP * AREAS), 1)
    numbers[random.random(len(numbers)) < 0.01] = np.nan
    return numbers


def _moments(start: int, slots: int) -> np.ndarray:
    first = np.datetime64("2015-01-01T00:00", "s")
    return first + np.arange(start, start + slots) * np.timedelta64(900, "s")
