"""Small worlds for formulas to read: a grid of a few areas, and some slots with gaps."""

from random import Random

from tests.reference.evaluator import METRICS, World

NAMES = ["Grid", "Community 1", "House 1", "House 2", "Hütte"]
PARENTS = [-1, 0, 1, 1, 0]
VARIABLES = {
    "balance": "import - export",
    "base_fee": "1.5 ct/kWh + avg_price * 10 %",
    "share": "100 % - self_sufficiency",
    "scarcity": "import / 10 kWh",
    "is_full": "import > 10 kWh or not self_sufficiency >= 50 %",
}
GROUPS = {"villas": [2, 4], "nobody": []}
WIDE = ("feed_in_tariff", "market_maker_rate")
NUMBERS = [
    0.0,
    1.0,
    0.5,
    10.0,
    50.0,
    2.675,
    -3.25,
    0.005,
    1e-9,
    123456.7890125,
    1e15,
    1e-300,
    1e300,
]


def dice(seed: int) -> Random:
    """Chance that falls the same way each time."""
    return Random(seed)  # noqa: S311


def world(random: Random, fee_unit: str = "ct/kWh") -> World:
    """A world of 1 to 6 slots."""
    slots = random.randint(1, 6)
    missing = random.choice([0.0, 0.1, 0.5])

    def number() -> float | None:
        if random.random() < missing:
            return None
        return (
            random.choice(NUMBERS)
            if random.random() < 0.3
            else round(random.uniform(-20, 60), random.randint(0, 9))
        )

    def column(metric: str) -> list[float | None]:
        return [number()] * len(NAMES) if metric in WIDE else [number() for _ in NAMES]

    return World(
        names=NAMES,
        paths=[
            "Grid",
            "Grid/Community 1",
            "Grid/Community 1/House 1",
            "Grid/Community 1/House 2",
            "Grid/Hütte",
        ],
        parents=PARENTS,
        metrics=[{metric: column(metric) for metric in METRICS} for _ in range(slots)],
        clock=[clock(random) for _ in range(slots)],
        fees=[column("fee") for _ in range(slots)],
        variables=VARIABLES,
        slot_minutes=random.choice([5, 15, 30, 60]),
        fee_unit=fee_unit,
        ids=random.choice([[], ["e", "b", "d", "a", "c"]]),
        groups=GROUPS,
    )


def clock(random: Random) -> dict[str, float | bool]:
    return {
        "hour": random.randrange(24),
        "minute": random.randrange(0, 60, 5),
        "weekday": random.randint(1, 7),
        "month": random.randint(1, 12),
        "is_workday": random.random() < 0.7,
        "is_holiday": random.random() < 0.3,
    }
