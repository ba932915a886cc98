"""Why a fee is what it is: the same walk over the same columns, with every value kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import Band, Body, Calendar, Sheet, expressions
from rulegrid.columns import Trace, Truth, Value
from rulegrid.engine.areas import taken
from rulegrid.engine.bodies import taken_formulas, takes
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.gone_over import gone_over
from rulegrid.engine.limits import Step, settle
from rulegrid.engine.schedule import Group, Index
from rulegrid.engine.seen import Seen
from rulegrid.engine.sheets import rows_of
from rulegrid.engine.telling import row_time, told
from rulegrid.formula import Aggregate, Expression, Window
from rulegrid.program import Policy, Rule


@dataclass(frozen=True, slots=True)
class Reason:
    """What decided an area's fee, in a few words, and the metrics it lacked."""

    text: str
    no_data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule that was looked at: its condition's value, None for no data."""

    rule: Rule
    trace: Trace
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A named value, a window or an aggregate that the formulas lean on, and how it came about."""

    name: str
    """The variable's name, or the window or aggregate as it is written."""
    value: float | bool | None
    trace: Trace | None
    """The walk through what is behind the name, or through what the window goes over. An aggregate
    has none: it takes one walk for each of its areas."""
    slots: int = 0
    """For a window, how many slots it asks for."""
    history: tuple[float | None, ...] = ()
    """For a window, the values it went over, oldest first; None for a slot without data."""
    areas: tuple[tuple[int, float | bool | None], ...] | None = None
    """For an aggregate, the place of each area it went over and what was worked out there."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that made one area's fee in one slot.

    Traces have one entry: `trace.at()` is the area's value.
    """

    cycle: Cycle
    place: int
    policy: Policy
    reason: Reason
    conditions: tuple[Condition, ...]
    """The rules that were looked at, in order."""
    rule: Rule
    """The rule that decided, or that lacked data."""
    fee: Trace | None
    """The formula of that rule; None where it was its condition that lacked data."""
    definitions: tuple[Definition, ...]
    """What the formulas lean on, each after what it leans on itself."""
    stages: tuple[tuple[Step, float], ...]
    """The fee after each step that changed it, in order."""


def reasons(cycle: Cycle, wanted: Sequence[int] | None = None) -> dict[int, Reason]:
    """The reason of every area that a selector names, by its place.

    `wanted` are the only places it is asked of.
    """
    found: dict[int, Reason] = {}
    for group in cycle.binding.groups:
        areas, index = group.areas, group.index
        if wanted is not None:
            areas = index = areas[np.isin(areas, wanted)]
        rules = group.policy.rules
        lacking = np.isnan(cycle.raw[areas])
        by_rule = [Reason(rule.reason) for rule in rules]
        places = areas[~lacking]
        numbers = cycle.rule[places].tolist()
        found |= zip(places.tolist(), map(by_rule.__getitem__, numbers), strict=True)
        choosing = [number for number, rule in enumerate(rules) if rule.chooser]
        if (choosing and len(areas)) or lacking.any():
            view = _View(cycle, group, index)
            for number in choosing:
                at = np.flatnonzero(~lacking & (cycle.rule[areas] == number))
                found |= zip(areas[at].tolist(), view.chosen(rules[number], at), strict=True)
            for one in np.flatnonzero(lacking).tolist():
                place = int(areas[one])
                found[place] = view.lack(rules[cycle.rule[place]], one)
    return found


def explain(cycle: Cycle, place: int) -> Explanation | None:
    """Why one area's fee is what it is; None for an area that no selector names."""
    for group in cycle.binding.groups:
        if place in group.areas:
            return _explained(cycle, group, place)
    return None


def _explained(cycle: Cycle, group: Group, place: int) -> Explanation:
    policy = group.policy
    view = _View(cycle, group, slice(place, place + 1))
    rule = policy.rules[cycle.rule[place]]
    looked_at = [
        (each, each.when)
        for each in policy.rules[: cycle.rule[place] + 1]
        if each.when is not None
    ]
    conditions = tuple(
        Condition(each, view.trace(when), _holds(view.trace(when))) for each, when in looked_at
    )
    lacks_condition = bool(conditions) and conditions[-1].holds is None
    formulas = [when for _, when in looked_at]
    formulas += [] if lacks_condition else [rule.fee]
    has_fee = not np.isnan(cycle.raw[place])
    return Explanation(
        cycle,
        place,
        policy,
        next(view.chosen(rule, np.zeros(1, dtype=np.intp))) if has_fee else view.lack(rule, 0),
        conditions,
        rule,
        None if lacks_condition else view.trace(rule.fee),
        tuple(view.definitions(formulas)),
        tuple(_stages(cycle, policy, slice(place, place + 1))),
    )


def _holds(condition: Trace) -> bool | None:
    value = condition.at()
    return None if value is None else bool(value)


def _stages(cycle: Cycle, policy: Policy, at: slice) -> Iterator[tuple[Step, float]]:
    """Settle the one fee again, by the same steps, and keep those that changed it."""
    held = cycle.since_change[at] <= policy.limits.hold_slots
    settled = settle(cycle.raw[at], cycle.before[at], held, (policy.limits, policy.when_no_data))
    fee = cycle.raw[at]
    for step, after in settled.stages:
        if not np.array_equal(fee, after, equal_nan=True):
            yield step, float(after[0])
        fee = after


class _View:
    """The formulas of a group over some of its areas, traced when they are asked for."""

    def __init__(self, cycle: Cycle, group: Group, areas: Index) -> None:
        self._cycle = cycle
        self._group = group
        self._areas = areas
        self._columns = Seen(cycle, group, areas)
        self._traces: dict[Body, Trace] = {}
        self._variables = {
            each.name: each.of(group.policy.selector) for each in cycle.binding.program.variables
        }

    def trace(self, body: Body) -> Trace:
        """The trace of a formula, or of whatever is behind a name, over the areas."""
        if body not in self._traces:
            self._traces[body] = told(body, self._columns)
        return self._traces[body]

    def chosen(self, rule: Rule, at: NDArray[np.intp]) -> Iterator[Reason]:
        """Why each area at some places has the fee of a rule.

        Where a band or calendar is all of the fee, that is the step or the windows taken.
        """
        body = self._variables.get(rule.chooser)
        if isinstance(body, Sheet):
            when = row_time(body, int(rows_of(body, self._columns)))
            return repeat(Reason(f"{when} in {body.file}"), len(at))
        if not isinstance(body, Band | Calendar):
            return repeat(Reason(rule.reason), len(at))
        flags = takes(body, self._columns)
        if flags[0].size == 1:
            names = (o.name for o, flag in zip(body.options, flags, strict=True) if flag.all())
            return repeat(Reason(" + ".join(names)), len(at))
        by_option = [Reason(option.name) for option in body.options]
        return map(by_option.__getitem__, np.argmax(flags, axis=0)[at].tolist())

    def lack(self, rule: Rule, at: int) -> Reason:
        """Why a rule could not give a fee to the area at one place."""
        formula = rule.fee
        if rule.when is not None and self.trace(rule.when).at((at,)) is None:
            formula = rule.when
        causes = tuple(dict.fromkeys(self._causes(formula, at)))
        return Reason(f"no data: {', '.join(causes)}", causes)

    def definitions(self, formulas: Sequence[Expression]) -> Iterator[Definition]:
        """What some formulas lean on, each once, and after what it leans on itself."""
        known: set[str] = set()
        waiting = [(key, each, False) for each in reversed(formulas) for key in _keys(each)]
        while waiting:
            key, formula, is_due = waiting.pop()
            behind = self._behind(key, formula)
            if key in formula.aggregates and key not in known:
                known.add(key)
                yield self._gone_over(formula, formula.aggregates[key])
            elif behind is not None and is_due:
                yield self._definition(key, formula, behind)
            elif behind is not None and key not in known:
                known.add(key)
                waiting.append((key, formula, True))
                inner = reversed(tuple(taken_formulas(behind, self._columns)))
                waiting += [(name, each, False) for each in inner for name in _keys(each)]

    def _definition(self, key: str, formula: Expression, behind: Body) -> Definition:
        window = formula.windows.get(key)
        if window is None:
            return Definition(key, self.trace(behind).at(), self.trace(behind))
        start, end = formula.places[key]
        return Definition(
            formula.text[start:end],
            _entry(self._columns[key]),
            self.trace(behind),
            window.slots,
            self._history(window),
        )

    def _gone_over(self, formula: Expression, aggregate: Aggregate) -> Definition:
        """An aggregate, with what each of its areas had."""
        start, end = formula.places[aggregate.key]
        value = _entry(self._columns[aggregate.key])
        areas = gone_over(self._cycle, aggregate, self._areas)
        return Definition(formula.text[start:end], value, None, areas=areas)

    def _history(self, window: Window) -> tuple[float | None, ...]:
        size = len(self._cycle.binding.grid)
        ring = self._cycle.rings[window.operand_key][-window.depth :]
        return tuple(_entry(taken(column, self._areas, size)) for column in ring)

    def _behind(self, key: str, body: Body) -> Body | None:
        """What is behind a name in a body.

        The operand of a window, or a variable; None for what is reported.
        """
        for expression in expressions(body):
            if key in expression.windows:
                return expression.windows[key].operand
        return self._variables.get(key)

    def _causes(self, formula: Expression, at: int) -> Iterator[str]:
        """The innermost causes for the lack of data: metrics, where it can be told."""
        looked_at: set[str] = set()
        waiting = self._culprits(formula, at)
        while waiting:
            culprit, body = waiting.pop()
            behind = self._behind(culprit.name, body)
            if behind is None:
                yield culprit.cause((at,))
            elif self.trace(behind).at((at,)) is not None:
                yield f"{culprit.text} has no earlier slot"
            elif culprit.name not in looked_at:
                looked_at.add(culprit.name)
                waiting += self._culprits(behind, at)

    def _culprits(self, body: Body, at: int) -> list[tuple[Trace, Body]]:
        """The parts that leave a body without data at one place, the first one last."""
        culprits = [(each, body) for each in self.trace(body).culprits((at,))]
        return culprits[::-1]


def _keys(formula: Expression) -> Sequence[str]:
    """The names a formula reads, its windows and aggregates, the first one last."""
    return formula.names[::-1]


def _entry(value: Value) -> float | None:
    if isinstance(value, Truth):
        return None
    number = float(value[0])
    return None if np.isnan(number) else number
