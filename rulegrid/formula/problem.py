"""A finding in a formula, placed by offsets into the formula's own text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong between two offsets of a formula, and what to write instead.

    The code is one of `RG101` to `RG113` of `diagnostics.CODES`. Whoever knows where the formula
    stands in a file turns it into a `Diagnostic`.
    """

    start: int
    end: int
    code: str
    message: str
    hint: str = ""
