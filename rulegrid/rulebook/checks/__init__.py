"""The checks on the meaning of a rulebook: each yields findings and builds nothing."""

from collections.abc import Callable, Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.rulebook.checks.calendars import windows_of_calendars
from rulegrid.rulebook.checks.circles import definitions_in_a_circle, fees_in_a_circle
from rulegrid.rulebook.checks.clock import clock_without_a_timezone
from rulegrid.rulebook.checks.conditions import constant_conditions, unreached_lines
from rulegrid.rulebook.checks.cumulative import cumulative_in_windows
from rulegrid.rulebook.checks.effects import limits_without_effect
from rulegrid.rulebook.checks.faults import faults_of_files, faults_of_texts
from rulegrid.rulebook.checks.fees import negative_fees
from rulegrid.rulebook.checks.holidays import (
    holidays_that_never_come,
    windows_on_unknown_holidays,
)
from rulegrid.rulebook.checks.limits import contradicting_limits
from rulegrid.rulebook.checks.names import names_given_twice, taken_names
from rulegrid.rulebook.checks.proven_fees import (
    fees_beyond_limits,
    fees_that_stay,
    fees_without_an_end,
    never_any_data,
)
from rulegrid.rulebook.checks.rounding import lost_decimals, lost_decimals_of_results
from rulegrid.rulebook.checks.rules import rules_without_an_end
from rulegrid.rulebook.checks.selectors import equal_selectors
from rulegrid.rulebook.checks.unused import unused_names
from rulegrid.rulebook.checks.windows import fees_in_windows
from rulegrid.rulebook.proofs import Proofs
from rulegrid.rulebook.reading import Reading

Check = Callable[[Reading], Iterator[Diagnostic]]
ProofCheck = Callable[[Proofs], Iterator[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    faults_of_texts,
    faults_of_files,
    taken_names,
    names_given_twice,
    definitions_in_a_circle,
    fees_in_a_circle,
    fees_in_windows,
    equal_selectors,
    rules_without_an_end,
    negative_fees,
    contradicting_limits,
    clock_without_a_timezone,
    windows_of_calendars,
    windows_on_unknown_holidays,
    holidays_that_never_come,
    lost_decimals,
    unused_names,
    cumulative_in_windows,
)

PROOF_CHECKS: tuple[ProofCheck, ...] = (
    constant_conditions,
    unreached_lines,
    never_any_data,
    fees_beyond_limits,
    fees_that_stay,
    fees_without_an_end,
    limits_without_effect,
    lost_decimals_of_results,
)
"""What is proven of a rulebook without errors; all of it are warnings."""


def findings(reading: Reading) -> tuple[Diagnostic, ...]:
    """Everything the checks find, in no particular order."""
    return tuple(found for check in CHECKS for found in check(reading))


def proven(proofs: Proofs) -> tuple[Diagnostic, ...]:
    """Everything that is proven not to make sense, in no particular order."""
    return tuple(found for check in PROOF_CHECKS for found in check(proofs))
