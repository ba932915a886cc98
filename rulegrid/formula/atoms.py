"""What one walk over a formula meets: names, numbers, and what is lifted out of it."""

import ast
from fractions import Fraction

from rulegrid.formula.canonical import canonical
from rulegrid.formula.expression import (
    Aggregate,
    Expression,
    Kind,
    Reference,
    Scope,
    Window,
)
from rulegrid.formula.membership import misplaced
from rulegrid.formula.mixing import Loose, Part
from rulegrid.formula.naming import identifier, kind_of
from rulegrid.formula.numbers import Number
from rulegrid.formula.problem import Problem
from rulegrid.formula.reading import Parsed, own
from rulegrid.formula.tokens import Name
from rulegrid.formula.trees import place, placed, size
from rulegrid.metrics import FEE
from rulegrid.units import NUMBER, Unit


class Atoms:
    """The names and numbers of a formula, or of the operand of a window or an aggregate in it."""

    def __init__(
        self, parsed: Parsed, scope: Scope, problems: list[Problem], members: str = ""
    ) -> None:
        self.parsed = parsed
        self.scope = scope
        self.problems = problems
        self.members = members
        """What the aggregate around it goes over, empty outside of aggregates."""
        self.reads: dict[str, Reference] = {}
        self.windows: dict[str, Window] = {}
        self.aggregates: dict[str, Aggregate] = {}
        self.places: dict[str, tuple[int, int]] = {}

    def expression(self, tree: ast.expr, kind: Kind) -> Expression:
        """The finished expression of a canonical tree."""
        own_nodes = size(tree)
        in_windows = sum(each.operand.nodes + each.slots for each in self.windows.values())
        in_aggregates = sum(each.operand.nodes + 1 for each in self.aggregates.values())
        return Expression(
            text=self.parsed.text,
            tree=tree,
            kind=kind,
            reads=self.reads,
            windows=self.windows,
            aggregates=self.aggregates,
            nodes=own_nodes + in_windows + in_aggregates,
            key=canonical(tree),
            places=self.places,
        )

    def atom(self, node: ast.expr, result: Unit | None) -> Part:
        """A name or a number; `result` is the unit of the result where this is the result."""
        atom = self.parsed.atoms[node.col_offset - 1]
        if isinstance(atom, Name):
            return self._name(atom)
        return self._number(atom, result)

    def _number(self, number: Number, result: Unit | None) -> Part:
        """A literal in canonical units.

        Without a unit it is a plain number, unless it is the result.
        """
        unit = self.scope.unit(number.unit) if number.unit else None
        value = number.in_canonical_unit(unit.factor if unit else Fraction(1))
        constant = placed(ast.Constant(value), number.start, number.end)
        kind: Kind | Loose = unit.dimension if unit else Loose.BARE if result else NUMBER
        if not unit and number.is_zero:
            kind = Loose.ZERO
        bare = ((constant, number),) if kind is Loose.BARE else ()
        return Part(kind, constant, number.start, number.end, number, bare)

    def _name(self, name: Name) -> Part:
        """A name: what it reads is noted under its canonical identifier."""
        read = self.parsed.reference(name)
        kind = misplaced(name, read, self.members, self.scope) or kind_of(name, read, self.scope)
        if isinstance(kind, Problem):
            self.problems.append(kind)
            kind = None
        read = own(name.word) if read.scope == "members" else read
        key = identifier(read)
        self.reads[key] = read
        return self.reading(key, kind, name.start, name.end)

    def reading(self, key: str, kind: Kind | None, start: int, end: int) -> Part:
        """The part that reads a column of that name."""
        self.places.setdefault(key, (start, end))
        tree = placed(ast.Name(key, ast.Load()), start, end)
        return Part(Loose.BROKEN if kind is None else kind, tree, start, end)

    def lifted_window(self, window: Window, kind: Kind, node: ast.Call) -> Part:
        """The part that reads the column of a window."""
        self.windows.setdefault(window.key, window)
        return self.reading(window.key, kind, *place(node))

    def lifted_aggregate(self, aggregate: Aggregate, node: ast.Call) -> Part:
        """The part that reads the column of an aggregate."""
        self.aggregates.setdefault(aggregate.key, aggregate)
        return self.reading(aggregate.key, aggregate.kind, *place(node))

    def decided_fees(self) -> list[Problem]:
        """The problems of fees that are only being decided: a window can not read their past."""
        message = "a fee that is only being decided cannot be read inside a window"
        return [
            Problem(*self.places[key], "RG112", message, "write `last_fee`")
            for key, read in self.reads.items()
            if read.name == FEE and not self.members
        ]
