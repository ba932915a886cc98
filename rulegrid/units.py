"""Units and dimensions: which amounts may meet, and the exact factor between two units.

Canonical units are kWh, ct, hours and, for a share, points of percent; so kW is kWh over an hour
and ct/kWh is ct over kWh, without a factor.
"""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Dimension:
    """What an amount measures: powers of money, energy and time, or a percentage.

    All zero is a plain number.
    """

    money: int = 0
    energy: int = 0
    time: int = 0
    percent: bool = False

    def __mul__(self, other: "Dimension") -> "Dimension":
        return Dimension(
            self.money + other.money, self.energy + other.energy, self.time + other.time
        )

    def __truediv__(self, other: "Dimension") -> "Dimension":
        return Dimension(
            self.money - other.money, self.energy - other.energy, self.time - other.time
        )

    def __str__(self) -> str:
        return _COMMON_NAMES.get(self) or _spell(self)


NUMBER = Dimension()
PERCENT = Dimension(percent=True)
ENERGY = Dimension(energy=1)
POWER = Dimension(energy=1, time=-1)
MONEY = Dimension(money=1)
PRICE = Dimension(money=1, energy=-1)
TIME = Dimension(time=1)

_COMMON_NAMES = {
    NUMBER: "a plain number",
    PERCENT: "%",
    ENERGY: "kWh",
    POWER: "kW",
    MONEY: "ct",
    PRICE: "ct/kWh",
    TIME: "h",
}


def _spell(dimension: Dimension) -> str:
    powers = (("ct", dimension.money), ("kWh", dimension.energy), ("h", dimension.time))
    above = "·".join(f"{unit}^{n}" if n > 1 else unit for unit, n in powers if n > 0)
    below = "·".join(f"{unit}^{-n}" if n < -1 else unit for unit, n in powers if n < 0)
    return f"{above or '1'}/{below}" if below else above


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as written in a rulebook, and its size in the canonical unit of its dimension."""

    name: str
    dimension: Dimension
    factor: Fraction = field(hash=False)


UNITS = {
    name: Unit(name, dimension, Fraction(factor))
    for name, dimension, factor in (
        ("Wh", ENERGY, Fraction(1, 1000)),
        ("kWh", ENERGY, 1),
        ("MWh", ENERGY, 1000),
        ("GWh", ENERGY, 1_000_000),
        ("kW", POWER, 1),
        ("MW", POWER, 1000),
        ("ct", MONEY, 1),
        ("EUR", MONEY, 100),
        ("ct/kWh", PRICE, 1),
        ("EUR/kWh", PRICE, 100),
        ("EUR/MWh", PRICE, Fraction(1, 10)),
        ("%", PERCENT, 1),
        ("s", TIME, Fraction(1, 3600)),
        ("min", TIME, Fraction(1, 60)),
        ("h", TIME, 1),
        ("day", TIME, 24),
        ("days", TIME, 24),
    )
}
"""All units but `slot` and `slots`, whose size is the rulebook's `slot_length`."""

SLOT_UNITS = ("slot", "slots")


def slot_units(slot_hours: Fraction) -> dict[str, Unit]:
    """The units whose size is a market slot's length."""
    return {name: Unit(name, TIME, slot_hours) for name in SLOT_UNITS}


UNIT_NAMES = frozenset(UNITS) | frozenset(SLOT_UNITS)
