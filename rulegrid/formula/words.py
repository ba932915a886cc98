"""What people write from other languages and notations, and what to write here instead."""

from keyword import kwlist

from rulegrid.metrics import AGGREGATES, CLOCK, FUNCTIONS, METRICS, RESERVED
from rulegrid.units import UNIT_NAMES

Refusal = tuple[str, str, str]
"""Code, message and hint of a problem whose place is still to be added."""

ARITHMETIC = frozenset({"+", "-", "*", "/"})
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})

PYTHON_WORDS = frozenset(kwlist) - {"import", "and", "or", "not", "if", "else"}
"""Words that ast.parse would take for something else; `import` is an ordinary metric here."""

LANGUAGE_WORDS = (
    frozenset(METRICS)
    | frozenset(CLOCK)
    | frozenset(FUNCTIONS)
    | frozenset(AGGREGATES)
    | UNIT_NAMES
    | RESERVED
    | PYTHON_WORDS
)
"""Words that can name neither a variable nor, outside quotes, an area."""

_NO_OPERATOR = "`{}` is not an operator here"
_SIGNS_INSTEAD = {
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "!": "not",
    "~": "not",
    "<>": "!=",
    "=<": "<=",
    "=>": ">=",
    "===": "==",
    "!==": "!=",
    "@": "*",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{LOGICAL AND}": "and",
    "\N{LOGICAL OR}": "or",
    "\N{NOT SIGN}": "not",
}
_DASHES = ("\N{MINUS SIGN}", "\N{EN DASH}", "\N{EM DASH}")
_WRONG_DASH: Refusal = ("RG103", "this dash is not the minus of the keyboard", "write `-`")
_POWER: Refusal = ("RG103", "a power is not allowed", "write x * x")

WRONG_OPERATORS: dict[str, Refusal] = {
    sign: ("RG103", _NO_OPERATOR.format(sign), f"write `{instead}`")
    for sign, instead in _SIGNS_INSTEAD.items()
}
WRONG_OPERATORS |= dict.fromkeys(_DASHES, _WRONG_DASH) | {
    "=": ("RG102", "a single `=` compares nothing", "a comparison is written `==`"),
    "**": _POWER,
    "^": _POWER,
    "//": (
        "RG103",
        "a division that drops its remainder is not allowed",
        "write `/`, and `round(x, 0)` for a whole number",
    ),
    "%": ("RG103", "there is no remainder: `%` is always the unit of a percentage", ""),
    "<<": ("RG103", "numbers have no bits to shift", "write `* 2`"),
    ">>": ("RG103", "numbers have no bits to shift", "write `/ 2`"),
}
"""Signs that stand where an operator may stand, and behind which the rest can be read."""

WRONG_PREFIXES: dict[str, Refusal] = {
    sign: WRONG_OPERATORS[sign] for sign, instead in _SIGNS_INSTEAD.items() if instead == "not"
}
WRONG_PREFIXES |= dict.fromkeys(_DASHES, _WRONG_DASH) | {
    "+": ("RG103", "a plus before a number is not allowed", "leave it out"),
}
"""Signs before an operand behind which the rest can be read."""

_WRONG_QUOTES = (
    "\N{LEFT DOUBLE QUOTATION MARK}",
    "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{DOUBLE LOW-9 QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}",
    "\N{RIGHT SINGLE QUOTATION MARK}",
    "\N{SINGLE LOW-9 QUOTATION MARK}",
)
_NOT_THE_QUOTES: Refusal = ("RG102", "these are not the quotes of the keyboard", 'write `"`')

ENDINGS: dict[str, Refusal] = dict.fromkeys(_WRONG_QUOTES, _NOT_THE_QUOTES) | {
    ":=": ("RG103", "an assignment is not allowed", "define a variable under `variables:`"),
    ":": (
        "RG103",
        "a colon has no meaning in a formula",
        "a time of day is compared by `hour` and `minute`",
    ),
    ".": (
        "RG102",
        "the area before the dot is missing",
        "write `Grid.import` or `parent.import`",
    ),
    ";": ("RG103", "a formula is a single expression", "leave out the `;`"),
    "?": ("RG103", "`?` is not an operator here", "write `A if C else B`"),
    "[": ("RG103", "brackets are not allowed", "group with `( )`"),
    "]": ("RG103", "brackets are not allowed", "group with `( )`"),
    "{": ("RG103", "braces are not allowed", "group with `( )`"),
    "}": ("RG103", "braces are not allowed", "group with `( )`"),
    "#": ("RG103", "a comment is not allowed inside a formula", "put it on a line of its own"),
    "\\": (
        "RG103",
        "a backslash has no meaning in a formula",
        "a formula may simply go on in the next line",
    ),
    "`": (
        "RG103",
        "a backtick has no meaning in a formula",
        "put an area's name in `\"` quotes",
    ),
    "$": (
        "RG103",
        "`$` has no meaning in a formula",
        "a name stands alone; money is written `ct` or `EUR`",
    ),
    "\N{EURO SIGN}": ("RG105", "unknown unit `\N{EURO SIGN}`", "write `EUR`"),
    "\N{SUPERSCRIPT TWO}": _POWER,
    "\N{SUPERSCRIPT THREE}": ("RG103", "a power is not allowed", "write x * x * x"),
    "\N{NO-BREAK SPACE}": (
        "RG102",
        "a no-break space is not a space here",
        "write an ordinary space",
    ),
}
"""Signs behind which nothing sensible can be read."""

WRONG_VALUES: dict[str, str] = {
    "True": "write the condition itself",
    "False": "write `not` and the condition itself",
    "true": "write the condition itself",
    "false": "write `not` and the condition itself",
    "None": "ask for data with `has(x)`",
    "none": "ask for data with `has(x)`",
    "null": "ask for data with `has(x)`",
}
"""Words for values that the language does not have, and what to write."""

WRONG_WORD_OPERATORS: dict[str, Refusal] = {
    word: ("RG103", message, hint)
    for word, message, hint in (
        ("in", _NO_OPERATOR.format("in"), "compare with each, joined by `or`"),
        ("is", _NO_OPERATOR.format("is"), "a comparison is written `==`"),
        ("mod", "there is no remainder", ""),
        ("div", _NO_OPERATOR.format("div"), "write `/`"),
        ("xor", _NO_OPERATOR.format("xor"), "write `(a or b) and not (a and b)`"),
        ("then", "`then` is not a word of formulas", "write `A if C else B`"),
        ("AND", "`AND` is written in small letters", "write `and`"),
        ("And", "`And` is written in small letters", "write `and`"),
        ("OR", "`OR` is written in small letters", "write `or`"),
        ("Or", "`Or` is written in small letters", "write `or`"),
        ("IF", "`IF` is written in small letters", "write `A if C else B`"),
        ("ELSE", "`ELSE` is written in small letters", "write `A if C else B`"),
    )
}
"""Words that stand where an operator may stand."""

FUNCTION_ALIASES = {
    "sum": "total",
    "avg": "average",
    "mean": "average",
    "minimum": "min",
    "maximum": "max",
    "countif": "count",
    "sumif": "total",
    "lag": "previous",
    "shift": "previous",
    "delay": "previous",
    "coalesce": "default",
    "fallback": "default",
    "limit": "clamp",
    "clip": "clamp",
    "exists": "has",
    "iferror": "default",
    "ifna": "default",
    "isnumber": "has",
}
"""Other names of our functions, in small letters."""

SPREADSHEET_FUNCTIONS = {
    "if": "write `A if C else B`",
    "and": "write `a and b`",
    "or": "write `a or b`",
    "not": "write `not a`",
}
"""Functions of spreadsheets that are no functions here, in small letters, and what to write."""

UNIT_ALIASES = {
    "percent": "%",
    "pct": "%",
    "c": "ct",
    "cent": "ct",
    "cents": "ct",
    "euro": "EUR",
    "euros": "EUR",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "d": "day",
    "kwh/h": "kW",
    "mwh/h": "MW",
    "cent/kwh": "ct/kWh",
    "cents/kwh": "ct/kWh",
}
"""Other spellings of our units, in small letters."""
