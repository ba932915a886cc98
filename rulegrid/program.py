"""The program: all that crosses from author time to market time.

A rulebook that has been read and checked becomes one `Program`. The engine needs nothing else of it, and nothing of
YAML.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from rulegrid.formula import Expression
from rulegrid.units import Dimension


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits on a fee, in `fee_unit`; a limit that is not set is None."""

    minimum: float = 0.0
    maximum: float = 1000.0
    max_change: float | None = None
    """The largest step away from the fee that will be in force before."""
    dead_band: float | None = None
    """A change smaller than this is not made."""
    hold_slots: int = 0
    """After a change, none for so many decisions."""
    decimals: int = 0


KEEP = "keep"
SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy: the fee where `when` is true. The last line of a policy has no condition."""

    when: Expression | None
    fee: Expression
    reason: str
    """What a person is told decided: `because`, else `rule N`, `otherwise`, or `fee` for an area with one formula."""
    line: int
    """Line of the rulebook, from 1."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one selector says: rules read from the top, the limits, and what to do without data."""

    selector: str
    line: int
    rules: tuple[Rule, ...]
    limits: Limits
    when_no_data: str | float = KEEP
    """`keep`, `skip`, or the fee to send."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A named expression that serves every area, and the areas' own versions of it by selector."""

    name: str
    line: int
    shared: Expression | None
    """None for a variable that only areas define."""
    own: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Program:
    """A checked rulebook, ready to be bound to a grid."""

    name: str
    digest: str
    """`sha256:` and the digest of the rulebook's bytes and of every file it names."""
    fee_dimension: Dimension
    timezone: ZoneInfo | None
    slot_length: timedelta
    variables: tuple[Variable, ...]
    """In an order in which each reads only earlier ones."""
    policies: tuple[Policy, ...]
    """In the order of the file."""

    @property
    def fee_unit(self) -> str:
        """The unit of every fee, as the rulebook writes it."""
        return "percent" if self.fee_dimension.percent else "ct/kWh"
