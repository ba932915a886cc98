"""Windows over fees that are only being decided, where variables stand between."""

from collections.abc import Iterator

from rulegrid.bodies import expressions
from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.formula import Expression
from rulegrid.metrics import FEE
from rulegrid.rulebook.reading import Reading


def fees_in_windows(reading: Reading) -> Iterator[Diagnostic]:
    """RG112: a window goes over a variable that reads a fee of this cycle, which has no past."""
    late = _late(reading)
    document = reading.rulebook.document
    for path, expression in reading.expressions.items():
        for window in expression.all_windows():
            for name in sorted(_own_names(window.operand) & late):
                message = f"`{shown(name)}` reads a fee that is only being decided"
                hint = f"a window needs a past: read `last_fee` in `{shown(name)}`"
                span = document.place(path, *window.operand.places[name])
                yield Diagnostic("RG112", message, span, hint=hint)


def _late(reading: Reading) -> set[str]:
    """The variables of which a version reads a fee of this cycle, also through other ones."""
    versions: dict[str, list[Expression]] = {}
    for variables in (reading.variables, *(area.variables for area in reading.areas)):
        for name, body in variables.items():
            versions.setdefault(name, []).extend(expressions(body))
    late: set[str] = set()
    for name in reading.order:
        for expression in versions.get(name, ()):
            reads_fee = any(read.name == FEE for read in expression.reads.values())
            if reads_fee or _own_names(expression) & late:
                late.add(name)
    return late


def _own_names(expression: Expression) -> set[str]:
    return {read.name for read in expression.reads.values() if read.scope == "own"}
