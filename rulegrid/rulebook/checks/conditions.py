"""Conditions that always come out the same, and lines that are never reached."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from rulegrid.bounds import Chances, Dead, Knowledge, spelled
from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.formula import Expression
from rulegrid.metrics import METRICS
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.proofs import Proof, Proofs

_NEVER_REACHED = "take it out, or move it up"


@dataclass(frozen=True, slots=True)
class _Formula:
    """A formula by its place in the document, and what is known where it stands."""

    path: Path
    expression: Expression
    knowledge: Knowledge


def constant_conditions(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG404: a condition that is always true, never true, or never has data.

    RG405: one in a formula that is never true because of those before it.
    """
    for formula in _formulas(proofs):
        for dead in formula.knowledge.dead(formula.expression):
            yield _finding(proofs, formula, dead)


def unreached_lines(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG405: a rule that is never reached, or never true where it is.

    An `otherwise:` has to be there, reached or not.
    """
    for proof in proofs.areas:
        for number, line in enumerate(proof.fee.lines[:-1]):
            if line.when is not None and line.when.yes and not line.follows.yes:
                yield _unreached(proofs, proof, number)


def _unreached(proofs: Proofs, proof: Proof, number: int) -> Diagnostic:
    entry = proof.area.rules[number].entry
    document = proofs.reading.rulebook.document
    above = proof.fee.lines[:number]
    certain = next((at for at, each in enumerate(above) if not each.follows.no), None)
    if certain is None:
        message = "this line never applies: the lines above take all that it is true for"
    else:
        span = document.spans[proof.area.rules[certain].entry.path]
        line = document.source.position(span.start).line
        why = "is always true" if above[certain].follows.yes else "never has data"
        message = f"this line is never reached: the one on line {line} {why} there"
    span = document.spans[entry.when.path if entry.when else entry.path]
    return Diagnostic("RG405", message, span, Severity.WARNING, _NEVER_REACHED)


def _formulas(proofs: Proofs) -> Iterator[_Formula]:
    """Every formula, with the windows' operands by themselves."""
    for path, expression, knowledge in proofs.formulas():
        yield _Formula(path, expression, knowledge)
        for window in expression.all_windows():
            yield _Formula(path, window.operand, knowledge)


def _finding(proofs: Proofs, formula: _Formula, dead: Dead) -> Diagnostic:
    node = dead.node
    first, end = node.col_offset, node.end_col_offset or node.col_offset
    span = proofs.reading.rulebook.document.place(formula.path, first, end)
    if dead.by_others:
        message = "this is never true here: the conditions before it take all that it is true for"
        return Diagnostic("RG405", message, span, Severity.WARNING, _NEVER_REACHED)
    message = f"this condition {_always(dead.chances)}"
    return Diagnostic("RG404", message, span, Severity.WARNING, _because(proofs, formula, node))


def _always(chances: Chances) -> str:
    if not chances.yes and not chances.no:
        return "never has data"
    if chances.yes:
        return "is always true, unless there is no data" if chances.lacking else "is always true"
    return "is never true"


def _because(proofs: Proofs, formula: _Formula, node: ast.expr) -> str:
    """What a name that is compared lies between."""
    if not isinstance(node, ast.Compare):
        return ""
    for side in (node.left, *node.comparators):
        if isinstance(side, ast.Name):
            known = formula.knowledge.walk(formula.expression).value(side)
            unit = _unit(proofs, formula.expression, side.id)
            name = formula.expression.text[side.col_offset : side.end_col_offset]
            return f"`{name}` is {spelled(known, unit)}"
    return ""


def _unit(proofs: Proofs, expression: Expression, key: str) -> str:
    """The unit of what a name reads."""
    if key in expression.windows:
        return str(expression.windows[key].operand.kind)
    if key in expression.aggregates:
        return str(expression.aggregates[key].kind)
    name = expression.reads[key].name
    if name in METRICS:
        fee = proofs.reading.amounts.fee_unit.dimension
        return str(METRICS[name].dimension or fee)
    variable = proofs.reading.variables.get(name)
    return str(variable.kind) if variable else "a plain number"
