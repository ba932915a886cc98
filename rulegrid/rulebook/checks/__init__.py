"""The checks on the meaning of a rulebook: each yields findings and builds nothing."""

from collections.abc import Callable, Iterator

from rulegrid.diagnostics import Diagnostic
from rulegrid.rulebook.checks.calendars import (
    holidays_that_nobody_named,
    windows_of_calendars,
)
from rulegrid.rulebook.checks.circles import definitions_in_a_circle, fees_in_a_circle
from rulegrid.rulebook.checks.clock import clock_without_a_timezone
from rulegrid.rulebook.checks.faults import faults_of_files, faults_of_texts
from rulegrid.rulebook.checks.fees import negative_fees
from rulegrid.rulebook.checks.limits import contradicting_limits
from rulegrid.rulebook.checks.names import names_given_twice, taken_names
from rulegrid.rulebook.checks.rounding import lost_decimals
from rulegrid.rulebook.checks.rules import rules_without_an_end
from rulegrid.rulebook.checks.selectors import equal_selectors
from rulegrid.rulebook.checks.unused import unused_variables
from rulegrid.rulebook.checks.windows import fees_in_windows
from rulegrid.rulebook.reading import Reading

Check = Callable[[Reading], Iterator[Diagnostic]]

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
    holidays_that_nobody_named,
    lost_decimals,
    unused_variables,
)


def findings(reading: Reading) -> tuple[Diagnostic, ...]:
    """Everything the checks find, in no particular order."""
    return tuple(found for check in CHECKS for found in check(reading))
