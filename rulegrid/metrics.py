"""The words a formula may use: metrics, clock names and functions, with their units and meaning.

One table each, read by the checks, the engine, the JSON Schema and the documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from math import inf
from types import MappingProxyType

from rulegrid.units import ENERGY, MONEY, PERCENT, PRICE, Dimension


class Reported(Enum):
    """Which message of the exchange carries a metric."""

    EVENT = auto()
    STATISTICS = auto()
    """Only the answer to `market_stats` / `dso_market_stats`: it has to be asked for."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity the exchange reports.

    `dimension` is None where it is that of the rulebook's `fee_unit`.
    """

    dimension: Dimension | None
    meaning: str
    no_data_when: str
    reported: Reported = Reported.EVENT
    grid_wide: bool = False
    cumulative: bool = False
    """Whether it counts from the start of the run, not slot by slot."""
    least: float = -inf
    most: float = inf
    """No exchange reports less or more. Prices may be negative, and fees are whatever somebody
    sent."""


_BEFORE = "before the first completed slot"
_UNTRADED = "nothing was traded"

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "import": Metric(
            ENERGY, "energy into the area in the last slot", _BEFORE, Reported.STATISTICS, least=0
        ),
        "export": Metric(
            ENERGY,
            "energy out of the area in the last slot",
            _BEFORE,
            Reported.STATISTICS,
            least=0,
        ),
        "self_sufficiency": Metric(
            PERCENT,
            "share of own demand covered by own generation, since the start of the run",
            "until the exchange has worked one out",
            Reported.STATISTICS,
            cumulative=True,
            least=0,
            most=100,
        ),
        "self_consumption": Metric(
            PERCENT,
            "share of own generation used in the area, since the start of the run",
            "until the exchange has worked one out",
            Reported.STATISTICS,
            cumulative=True,
            least=0,
            most=100,
        ),
        "min_price": Metric(PRICE, "lowest price of the trades of the last slot", _UNTRADED),
        "median_price": Metric(PRICE, "median price of the trades of the last slot", _UNTRADED),
        "avg_price": Metric(PRICE, "mean price of the trades of the last slot", _UNTRADED),
        "max_price": Metric(PRICE, "highest price of the trades of the last slot", _UNTRADED),
        "volume": Metric(
            ENERGY, "energy traded in the last slot, 0 where nothing was traded", _BEFORE, least=0
        ),
        "current_fee": Metric(None, "fee of the slot now trading", "unknown"),
        "next_fee": Metric(None, "fee already set for the next slot", "unknown"),
        "last_fee": Metric(None, "fee of the slot that has just ended", "unknown"),
        "fee_revenue": Metric(
            MONEY,
            "fees the area's market collected in the last slot",
            "not reported",
            Reported.STATISTICS,
        ),
        "feed_in_tariff": Metric(
            PRICE, "what feeding into the grid above earns", "not reported", grid_wide=True
        ),
        "market_maker_rate": Metric(
            PRICE, "price of the market maker", "not reported", grid_wide=True
        ),
    }
)
"""Every metric, in the order of the documentation."""

FEE = "fee"
"""What `parent.fee` and `Grid.fee` read: the fee decided in this cycle, after limits."""


@dataclass(frozen=True, slots=True)
class ClockName:
    """A name that depends only on the slot the fee will apply to, in the rulebook's time zone."""

    meaning: str
    is_truth: bool = False
    values: range = range(0)
    """What a number may be; the minutes are those of any slot length."""


CLOCK: Mapping[str, ClockName] = MappingProxyType(
    {
        "hour": ClockName("hour of the day, 0 to 23", values=range(24)),
        "minute": ClockName("minute of the hour, 0 to 59", values=range(60)),
        "weekday": ClockName("day of the week, 1 is Monday and 7 is Sunday", values=range(1, 8)),
        "month": ClockName("month of the year, 1 to 12", values=range(1, 13)),
        "is_workday": ClockName("Monday to Friday and no holiday", is_truth=True),
        "is_holiday": ClockName("one of the rulebook's holidays", is_truth=True),
    }
)
"""Every clock name; all are plain numbers or truths."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas: how it is written and what it gives."""

    signature: str
    least: int
    most: int
    meaning: str
    windowed: bool = False
    """Whether the last argument is a window over the area's newest slots."""


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "abs": Function("abs(x)", 1, 1, "x without its sign"),
        "min": Function("min(x, y, ...)", 2, 16, "the smallest"),
        "max": Function("max(x, y, ...)", 2, 16, "the largest"),
        "clamp": Function("clamp(x, low, high)", 3, 3, "x, but not under low nor over high"),
        "round": Function("round(x, digits)", 2, 2, "x to 0 to 9 decimals, half away from zero"),
        "average": Function(
            "average(x, 4 slots)", 2, 2, "mean over the newest slots", windowed=True
        ),
        "total": Function("total(x, 4 slots)", 2, 2, "sum over the newest slots", windowed=True),
        "lowest": Function(
            "lowest(x, 4 slots)", 2, 2, "smallest of the newest slots", windowed=True
        ),
        "highest": Function(
            "highest(x, 4 slots)", 2, 2, "largest of the newest slots", windowed=True
        ),
        "previous": Function(
            "previous(x, 1 slot)", 2, 2, "the value that many slots ago", windowed=True
        ),
        "has": Function("has(x)", 1, 1, "whether there is data; never itself no data"),
        "default": Function("default(x, y)", 2, 2, "x, or y where x has no data"),
    }
)
"""Every function a formula may call."""

AGGREGATES: Mapping[str, Function] = MappingProxyType(
    {
        "average": Function("average(children.x)", 1, 1, "mean over the areas"),
        "total": Function("total(children.x)", 1, 1, "sum over the areas"),
        "lowest": Function("lowest(children.x)", 1, 1, "smallest of the areas"),
        "highest": Function("highest(children.x)", 1, 1, "largest of the areas"),
        "count": Function("count(children.x > 3 kWh)", 1, 1, "how many areas make it true"),
    }
)
"""What a function gives over several areas: with one argument, which names them."""

SEVERAL = ("children", "all")
"""Words before a dot that stand for several areas; the groups of a rulebook do too."""

RESERVED = frozenset({"parent", "children", "all", "and", "or", "not", "if", "else", FEE, "none"})
"""Words that name no metric but can name no variable either."""
