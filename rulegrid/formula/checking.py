"""Names, units and arguments of a formula: from a parsed tree to an expression."""

import ast
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from rulegrid.formula.arguments import called, wrong_count
from rulegrid.formula.atoms import Atoms
from rulegrid.formula.expression import (
    TRUTH,
    Aggregate,
    Expression,
    Kind,
    Scope,
    TruthKind,
    Window,
)
from rulegrid.formula.membership import is_aggregate, members_in, wrong_members
from rulegrid.formula.mixing import Loose, Mixed, Part, common, not_a_truth, not_an_amount, settle
from rulegrid.formula.problem import Problem
from rulegrid.formula.products import combined
from rulegrid.formula.reading import Parsed
from rulegrid.formula.results import as_result, wrong_result
from rulegrid.formula.trees import branches, like, links, place
from rulegrid.formula.windowing import slots_of
from rulegrid.metrics import FUNCTIONS
from rulegrid.units import NUMBER, Dimension, Unit

_Build = Callable[[list[ast.expr]], ast.expr]
Expected = Unit | Dimension | TruthKind | None


def check(
    parsed: Parsed, scope: Scope, expected: Expected = None
) -> Expression | tuple[Problem, ...]:
    """The expression of a formula, or everything that is wrong with it.

    `expected` is what the formula must end in. Under a unit (a dimension stands for its canonical
    unit) numbers without a unit that are the result take that unit, and so does a result that is a
    plain number. `TRUTH` asks for a condition, None takes anything.

    An empty tuple means: it leans on a variable that is itself broken, and nothing more is to be
    said.
    """
    unit = (
        Unit(str(expected), expected, Fraction(1)) if isinstance(expected, Dimension) else expected
    )
    checker = _Checker(parsed, scope, [])
    part = checker.part(parsed.tree, unit if isinstance(unit, Unit) else None)
    finished = checker.finished(part, unit)
    if checker.problems or finished is None:
        return tuple(sorted(set(checker.problems)))
    return checker.expression(*finished)


class _Checker(Atoms):
    """One walk over a formula, or over the operand of one of its windows or aggregates."""

    def part(self, node: ast.expr, result: Unit | None = None) -> Part:
        """Check a part of the tree.

        `result` is the unit of the formula's result where this part is the result.
        """
        return self._by_type[type(node)](self, node, result)

    def finished(
        self, part: Part, expected: Unit | TruthKind | None
    ) -> tuple[ast.expr, Kind] | None:
        """The whole formula as what it must end in, or None with the problem noted."""
        if part.kind is Loose.BROKEN:
            return None
        problem = wrong_result(part, expected)
        if problem:
            self.problems.append(problem)
            return None
        return as_result(part, expected)

    def _signed(self, node: ast.UnaryOp, result: Unit | None) -> Part:
        """A minus, or a `not`."""
        if isinstance(node.op, ast.Not):
            return self._logic(
                node, [node.operand], lambda trees: ast.UnaryOp(ast.Not(), trees[0])
            )
        operand = self.part(node.operand, result)
        kind = self._amounts([operand], operand.kind)
        tree = like(ast.UnaryOp(ast.USub(), operand.tree), node)
        literal = operand.literal if isinstance(operand.tree, ast.Constant) else None
        return Part(kind, tree, *place(node), literal, operand.bare)

    def _joined(self, node: ast.BoolOp, _: Unit | None) -> Part:
        """Truths joined by `and` or `or`."""
        return self._logic(node, node.values, lambda trees: ast.BoolOp(node.op, trees))

    def _logic(self, node: ast.expr, operands: Sequence[ast.expr], build: _Build) -> Part:
        parts = [self.part(operand) for operand in operands]
        kind = self._truths(parts)
        return Part(kind, like(build([part.tree for part in parts]), node), *place(node))

    def _chain(self, node: ast.BinOp, result: Unit | None) -> Part:
        """A chain such as `a + b - c`, walked by a loop since it may be long."""
        chain = links(node)
        left = self.part(chain[0].left)
        for link in chain:
            left = self._two(link, left, self.part(link.right), result)
        return left

    def _two(self, node: ast.BinOp, left: Part, right: Part, result: Unit | None) -> Part:
        """Two amounts and an operator between them."""
        kind = self._amounts([left, right], NUMBER)
        tree = left.tree
        if kind is not Loose.BROKEN:
            mixed, tree = combined(left, node.op, right, result)
            kind = self._noted(mixed)
            tree = like(tree, node)
        return Part(kind, tree, *place(node))

    def _comparison(self, node: ast.Compare, _: Unit | None) -> Part:
        """Amounts compared in a row, each with the next."""
        parts = [self.part(operand) for operand in (node.left, *node.comparators)]
        kind = self._amounts(parts, TRUTH)
        if kind is TRUTH:
            for pair in pairwise(parts):
                self._noted(common(pair, "compared", None))
        left, *others = (part.tree for part in parts)
        return Part(kind, like(ast.Compare(left, node.ops, others), node), *place(node))

    def _choice(self, node: ast.IfExp, result: Unit | None) -> Part:
        """`A if C else B if D else E`, walked by a loop since it may be long."""
        steps = branches(node)
        bodies = [self.part(step.body, result) for step in steps]
        tests = [self.part(step.test) for step in steps]
        bodies.append(self.part(steps[-1].orelse, result))
        kind = self._noted(common(bodies, "the branches of one `if`", result))
        if self._truths(tests) is Loose.BROKEN:
            kind = Loose.BROKEN
        bare = settle(bodies, kind, result)
        tree = bodies[-1].tree
        for step, test, body in reversed(list(zip(steps, tests, bodies, strict=False))):
            tree = like(ast.IfExp(test.tree, body.tree, tree), step)
        return Part(kind, tree, *place(node), bare=bare)

    def _call(self, node: ast.Call, result: Unit | None) -> Part:
        """A call of a function: over this slot, over the newest slots, or over several areas."""
        start, end = place(node)
        function = self.parsed.text[slice(*place(node.func))]
        if is_aggregate(function, node.args):
            return self._aggregate(function, node)
        problem = wrong_count(function, len(node.args), start, end)
        if problem:
            self.problems.append(problem)
        elif FUNCTIONS[function].windowed:
            return self._window(function, node)
        units = [None if function == "has" else result]
        units += [None if function == "round" else result] * len(node.args)
        parts = [self.part(arg, unit) for arg, unit in zip(node.args, units, strict=False)]
        kind = Loose.BROKEN if problem else self._noted(called(function, parts, result))
        bare = settle(parts, kind, result)
        name = like(ast.Name(function, ast.Load()), node.func)
        tree = ast.Call(name, [part.tree for part in parts], [])
        return Part(kind, like(tree, node), start, end, bare=bare)

    def _window(self, function: str, node: ast.Call) -> Part:
        """A windowed call: its operand becomes an expression of its own, and the call a name."""
        inner = _Checker(self.parsed, self.scope, self.problems, self.members)
        operand = inner.part(node.args[0])
        kind = _settled(self._amounts([operand], operand.kind))
        length = (
            self.atom(node.args[1], None).literal if isinstance(node.args[1], ast.Name) else None
        )
        slots = slots_of(length, place(node.args[1]), self.scope)
        if isinstance(slots, Problem):
            self.problems.append(slots)
        self.problems.extend(inner.decided_fees())
        if kind is None or isinstance(slots, Problem):
            return Part(Loose.BROKEN, node, *place(node))
        expression = inner.expression(operand.tree, kind)
        key = f"{function}({expression.key}, {slots} slots)"
        window = Window(key, function, expression, expression.key, slots)
        return self.lifted_window(window, kind, node)

    def _aggregate(self, function: str, node: ast.Call) -> Part:
        """An aggregate: its operand becomes an expression of each area, and the call a name."""
        argument = node.args[0]
        members = members_in(argument, self.parsed)
        problem = wrong_members(function, members, place(node), self.members)
        if problem:
            self.problems.append(problem)
            return Part(Loose.BROKEN, node, *place(node))
        inner = _Checker(self.parsed, self.scope, self.problems, members[0])
        operand = inner.part(argument)
        if function == "count":
            kind = _settled(self._truths([operand]))
        elif operand.kind is TRUTH:
            kind = None
            self.problems.append(not_an_amount(operand, "write `count` to count where it is true"))
        else:
            kind = _settled(operand.kind)
        if kind is None:
            return Part(Loose.BROKEN, node, *place(node))
        expression = inner.expression(operand.tree, kind)
        key = f"{function}({members[0]}: {expression.key})"
        aggregate = Aggregate(key, function, members[0], expression)
        return self.lifted_aggregate(aggregate, node)

    def _noted(self, mixed: Mixed) -> Kind | Loose:
        """The kind, with its problem noted where there is one."""
        if mixed.problem:
            self.problems.append(mixed.problem)
        return mixed.kind

    def _amounts(self, parts: Sequence[Part], kind: Kind | Loose) -> Kind | Loose:
        """The kind given, or broken where one of the parts is no amount."""
        problems = [not_an_amount(part) for part in parts if part.kind is TRUTH]
        self.problems.extend(problems)
        return Loose.BROKEN if problems or Loose.BROKEN in {part.kind for part in parts} else kind

    def _truths(self, parts: Sequence[Part]) -> Kind | Loose:
        """A truth, or broken where one of the parts is none."""
        wrong = [part for part in parts if part.kind not in {TRUTH, Loose.BROKEN}]
        self.problems.extend(not_a_truth(part) for part in wrong)
        return Loose.BROKEN if wrong or Loose.BROKEN in {part.kind for part in parts} else TRUTH

    _by_type: ClassVar[Mapping[type[ast.expr], Callable[..., Part]]] = {
        ast.Name: Atoms.atom,
        ast.UnaryOp: _signed,
        ast.BoolOp: _joined,
        ast.BinOp: _chain,
        ast.Compare: _comparison,
        ast.IfExp: _choice,
        ast.Call: _call,
    }


def _settled(kind: Kind | Loose) -> Kind | None:
    """The kind of a part that is no result: a 0 without a unit is a plain number."""
    if isinstance(kind, Loose):
        return NUMBER if kind is Loose.ZERO else None
    return kind
