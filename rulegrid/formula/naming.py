"""What the names of a formula mean, and what to say about those that mean nothing."""

from keyword import iskeyword

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula.expression import TRUTH, Kind, Reference, Scope
from rulegrid.formula.problem import Problem
from rulegrid.formula.tokens import Name
from rulegrid.formula.words import LANGUAGE_WORDS
from rulegrid.metrics import CLOCK, FEE, METRICS
from rulegrid.units import NUMBER, Dimension


def kind_of(name: Name, scope: Scope) -> Kind | Problem | None:
    """The kind of a name, or its problem; None for a variable that is itself broken."""
    if name.is_parent or name.owner:
        return _kind_of_dotted(name, scope)
    if name.word in scope.variables:
        return scope.variables[name.word]
    if name.word in CLOCK:
        return TRUTH if CLOCK[name.word].is_truth else NUMBER
    return _kind_of_metric(name.word, scope) or _unknown(name, scope)


def _kind_of_metric(word: str, scope: Scope) -> Dimension | None:
    if word not in METRICS:
        return None
    return METRICS[word].dimension or scope.fee_dimension


def _kind_of_dotted(name: Name, scope: Scope) -> Kind | Problem:
    """Only metrics and the fee are read from other areas."""
    if name.word == FEE:
        return scope.fee_dimension
    problem = Problem(name.end - len(name.word), name.end, "RG101", *_unread(name.word, scope))
    return _kind_of_metric(name.word, scope) or problem


def _unread(word: str, scope: Scope) -> tuple[str, str]:
    """The message and the hint for a word that can not be read from another area."""
    if word in CLOCK:
        return f"`{word}` is the same for every area", f"write `{word}` alone"
    if word in scope.variables:
        return f"`{word}` is a variable; of other areas only metrics and `fee` can be read", ""
    return f"unknown metric `{shown(word)}`", did_you_mean(word, {*METRICS, FEE})


def _unknown(name: Name, scope: Scope) -> Problem:
    if name.word in scope.elsewhere:
        what = scope.elsewhere[name.word]
        hint = f"write `{name.word}.import` or `{name.word}.fee`" if what == "an area" else ""
        return Problem(name.start, name.end, "RG101", f"`{name.word}` is {what}, no amount", hint)
    hint = did_you_mean(name.word, {*METRICS, *CLOCK, *scope.variables})
    hint = hint or "define it under `variables:`"
    return Problem(name.start, name.end, "RG101", f"unknown name `{shown(name.word)}`", hint)


def identifier(reference: Reference) -> str:
    """The name of a reference in a canonical tree; different references never share one."""
    if reference.scope == "parent":
        return f"parent.{reference.name}"
    if reference.area is None:
        return reference.name
    return f"{_written(reference.area)}.{reference.name}"


def _written(area: str) -> str:
    """An area's name as a formula writes it.

    A name with both kinds of quotes can not be written at all.
    """
    if (
        area.isascii()
        and area.isidentifier()
        and area not in LANGUAGE_WORDS
        and not iskeyword(area)
    ):
        return area
    quote = "'" if '"' in area else '"'
    return f"{quote}{area}{quote}"
