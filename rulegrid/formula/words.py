"""What people write from other languages and notations, and what to write here instead."""

from keyword import kwlist

from rulegrid.metrics import CLOCK, FUNCTIONS, METRICS, RESERVED
from rulegrid.units import UNIT_NAMES

ARITHMETIC = frozenset({"+", "-", "*", "/"})
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})

PYTHON_WORDS = frozenset(kwlist) - {"import", "and", "or", "not", "if", "else"}
"""Words that ast.parse would take for something else; `import` is an ordinary metric here."""

LANGUAGE_WORDS = (
    frozenset(METRICS)
    | frozenset(CLOCK)
    | frozenset(FUNCTIONS)
    | UNIT_NAMES
    | RESERVED
    | PYTHON_WORDS
)
"""Words that can name neither a variable nor, outside quotes, an area."""

WRONG_OPERATORS: dict[str, tuple[str, str, str]] = {
    "=": ("RG102", "a single `=` compares nothing", "a comparison is written `==`"),
    "**": ("RG103", "a power is not allowed", "write x * x"),
    "^": ("RG103", "a power is not allowed", "write x * x"),
    "//": ("RG103", "a division without remainder is not allowed", "write `round(x / y, 0)`"),
    "%": ("RG103", "there is no remainder: `%` is always the unit of a percentage", ""),
    "&&": ("RG103", "`&&` is not an operator here", "write `and`"),
    "||": ("RG103", "`||` is not an operator here", "write `or`"),
    "&": ("RG103", "`&` is not an operator here", "write `and`"),
    "|": ("RG103", "`|` is not an operator here", "write `or`"),
    "!": ("RG103", "`!` is not an operator here", "write `not`"),
    "~": ("RG103", "`~` is not an operator here", "write `not`"),
    "<>": ("RG103", "`<>` is not an operator here", "write `!=`"),
    "=<": ("RG103", "`=<` is not an operator here", "write `<=`"),
    "=>": ("RG103", "`=>` is not an operator here", "write `>=`"),
    "===": ("RG103", "`===` is not an operator here", "write `==`"),
    "!==": ("RG103", "`!==` is not an operator here", "write `!=`"),
    "<<": ("RG103", "numbers have no bits to shift", "write `* 2`"),
    ">>": ("RG103", "numbers have no bits to shift", "write `/ 2`"),
    "@": ("RG103", "`@` is not an operator here", "write `*`"),
    "≤": ("RG103", "`≤` is not an operator here", "write `<=`"),
    "≥": ("RG103", "`≥` is not an operator here", "write `>=`"),
    "≠": ("RG103", "`≠` is not an operator here", "write `!=`"),
    "×": ("RG103", "`×` is not an operator here", "write `*`"),
    "·": ("RG103", "`·` is not an operator here", "write `*`"),
    "÷": ("RG103", "`÷` is not an operator here", "write `/`"),
    "−": ("RG103", "this dash is not the minus of the keyboard", "write `-`"),
    "–": ("RG103", "this dash is not the minus of the keyboard", "write `-`"),
    "—": ("RG103", "this dash is not the minus of the keyboard", "write `-`"),
    "∧": ("RG103", "`∧` is not an operator here", "write `and`"),
    "∨": ("RG103", "`∨` is not an operator here", "write `or`"),
}
"""Signs that stand where an operator may stand and can be read on after: code, message, hint."""

WRONG_PREFIXES: dict[str, tuple[str, str, str]] = {
    "+": ("RG103", "a plus before a number is not allowed", "leave it out"),
    "!": WRONG_OPERATORS["!"],
    "~": WRONG_OPERATORS["~"],
    "¬": ("RG103", "`¬` is not an operator here", "write `not`"),
    "−": WRONG_OPERATORS["−"],
    "–": WRONG_OPERATORS["–"],
    "—": WRONG_OPERATORS["—"],
}
"""Signs before an operand that can be read on after."""

ENDINGS: dict[str, tuple[str, str, str]] = {
    ":=": ("RG103", "an assignment is not allowed", "define a variable under `variables:`"),
    ":": ("RG103", "a colon has no meaning in a formula", ""),
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
    "`": ("RG103", "a backtick has no meaning in a formula", "put an area's name in `\"` quotes"),
    "$": (
        "RG103",
        "`$` has no meaning in a formula",
        "a name stands alone; money is written `ct` or `EUR`",
    ),
    "€": ("RG105", "`€` is not a unit here", "write `EUR`"),
    "²": ("RG103", "a power is not allowed", "write x * x"),
    "³": ("RG103", "a power is not allowed", "write x * x * x"),
    "\u00a0": ("RG102", "a no-break space is not a space here", "write an ordinary space"),
    "“": ("RG102", "these are not the quotes of the keyboard", 'write `"`'),
    "”": ("RG102", "these are not the quotes of the keyboard", 'write `"`'),
    "„": ("RG102", "these are not the quotes of the keyboard", 'write `"`'),
    "‘": ("RG102", "these are not the quotes of the keyboard", "write `'`"),
    "’": ("RG102", "these are not the quotes of the keyboard", "write `'`"),
}
"""Signs after which nothing sensible can be read on: code, message, hint."""

WRONG_VALUES: dict[str, str] = {
    "True": "write the condition itself",
    "False": "write `not` and the condition itself",
    "None": "ask for data with `has(x)`",
    "none": "ask for data with `has(x)`",
    "null": "ask for data with `has(x)`",
    "true": "write the condition itself",
    "false": "write `not` and the condition itself",
}

WRONG_WORD_OPERATORS: dict[str, tuple[str, str]] = {
    "in": ("`in` is not an operator here", "compare, and join with `or`"),
    "is": ("`is` is not an operator here", "a comparison is written `==`"),
    "mod": ("there is no remainder", ""),
    "div": ("`div` is not an operator here", "write `/`"),
    "xor": ("`xor` is not an operator here", "write `(a or b) and not (a and b)`"),
    "then": ("`then` is not a word of formulas", "write `A if C else B`"),
    "AND": ("`AND` is written in small letters", "write `and`"),
    "And": ("`And` is written in small letters", "write `and`"),
    "OR": ("`OR` is written in small letters", "write `or`"),
    "Or": ("`Or` is written in small letters", "write `or`"),
    "IF": ("`IF` is written in small letters", "write `A if C else B`"),
    "ELSE": ("`ELSE` is written in small letters", "write `A if C else B`"),
}

FUNCTION_ALIASES = {
    "sum": "total",
    "avg": "average",
    "mean": "average",
    "minimum": "min",
    "maximum": "max",
    "lag": "previous",
    "shift": "previous",
    "delay": "previous",
    "coalesce": "default",
    "fallback": "default",
    "limit": "clamp",
    "clip": "clamp",
    "exists": "has",
}

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
    "m": "min",
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
"""Other spellings of the units, in small letters."""

AGGREGATES_LATER = "aggregates over `children` and `all` are not in this version yet"
