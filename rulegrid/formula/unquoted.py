"""Names of areas that hold blanks and stand without their quotes."""

import re

from rulegrid.diagnostics import shown
from rulegrid.formula.tokens import Scan
from rulegrid.formula.words import LANGUAGE_WORDS
from rulegrid.metrics import FEE, METRICS

_OWNER = re.compile(r"([A-Za-z_]\w*(?:[ /-]+\w+)+)\.([A-Za-z_]\w*)")
_WORDS = re.compile(r"\w+")


def unquoted(state: Scan) -> bool:
    """Whether the name just read begins that of an area, as in `House N1-1.fee`; told if so."""
    found = _OWNER.match(state.text, state.last_start)
    if not found or found[2] not in {*METRICS, FEE}:
        return False
    if LANGUAGE_WORDS & set(_WORDS.findall(found[1])):
        return False
    hint = f'write `"{shown(found[1])}".{found[2]}`'
    refusal = ("RG102", "the name of an area that holds blanks goes in quotes", hint)
    state.stop(refusal, found.start(), found.end())
    return True
