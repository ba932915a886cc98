"""Limits that stop no change of a fee, or every one."""

from collections.abc import Iterator, Sequence

from rulegrid.bounds import number
from rulegrid.diagnostics import Diagnostic, Severity
from rulegrid.program import Limits
from rulegrid.rulebook.model import LimitsEntry
from rulegrid.rulebook.proofs import Proof, Proofs


def limits_without_effect(proofs: Proofs) -> Iterator[Diagnostic]:
    """RG408: a `max_change` or `dead_band` that stops no change between fees of ours, or all.

    Told where it is written, if that is so in every area it serves.
    """
    document = proofs.reading.rulebook.document
    for entry, areas in _written(proofs):
        for key in ("max_change", "dead_band"):
            if key not in entry.amounts:
                continue
            served = [proof for proof in areas if _serves(entry, key, proof)]
            told = {_effect(key, proof.limits) for proof in served}
            message = told.pop() if len(told) == 1 else ""
            if message:
                span = document.key_spans[(*entry.path, key)]
                hint = "choose another amount, or take it out"
                yield Diagnostic("RG408", message, span, Severity.WARNING, hint)


def _written(proofs: Proofs) -> Iterator[tuple[LimitsEntry, Sequence[Proof]]]:
    """All limits that are written, and the areas that they may serve."""
    shared = proofs.reading.rulebook.limits
    if shared:
        yield shared, proofs.areas
    for proof in proofs.areas:
        if proof.area.entry.limits:
            yield proof.area.entry.limits, (proof,)


def _serves(entry: LimitsEntry, key: str, proof: Proof) -> bool:
    own = proof.area.entry.limits
    return own is entry or own is None or key not in own.amounts


def _effect(key: str, limits: Limits) -> str:
    """What is wrong with a limit, or an empty text."""
    amount = limits.max_change if key == "max_change" else limits.dead_band
    if amount is None:
        return ""
    return _of_max_change(amount, limits) if key == "max_change" else _of_dead_band(amount, limits)


def _of_max_change(max_change: float, limits: Limits) -> str:
    if max_change < limits.highest - limits.lowest:
        return ""
    return f"no two fees between {_rails(limits)} are further apart than this `max_change`"


def _of_dead_band(dead_band: float, limits: Limits) -> str:
    if dead_band > limits.highest - limits.lowest > 0:
        told = f"no two fees between {_rails(limits)} are as far apart as this `dead_band`"
        return f"{told}: no fee ever moves"
    step = 10.0**-limits.decimals
    if 0 < dead_band <= step / 2:
        told = f"fees of {limits.decimals} decimals change by {number(step)} at least"
        return f"{told}, so this `dead_band` stops none"
    return ""


def _rails(limits: Limits) -> str:
    return f"`min` {number(limits.minimum)} and `max` {number(limits.maximum)}"
