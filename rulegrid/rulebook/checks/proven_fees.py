"""Fees of which it is proven that something about them cannot be meant."""

from collections.abc import Iterator

from rulegrid.bodies import Body, Calendar, Dated, Sheet, expressions
from rulegrid.bounds import Range, number, spelled
from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.formula import Expression
from rulegrid.metrics import CLOCK, METRICS
from rulegrid.program import Limits
from rulegrid.rulebook.checks.rounding import most_decimals, says_decimals
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.entries import Text
from rulegrid.rulebook.proofs import Proof, Proofs


def never_any_data(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG406: a variable or a fee that can never have data, as `1 / 0`."""
    for path, expression, knowledge in proofs.formulas():
        found = knowledge.possible(expression)
        if isinstance(found, Range) and not found.pieces:
            hint = "something is divided by 0, or a number is too large"
            text = Text(expression.text, path)
            yield _warning(proofs, "RG406", text, "this formula never has data", hint)


def fees_beyond_limits(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG407: a fee of which `min` or `max` leaves nothing: it is always that limit."""
    for proof in proofs.areas:
        for text, found in _fees(proof):
            told = _beyond(found, proof.limits)
            if told:
                unit = proofs.reading.amounts.fee_unit.name
                message = f"this fee is {spelled(found, unit)}, so it is always {told}"
                yield _warning(proofs, "RG407", text, message, "change the limit, or the fee")


def fees_that_stay(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG409: a fee that reads what changes, and is one and the same number all the same.

    Nothing is said where something else about the fee tells why.
    """
    varying = _varying(proofs)
    for proof in proofs.areas:
        point = proof.fee.settled.point
        formulas = [e for rule in proof.area.rules for e in (rule.when, rule.fee) if e]
        if point is None or not any(_reads(each, varying) for each in formulas):
            continue
        if _is_explained(proof) or _is_rounded(proofs, proof):
            continue
        path = proof.area.entry.path
        document = proofs.reading.rulebook.document
        unit = proofs.reading.amounts.fee_unit.name
        message = f"this fee is always {number(point)} {unit}, whatever is reported"
        hint = _why_it_stays(proof)
        yield Diagnostic("RG409", message, document.key_spans[path], Severity.WARNING, hint)


def fees_without_an_end(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG411: a fee that only the language's own `max` bounds.

    Told once, at the first such fee, because one line under `limits` answers all of them. That a
    fee is always this `max` says as much.
    """
    limits = proofs.reading.rulebook.limits
    if limits and "max" in limits.amounts:
        return
    for proof in proofs.areas:
        own = proof.area.entry.limits
        if own and "max" in own.amounts:
            continue
        for text, found in _fees(proof):
            if found.low <= proof.limits.maximum < found.high:
                unit = proofs.reading.amounts.fee_unit.name
                most = f"{number(proof.limits.maximum)} {unit}"
                message = f"nothing but the language's own {most} bounds this fee"
                hint = "write the most you mean, as in `limits: {max: 30}`"
                yield _warning(proofs, "RG411", text, message, hint)
                return


def _fees(proof: Proof) -> Iterator[tuple[Text, Range]]:
    """The fees that rules may come to, where they do."""
    for rule, line in zip(proof.area.rules, proof.fee.lines, strict=False):
        if rule.entry.fee and line.fee.pieces:
            yield rule.entry.fee, line.fee


def _beyond(found: Range, limits: Limits) -> str:
    """The limit that a fee is always cut to, or an empty text."""
    if not found.pieces:
        return ""
    if found.high < limits.minimum:
        return f"`min` {number(limits.minimum)}"
    return f"`max` {number(limits.maximum)}" if found.low > limits.maximum else ""


def _is_explained(proof: Proof) -> bool:
    """Whether a limit, a dead condition or a line without use makes a fee stay."""
    formulas = [each for rule in proof.area.rules for each in (rule.when, rule.fee) if each]
    if any(line.when is not None and not line.follows.yes for line in proof.fee.lines):
        return True
    return any(map(proof.knowledge.dead, formulas)) or any(
        _beyond(line.fee, proof.limits) for line in proof.fee.lines
    )


def _is_rounded(proofs: Proofs, proof: Proof) -> bool:
    """Whether decimals are lost that nobody spoke of, which is told where it happens."""
    entries = (proofs.reading.rulebook.limits, proof.area.entry.limits)
    return not any(map(says_decimals, entries)) and most_decimals(proof.fee.raw) is not None


def _why_it_stays(proof: Proof) -> str:
    if proof.fee.raw.point is None:
        rounding = f"`decimals: {proof.limits.decimals}`"
        return f"before limits it varies: look at `min`, `max` and {rounding}"
    return "write the number alone, or look at the formula"


def _varying(proofs: Proofs) -> set[str]:
    """The metrics, clock names and named values that change.

    Fees of other areas are left out: to follow one that stays is no mistake.
    """
    reading = proofs.reading
    versions: dict[str, list[Body]] = {name: [body] for name, body in reading.variables.items()}
    for proof in proofs.areas:
        for name, body in proof.area.variables.items():
            versions.setdefault(name, []).append(body)
    varying: set[str] = {*METRICS, *CLOCK}
    for name in reading.order:
        if any(_varies(body, varying) for body in versions.get(name, ())):
            varying.add(name)
    return varying


def _varies(body: Body, varying: set[str]) -> bool:
    """Whether a body reads what changes, or goes by the day or the hour."""
    if isinstance(body, Sheet):
        return True
    is_choice = isinstance(body, Dated | Calendar) and len(body.options) > 1
    return is_choice or any(_reads(each, varying) for each in expressions(body))


def _reads(expression: Expression, names: set[str]) -> bool:
    return any(read.name in names for read in expression.all_reads().values())


def _warning(proofs: Proofs, code: str, text: Text, message: str, hint: str) -> Diagnostic:
    path: Path = text.path
    span = proofs.reading.rulebook.document.place(path, 0, len(text.text))
    return Diagnostic(code, message, span, Severity.WARNING, hint)
