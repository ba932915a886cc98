"""Fees that their own rulebook would round away."""

import ast
from collections.abc import Iterator, Mapping
from decimal import Decimal

from rulegrid.bodies import Body, Sheet
from rulegrid.bounds import Range
from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.formula import Expression
from rulegrid.rulebook.entries import Text
from rulegrid.rulebook.model import LimitsEntry
from rulegrid.rulebook.proofs import Proofs
from rulegrid.rulebook.reading import ReadArea, Reading

_WHOLE = Decimal(0)
_SHOWN_DECIMALS = 9
"""As many as fees can have."""
_MOST_MEANT = 4
"""More than anybody means by a fee."""


def lost_decimals(reading: Reading) -> Iterator[Diagnostic]:
    """RG401: a written fee has more decimals than are kept, and nobody said that they may go.

    Told once, at the first such fee, because one line under `limits` answers all of them.
    """
    rulebook = reading.rulebook
    if says_decimals(rulebook.limits):
        return
    lost = [
        (rulebook.document.spans[text.path], text, fee)
        for text, fee in _written(reading)
        if _decimals(fee)
    ]
    if lost:
        _, text, fee = min(lost, key=lambda found: found[0])
        yield _finding(reading, text, fee)


def _finding(reading: Reading, text: Text, fee: Decimal) -> Diagnostic:
    span = reading.rulebook.document.place(text.path, 0, len(text.text))
    whole = "percent" if reading.amounts.fee_unit.dimension.percent else "cents"
    message = f"the fee {fee} is rounded to whole {whole}: `limits` say nothing of decimals"
    decimals = _decimals(fee)
    if decimals > _MOST_MEANT:  # such as a third
        fee, decimals = round(fee, _MOST_MEANT), 2
    hint = f"write `limits: {{decimals: {decimals}}}`, or 0 if you mean it"
    return Diagnostic("RG401", message, span, Severity.WARNING, hint)


def lost_decimals_of_results(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG401: a formula whose every result is known gives one of more decimals than are kept.

    Told once, and only where no written fee tells of it.
    """
    reading = proofs.reading
    if says_decimals(reading.rulebook.limits) or any(lost_decimals(reading)):
        return
    for proof in proofs.areas:
        if says_decimals(proof.area.entry.limits):
            continue
        for rule, line in zip(proof.area.rules, proof.fee.lines, strict=True):
            fee = most_decimals(line.fee)
            if fee is not None and rule.entry.fee:
                yield _finding(reading, rule.entry.fee, fee)
                return


def most_decimals(fees: Range) -> Decimal | None:
    """Of fees that can be counted the one of most decimals, if it has any."""
    if not fees.is_listed:
        return None
    exact = (_exact(round(low, _SHOWN_DECIMALS)) for low, _ in fees.pieces)
    found = max(exact, key=_decimals)
    return found if _decimals(found) else None


def says_decimals(limits: LimitsEntry | None) -> bool:
    """Whether limits say how many decimals are kept."""
    return limits is not None and "decimals" in limits.amounts


def _written(reading: Reading) -> Iterator[tuple[Text, Decimal]]:
    """The fees that are written in numbers, each by the one with the most decimals."""
    rulebook, amounts = reading.rulebook, reading.amounts
    variables: dict[str, Decimal] = {}
    for name in reading.order:
        if name in reading.variables:
            variables[name] = _finest_of(reading.variables[name], variables)
    if rulebook.when_no_data and isinstance(amounts.when_no_data, float):
        yield rulebook.when_no_data, _exact(amounts.when_no_data)
    for area in reading.areas:
        if not says_decimals(area.entry.limits):
            yield from _written_in(area, variables)


def _written_in(area: ReadArea, shared: Mapping[str, Decimal]) -> Iterator[tuple[Text, Decimal]]:
    own = {name: _finest_of(each, shared) for name, each in area.variables.items()}
    variables = {**shared, **own} if own else shared
    for rule in area.rules:
        if rule.fee and rule.entry.fee:
            yield rule.entry.fee, _finest(rule.fee.tree, variables)
    if area.entry.when_no_data and isinstance(area.when_no_data, float):
        yield area.entry.when_no_data, _exact(area.when_no_data)


def _finest_of(body: Body, variables: Mapping[str, Decimal]) -> Decimal:
    """Of the fixed numbers a named value may be, the one of most decimals."""
    if isinstance(body, Expression):
        return _finest(body.tree, variables)
    if isinstance(body, Sheet):
        amounts = {amount for row in body.table.values for amount in row}
        return max(map(_exact, amounts), key=_decimals)
    return max((_finest_of(each.value, variables) for each in body.options), key=_decimals)


def _finest(tree: ast.expr, variables: Mapping[str, Decimal]) -> Decimal:
    """Of the fixed numbers a formula may end in, also by a variable, the one of most decimals."""
    finest, waiting = _WHOLE, [tree]
    while waiting:
        node = waiting.pop()
        number = _WHOLE
        if isinstance(node, ast.IfExp):
            waiting += [node.orelse, node.body]
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            number = _exact(node.value)
        elif isinstance(node, ast.Name):
            number = variables.get(node.id, _WHOLE)
        finest = max(finest, number, key=_decimals)
    return finest


def _exact(number: float) -> Decimal:
    return Decimal(repr(number)).normalize()


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
