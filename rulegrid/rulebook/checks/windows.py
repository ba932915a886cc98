"""Windows and aggregates over fees that are only being decided, where variables stand between."""

from collections.abc import Iterator

from rulegrid.bodies import expressions
from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.formula import Expression, Window
from rulegrid.metrics import FEE
from rulegrid.rulebook.reading import Reading

_NOT_YET = "an aggregate comes before all fees"


def fees_in_windows(reading: Reading) -> Iterator[Diagnostic]:
    """RG112: a window goes over a variable that reads a fee of this cycle, which has no past.

    An aggregate goes over one that not all areas may have worked out yet.
    """
    late = _late(reading)
    document = reading.rulebook.document
    for path, expression in reading.expressions.items():
        for lifted in expression.all_lifted():
            for name in sorted(_own_names(lifted.operand) & late):
                message = f"`{shown(name)}` reads a fee that is only being decided"
                why = "a window needs a past" if isinstance(lifted, Window) else _NOT_YET
                hint = f"{why}: read `last_fee` in `{shown(name)}`"
                span = document.place(path, *lifted.operand.places[name])
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
