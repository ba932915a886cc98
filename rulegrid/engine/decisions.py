"""What took part in a decision: rules, options of named values, limits, and lack of data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rulegrid.bodies import Body, Choice, Sheet, expressions
from rulegrid.columns import Value
from rulegrid.engine.bodies import takes
from rulegrid.engine.cycle import Cycle
from rulegrid.engine.limits import Step
from rulegrid.engine.schedule import Group
from rulegrid.engine.seen import Seen
from rulegrid.engine.sheets import has_cell, rows_of
from rulegrid.formula import Expression
from rulegrid.program import Program


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule of a policy gave a fee; both are counted in the order of the program."""

    policy: int
    rule: int


@dataclass(frozen=True, slots=True)
class Took:
    """An option of a band, a calendar, dated values, or a row of a table led to a fee."""

    body: Choice | Sheet
    option: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A step from the raw fee to the final one changed a fee of a policy."""

    policy: int
    step: Step


@dataclass(frozen=True, slots=True)
class Lacked:
    """A fee of a policy had no data."""

    policy: int


Part = Ruled | Took | Moved | Lacked


class Decisions:
    """Tells of the cycles of one program what took part in them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._numbers = {id(policy): at for at, policy in enumerate(program.policies)}
        self._behind: dict[Ruled, tuple[_Leaned, ...]] = {}

    def parts(self, cycle: Cycle) -> Iterator[Part]:
        """All that took part in the decisions of a cycle, in whichever area."""
        for group in cycle.binding.groups:
            yield from self._of_group(cycle, group, self._numbers[id(group.policy)])

    def _of_group(self, cycle: Cycle, group: Group, policy: int) -> Iterator[Part]:
        lacking = np.isnan(cycle.raw[group.areas])
        if lacking.any():
            yield Lacked(policy)
        moved = int(np.bitwise_or.reduce(cycle.flags[group.areas], initial=0))
        yield from (Moved(policy, step) for step in Step if moved & step)
        rules = cycle.rule[group.areas]
        seen = Seen(cycle, group, group.index)
        for rule in np.unique(rules[~lacking]).tolist():
            ruled = Ruled(policy, rule)
            yield ruled
            where = ~lacking & (rules == rule)
            if ruled not in self._behind:
                self._behind[ruled] = tuple(_choices_behind(self._program, ruled))
            for leaned in self._behind[ruled]:
                if leaned.is_elsewhere:
                    yield from _taken(leaned.body, cycle.columns, np.ones(1, dtype=bool))
                else:
                    yield from _taken(leaned.body, seen, where)


@dataclass(frozen=True, slots=True)
class _Leaned:
    """A body with options or rows that a decision leans on."""

    body: Choice | Sheet
    is_elsewhere: bool
    """Whether an aggregate asks it of other areas."""


def _taken(
    body: Choice | Sheet, seen: Mapping[str, Value], where: NDArray[np.bool_]
) -> Iterator[Took]:
    """The options or the row that some areas have taken; a value may be dated in turn."""
    if isinstance(body, Sheet):
        if (has_cell(body, seen) & where).any():
            yield Took(body, int(rows_of(body, seen)))
        return
    for number, flags in enumerate(takes(body, seen)):
        here = flags & where
        if here.any():
            yield Took(body, number)
            value = body.options[number].value
            if not isinstance(value, Expression):
                yield from _taken(value, seen, here)


def _choices_behind(program: Program, ruled: Ruled) -> Iterator[_Leaned]:
    """The bodies with options or rows that a rule and the conditions before it lean on."""
    policy = program.policies[ruled.policy]
    variables = {each.name: each.of(policy.selector) for each in program.variables}
    read = [each.when for each in policy.rules[: ruled.rule + 1] if each.when is not None]
    waiting: list[tuple[Body, bool]] = [
        (each, False) for each in (*read, policy.rules[ruled.rule].fee)
    ]
    while waiting:
        reader, is_elsewhere = waiting.pop()
        for name, is_other in _names(expressions(reader)).items():
            body = variables.pop(name, None)
            if body is not None:
                waiting.append((body, is_elsewhere or is_other))
                if not isinstance(body, Expression):
                    yield _Leaned(body, is_elsewhere or is_other)


def _names(formulas: Iterable[Expression]) -> dict[str, bool]:
    """The names that formulas read, and whether only aggregates read them."""
    found: dict[str, bool] = {}
    for formula in formulas:
        found |= {
            read.name: True for read in formula.all_reads().values() if read.name not in found
        }
        found |= {read.name: False for read in formula.its_own_reads().values()}
    return found
