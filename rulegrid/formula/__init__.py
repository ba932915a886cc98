"""The formula room: text in, a checked expression or the problems of the text out.

`read` is the gate (only what the language knows gets through), `check` gives names, units and
kinds their meaning.
"""

from rulegrid.formula.amounts import literal
from rulegrid.formula.checking import check
from rulegrid.formula.expression import (
    TRUTH,
    Aggregate,
    Expression,
    Kind,
    NameRead,
    Reference,
    Scope,
    TruthKind,
    Window,
)
from rulegrid.formula.membership import is_uniform
from rulegrid.formula.problem import Problem
from rulegrid.formula.reading import Parsed, read
from rulegrid.formula.trees import branches, links, parts
from rulegrid.formula.words import LANGUAGE_WORDS

__all__ = [
    "LANGUAGE_WORDS",
    "TRUTH",
    "Aggregate",
    "Expression",
    "Kind",
    "NameRead",
    "Parsed",
    "Problem",
    "Reference",
    "Scope",
    "TruthKind",
    "Window",
    "branches",
    "check",
    "is_uniform",
    "links",
    "literal",
    "parts",
    "read",
]
