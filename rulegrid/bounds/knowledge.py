"""What the names of formulas may be: metrics, the clock, named values, windows, fees."""

from collections.abc import Callable, Iterable, Mapping
from math import gcd

from rulegrid.bodies import Body
from rulegrid.bounds.bodies import possible_of
from rulegrid.bounds.chances import OPEN, UNKNOWN
from rulegrid.bounds.dead import Dead, dead_conditions, may_hold_conditions
from rulegrid.bounds.members import over_areas
from rulegrid.bounds.ranges import ANYTHING, Range, between, exactly, gathered
from rulegrid.bounds.walk import Possible, Walk
from rulegrid.bounds.windows import windowed
from rulegrid.formula import TRUTH, Expression, Reference
from rulegrid.metrics import CLOCK, FEE, METRICS

_TIME_ZONES_MINUTES = 15
"""Every time zone is a multiple of it away from UTC."""

Fees = Callable[[Reference], Range]
"""What a fee read by a formula may be."""


class Knowledge:
    """What expressions may give in areas that see the same named values.

    `named` values come in an order in which each reads only earlier ones. `earlier` is what is
    known already of values that read none of them, nor are any of them.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, Body]],
        slot_minutes: int,
        fees: Fees,
        earlier: Mapping[str, Possible] | None = None,
    ) -> None:
        self._fees = fees
        self._minutes = range(0, 60, gcd(slot_minutes, _TIME_ZONES_MINUTES))
        self._windows: dict[str, Range] = {}
        self._found: dict[int, Possible] = {}
        self._dead: dict[int, tuple[Dead, ...]] = {}
        self.named: dict[str, Possible] = dict(earlier or {})
        for name, body in named:
            self.named[name] = possible_of(body, self.possible)

    def possible(self, expression: Expression) -> Possible:
        """All that an expression may be."""
        key = id(expression)
        if key not in self._found:
            self._found[key] = self.walk(expression).value(expression.tree)
        return self._found[key]

    def walk(self, expression: Expression, assumed: Mapping[str, Possible] | None = None) -> Walk:
        """A walk over an expression, with what is assumed of some names besides."""
        names: dict[str, Possible] = {}
        for key, reference in expression.reads.items():
            names[key] = self._of(reference)
        for key, window in expression.windows.items():
            if key not in self._windows:
                operand = self.possible(window.operand)
                known = operand if isinstance(operand, Range) else ANYTHING
                self._windows[key] = windowed(window.function, known, window.slots)
            names[key] = self._windows[key]
        for key, aggregate in expression.aggregates.items():
            names[key] = over_areas(aggregate.function, self._anywhere(aggregate.operand))
        return Walk({**names, **assumed} if assumed else names)

    def _anywhere(self, expression: Expression) -> Possible:
        """All that an expression may be in any area, whose named values may be its own."""
        names: dict[str, Possible] = {
            key: self._of_any(read) for key, read in expression.reads.items()
        }
        for key, window in expression.windows.items():
            operand = self._anywhere(window.operand)
            known = operand if isinstance(operand, Range) else ANYTHING
            names[key] = windowed(window.function, known, window.slots)
        for key, aggregate in expression.aggregates.items():
            names[key] = over_areas(aggregate.function, self._anywhere(aggregate.operand))
        found: Possible = Walk(names).value(expression.tree)
        return found

    def _of_any(self, reference: Reference) -> Possible:
        if reference.name in self.named:
            return ANYTHING if isinstance(self.named[reference.name], Range) else UNKNOWN
        return self._of(reference)

    def dead(self, expression: Expression) -> tuple[Dead, ...]:
        """The conditions of an expression that decide nothing; those inside windows left out."""
        key = id(expression)
        if key not in self._dead:
            found: Iterable[Dead] = ()
            if may_hold_conditions(expression.key):
                is_condition = expression.kind is TRUTH
                walk = self.walk(expression)
                found = dead_conditions(expression.tree, walk, is_condition=is_condition)
            self._dead[key] = tuple(found)
        return self._dead[key]

    def _of(self, reference: Reference) -> Possible:
        name = reference.name
        if name == FEE and reference.scope in {"parent", "area"}:
            return self._fees(reference)
        if name in self.named:
            return _told(self.named[name])
        if name == "minute":
            return exactly(*map(float, self._minutes))
        return _LANGUAGE.get(name, ANYTHING)


def _told(of: Possible) -> Possible:
    """What is said of a named value where it is read: that one never has data is said once."""
    if isinstance(of, Range):
        return of if of.pieces else ANYTHING
    return of if of.yes or of.no else UNKNOWN


def _language() -> dict[str, Possible]:
    """What metrics and clock names may be."""
    known: dict[str, Possible] = {
        name: between(float(of.least), float(of.most), lacking=True)
        for name, of in METRICS.items()
    }
    for name, clock in CLOCK.items():
        numbers = [(float(number), float(number)) for number in clock.values]
        known[name] = OPEN if clock.is_truth else gathered(numbers, lacking=False)
    return known


_LANGUAGE = _language()
