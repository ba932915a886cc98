"""From text to atoms and a skeleton that ast.parse reads safely.

Two states suffice to say what is wrong with nearly every mistake: an operand is due, or an
operator is. The skeleton is as long as the text and holds a run of `_` for each name and number,
so that ast.parse meets neither numbers nor quotes, keywords or attributes, and every place in its
tree is a place in the text.
"""

from rulegrid.formula.operands import scan_operand
from rulegrid.formula.operators import scan_operator
from rulegrid.formula.tokens import BLANKS, Scan

MOST_PROBLEMS = 10
"""After so many problems the rest of a formula is not looked at."""


def scan(text: str) -> Scan:
    """Scan a whole formula. Never raises; without problems the skeleton is a Python expression."""
    state = Scan(text, [" "] * len(text))
    while _goes_on(state):
        if state.want_operand:
            scan_operand(state)
        else:
            scan_operator(state)
    if not state.stopped:
        _end(state)
    return state


def _goes_on(state: Scan) -> bool:
    """Pass over blanks; whether there is more to read."""
    while state.at < len(state.text) and state.text[state.at] in BLANKS:
        state.at += 1
    state.stopped = state.stopped or len(state.problems) >= MOST_PROBLEMS
    return not state.stopped and state.at < len(state.text)


def _end(state: Scan) -> None:
    """What may be missing at the end of a formula."""
    if not state.tokens:
        state.find(("RG102", "the formula is empty", ""), 0, len(state.text))
    elif state.want_operand:
        message = f"something is missing after `{state.last_text}`"
        state.find(("RG102", message, ""), state.last_start, state.at)
    for group in reversed(state.groups[1:]):
        state.end_part()
        state.groups.pop()
        state.find(
            ("RG102", "this `(` is never closed", "add the `)`"), group.start, group.start + 1
        )
    state.end_part()
