"""The program: all that crosses from author time to market time.

A rulebook that has been read and checked becomes one `Program`. The engine needs nothing else of
it, and nothing of YAML.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from rulegrid.bodies import Body, expressions
from rulegrid.diagnostics import Switch
from rulegrid.formula import Expression
from rulegrid.source import Place
from rulegrid.units import Dimension

WhenNoData = Literal["keep", "skip"] | float
"""Send the fee in force again, send nothing, or send this fee."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits on a fee, in the rulebook's `fee_unit`.

    A limit that is not set is None.
    """

    minimum: float = 0.0
    maximum: float = 1000.0
    max_change: float | None = None
    """The largest step away from the fee that will be in force before."""
    dead_band: float | None = None
    """A change smaller than this is not made."""
    hold_slots: int = 0
    """After a change, none for so many decisions."""
    decimals: int = 0

    @property
    def lowest(self) -> float:
        """The lowest fee with the allowed decimals that is not under `minimum`."""
        scale = 10.0**self.decimals
        points = round(self.minimum * scale)
        return points / scale if points / scale >= self.minimum else (points + 1) / scale

    @property
    def highest(self) -> float:
        """The highest fee with the allowed decimals that is not over `maximum`."""
        scale = 10.0**self.decimals
        points = round(self.maximum * scale)
        return points / scale if points / scale <= self.maximum else (points - 1) / scale


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy: the fee where `when` is true.

    The last rule of a policy has no condition.
    """

    when: Expression | None
    fee: Expression
    reason: str
    """What decided, for a person: `because`, else `rule N`, `otherwise`, or `fee` for an area with
    one formula."""
    place: Place
    chooser: str = ""
    """The band or calendar that is all of the fee: without a `because`, its step or window is what
    decided."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one selector says: rules read from the top, the limits, and what to do without data."""

    selector: str
    place: Place
    rules: tuple[Rule, ...]
    limits: Limits
    when_no_data: WhenNoData


@dataclass(frozen=True, slots=True)
class Variable:
    """A named value that serves every area, and what some selectors put in its place.

    Bands and calendars are named values like any other.
    """

    name: str
    place: Place
    shared: Body | None
    """None where only areas define it."""
    own: Mapping[str, Body]
    """By selector."""

    def of(self, selector: str) -> Body | None:
        """The version that the areas of a selector see; None where they see none."""
        return self.own.get(selector, self.shared)

    def expressions(self) -> Iterator[Expression]:
        """Every formula of every version."""
        if self.shared is not None:
            yield from expressions(self.shared)
        for body in self.own.values():
            yield from expressions(body)


@dataclass(frozen=True, slots=True)
class NamedArea:
    """An area that a formula reads by name or path, and where."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """Areas that formulas go over together: all that one of its selectors matches."""

    name: str
    selectors: tuple[NamedArea, ...]


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
    named_areas: tuple[NamedArea, ...] = ()
    named_groups: tuple[NamedGroup, ...] = ()
    holidays: frozenset[date] = frozenset()
    switches: tuple[Switch, ...] = ()
    """The warnings that the author wants to hear nothing of, at market time either."""

    def expressions(self) -> Iterator[Expression]:
        """Every expression: the variables' versions in order, then the policies' rules."""
        for variable in self.variables:
            yield from variable.expressions()
        for policy in self.policies:
            for rule in policy.rules:
                if rule.when is not None:
                    yield rule.when
                yield rule.fee

    @property
    def fee_unit(self) -> str:
        """The unit of every fee, as the rulebook writes it."""
        return "percent" if self.fee_dimension.percent else "ct/kWh"
