"""Fees that no exchange takes."""

import ast
from collections.abc import Iterator

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.rulebook.entries import Text
from rulegrid.rulebook.reading import ReadArea, Reading


def negative_fees(reading: Reading) -> Iterator[Diagnostic]:
    """RG204: a fee that is written as a number under 0, which `min` would silently make 0."""
    for text in _negative(reading):
        span = reading.rulebook.document.spans[text.path]
        message = f"the fee is {shown(text.text)}; the lowest possible is 0"
        yield Diagnostic("RG204", message, span, hint="an exchange takes no fee under 0")


def _negative(reading: Reading) -> Iterator[Text]:
    """The texts of the fees that are numbers under 0."""
    rulebook = reading.rulebook
    if _is_negative(reading.amounts.when_no_data) and rulebook.when_no_data:
        yield rulebook.when_no_data
    for area in reading.areas:
        yield from _negative_in(area)


def _negative_in(area: ReadArea) -> Iterator[Text]:
    for rule in area.rules:
        if rule.fee and rule.entry.fee and _is_signed_number(rule.fee.tree):
            yield rule.entry.fee
    if _is_negative(area.when_no_data) and area.entry.when_no_data:
        yield area.entry.when_no_data


def _is_signed_number(tree: ast.expr) -> bool:
    if not isinstance(tree, ast.UnaryOp) or not isinstance(tree.op, ast.USub):
        return False
    return isinstance(tree.operand, ast.Constant)


def _is_negative(value: object) -> bool:
    return isinstance(value, float) and value < 0
