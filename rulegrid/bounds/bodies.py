"""What the bodies of named values may give."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import inf

from rulegrid.bodies import Band, Body, Calendar, Dated, Option, Sheet
from rulegrid.bounds.arithmetic import plus
from rulegrid.bounds.chances import Chances, any_of
from rulegrid.bounds.ranges import ANYTHING, Range, either, exactly, gathered
from rulegrid.bounds.walk import Possible
from rulegrid.formula import TRUTH, Expression

Evaluate = Callable[[Expression], Possible]


def possible_of(body: Body, evaluate: Evaluate) -> Possible:
    """All that a body may be, given what expressions may be."""
    if isinstance(body, Expression):
        return evaluate(body)
    if isinstance(body, Sheet):
        amounts = {(amount, amount) for row in body.table.values for amount in row}
        return gathered(amounts, lacking=True)
    if isinstance(body, Calendar) and body.overlap == "add":
        return _sum(body, evaluate)
    lacking = True
    options = body.options
    if isinstance(body, Band):
        size = _amount(evaluate(body.input))
        lacking = size.lacking
        options = tuple(reached(body, size))
    elif isinstance(body, Calendar):
        lacking = body.otherwise is None
    found = [possible_of(option.value, evaluate) for option in options]
    return _one_of(body, found, lacking=lacking)


def reached(band: Band, size: Range) -> Iterator[Option]:
    """The steps of a band that its input may come to: each takes its upper end in."""
    ends = (-inf, *band.bounds, inf)
    for option, (below, up_to) in zip(band.options, pairwise(ends), strict=True):
        if any(low <= up_to and high > below for low, high in size.pieces):
            yield option


def _one_of(body: Dated | Band | Calendar, found: list[Possible], *, lacking: bool) -> Possible:
    if body.kind is TRUTH:
        return any_of((each for each in found if isinstance(each, Chances)), lacking=lacking)
    return either(map(_amount, found), lacking=lacking)


def _sum(calendar: Calendar, evaluate: Evaluate) -> Range:
    """The sums of any windows, in their order; where none holds, `otherwise`, or 0 without one."""
    options = [_amount(possible_of(each.value, evaluate)) for each in calendar.options]
    rest = [exactly(0.0)]
    if calendar.otherwise is not None:
        rest = [plus(exactly(0.0), options.pop())]
    sums: list[Range] = []
    for option in options:
        sums = [either([*sums, *(plus(each, option) for each in [*sums, exactly(0.0)])])]
    return either([*sums, *rest])


def _amount(of: Possible) -> Range:
    return of if isinstance(of, Range) else ANYTHING
