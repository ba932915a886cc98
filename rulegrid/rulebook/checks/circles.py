"""Definitions that need each other, as far as the file alone shows it."""

from collections.abc import Iterator

from rulegrid.bodies import Body, expressions
from rulegrid.diagnostics import Diagnostic, Related, shown
from rulegrid.metrics import FEE
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.loops import loops
from rulegrid.rulebook.reading import Reading


def definitions_in_a_circle(reading: Reading) -> Iterator[Diagnostic]:
    """RG302: variables that read each other in a circle."""
    for circle in reading.circles:
        yield _finding(reading, [entry.name for entry in circle], [entry.path for entry in circle])


def fees_in_a_circle(reading: Reading) -> Iterator[Diagnostic]:
    """RG302: areas named exactly whose fees read each other, directly or through variables."""
    paths: dict[str, Path] = {area.entry.selector: area.entry.path for area in reading.areas}
    paths |= {f"variable {v.name}": v.path for v in reading.rulebook.variables}
    graph = {node: sorted(read & paths.keys()) for node, read in _fees_read(reading).items()}
    for circle in loops(graph).circles:
        names = [node.removeprefix("variable ") for node in circle]
        yield _finding(reading, names, [paths[node] for node in circle])


def _fees_read(reading: Reading) -> dict[str, set[str]]:
    """What each variable and selector reads: variables, and areas whose fee is read by name."""
    nodes = {f"variable {name}": _read(body) for name, body in reading.variables.items()}
    varied = {f"variable {name}" for name in _varied(reading)}
    for area in reading.areas:
        formulas = [e for rule in area.rules for e in (rule.when, rule.fee) if e]
        read = {node for body in (*formulas, *area.variables.values()) for node in _read(body)}
        nodes[area.entry.selector] = read - varied if area.entry.variables else read
    return nodes


def _read(body: Body) -> set[str]:
    """What a body reads; names that are no variables are no nodes and lead nowhere."""
    read = set()
    for reference in (each for formula in expressions(body) for each in formula.reads.values()):
        if reference.name == FEE and reference.area is not None:
            read.add(reference.area)
        elif reference.scope == "own":
            read.add(f"variable {reference.name}")
    return read


def _varied(reading: Reading) -> set[str]:
    """The variables that may be something else in an area with variables of its own.

    What goes round in a circle there only shows once the rulebook meets a grid.
    """
    varied = {each.name for area in reading.areas for each in area.entry.variables}
    for name in reading.order:
        body = reading.variables.get(name)
        formulas = expressions(body) if body else ()
        if any(r.name in varied for each in formulas for r in each.reads.values()):
            varied.add(name)
    return varied


def _finding(reading: Reading, names: list[str], paths: list[Path]) -> Diagnostic:
    """The finding that prints the loop with its lines."""
    document = reading.rulebook.document
    spans = [document.key_spans[path] for path in paths]
    lines = [document.source.position(span.start).line for span in spans]
    loop = " -> ".join(f"`{shown(n)}` (line {line})" for n, line in zip(names, lines, strict=True))
    related = tuple(
        Related(f"`{shown(name)}` is part of the circle", span)
        for name, span in zip(names[1:-1], spans[1:-1], strict=True)
    )
    return Diagnostic(
        "RG302",
        f"definitions go round in a circle: {loop}",
        spans[0],
        hint="take one of them out of the circle, or read `last_fee` of a fee",
        related=related,
    )
