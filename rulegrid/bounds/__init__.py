"""What expressions may give at all, proven from what metrics may be: no number is worked out here.

`Range` tells of amounts, `Chances` of conditions; `Walk` finds them for every part of a formula.
"""

from rulegrid.bounds.arithmetic import rounded
from rulegrid.bounds.chances import OPEN, UNKNOWN, Chances
from rulegrid.bounds.dead import Dead
from rulegrid.bounds.knowledge import Fees, Knowledge
from rulegrid.bounds.ranges import (
    ANYTHING,
    NEVER,
    Range,
    between,
    either,
    exactly,
    gathered,
)
from rulegrid.bounds.spelling import number, spelled
from rulegrid.bounds.walk import Possible, Walk
from rulegrid.bounds.windows import windowed

__all__ = [
    "ANYTHING",
    "NEVER",
    "OPEN",
    "UNKNOWN",
    "Chances",
    "Dead",
    "Fees",
    "Knowledge",
    "Possible",
    "Range",
    "Walk",
    "between",
    "either",
    "exactly",
    "gathered",
    "number",
    "rounded",
    "spelled",
    "windowed",
]
