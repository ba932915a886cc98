"""Which named values and groups a body reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from rulegrid.bodies import Body, expressions
from rulegrid.formula import Aggregate, Expression


@dataclass(frozen=True, slots=True)
class Reads:
    """Names of named values and of groups."""

    own: frozenset[str] = frozenset()
    """Read for the area itself."""
    everywhere: frozenset[str] = frozenset()
    """Read for other areas, by aggregates."""
    groups: frozenset[str] = frozenset()
    """What aggregates go over; `children` and `all` among them."""

    @classmethod
    def together(cls, several: Iterable["Reads"]) -> "Reads":
        """All that several read."""
        return reduce(
            lambda one, other: cls(
                one.own | other.own,
                one.everywhere | other.everywhere,
                one.groups | other.groups,
            ),
            several,
            cls(),
        )

    @property
    def of_everyone(self) -> "Reads":
        """The same where it is read for other areas."""
        return Reads(frozenset(), self.own | self.everywhere, self.groups)


def reads_of(body: Body, named: frozenset[str]) -> Reads:
    """What a body reads itself; `named` are the named values that there are."""
    formulas = tuple(expressions(body))
    over = [each for formula in formulas for each in _aggregates(formula)]
    return Reads(
        frozenset(name for formula in formulas for name in _names(formula)) & named,
        frozenset(name for each in over for name in _all_names(each.operand)) & named,
        frozenset(each.members for each in over),
    )


def _aggregates(formula: Expression) -> Iterator[Aggregate]:
    return (each for each in formula.all_lifted() if isinstance(each, Aggregate))


def _names(formula: Expression) -> Iterator[str]:
    reads = formula.its_own_reads().values()
    return (read.name for read in reads if read.scope == "own")


def _all_names(formula: Expression) -> Iterator[str]:
    reads = formula.all_reads().values()
    return (read.name for read in reads if read.scope in {"own", "members"})
