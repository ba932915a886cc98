"""What the names of a formula mean, and what to say about those that mean nothing."""

from keyword import iskeyword

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.formula.expression import TRUTH, Kind, Reference, Scope
from rulegrid.formula.problem import Problem
from rulegrid.formula.tokens import Name
from rulegrid.formula.words import LANGUAGE_WORDS
from rulegrid.metrics import CLOCK, FEE, METRICS
from rulegrid.units import NUMBER, Dimension


def kind_of(name: Name, read: Reference, scope: Scope) -> Kind | Problem | None:
    """The kind of a name, or its problem; None for a variable that is itself broken.

    `read` is what it refers to.
    """
    if name.word in scope.variables and read.scope in ("own", "members"):
        return scope.variables[name.word]
    if name.owner:
        return _kind_of_dotted(name, read, scope)
    if name.word in CLOCK:
        return TRUTH if CLOCK[name.word].is_truth else NUMBER
    return _kind_of_metric(name.word, scope) or _unknown(name, scope)


def _kind_of_metric(word: str, scope: Scope) -> Dimension | None:
    if word not in METRICS:
        return None
    return METRICS[word].dimension or scope.fee_dimension


def _kind_of_dotted(name: Name, read: Reference, scope: Scope) -> Kind | Problem:
    """Of a single other area only metrics and the fee are read."""
    if name.word == FEE:
        return scope.fee_dimension
    found = _unread(name.word, read, scope)
    problem = Problem(name.end - len(name.word), name.end, "RG101", *found)
    return _kind_of_metric(name.word, scope) or problem


def _unread(word: str, read: Reference, scope: Scope) -> tuple[str, str]:
    """The message and the hint for a word that can not be read from another area."""
    if word in CLOCK:
        return f"`{word}` is the same for every area", f"write `{word}` alone"
    if word in scope.variables:
        return f"`{word}` is a variable; of other areas only metrics and `fee` can be read", ""
    known = {*METRICS, *scope.variables} if read.scope == "members" else {*METRICS, FEE}
    return f"unknown metric `{shown(word)}`", did_you_mean(word, known)


def _unknown(name: Name, scope: Scope) -> Problem:
    if name.word in scope.elsewhere:
        what = scope.elsewhere[name.word]
        hint = _IN_ITS_PLACE.get(what, "").format(name.word)
        return Problem(name.start, name.end, "RG101", f"`{name.word}` is {what}, no amount", hint)
    if name.word.lower() in _WITHOUT_DATA:
        message = f"`{name.word}` says what to do without data, and is no amount"
        hint = f"beside a fee, write `when_no_data: {name.word.lower()}`"
        return Problem(name.start, name.end, "RG101", message, hint)
    hint = did_you_mean(name.word, {*METRICS, *CLOCK, *scope.variables})
    hint = hint or "define it under `variables:`"
    return Problem(name.start, name.end, "RG101", f"unknown name `{shown(name.word)}`", hint)


_WITHOUT_DATA = frozenset({"keep", "skip"})
_IN_ITS_PLACE = {
    "an area": "write `{0}.import` or `{0}.fee`",
    "a group of areas": "write `total({0}.import)`",
}


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
