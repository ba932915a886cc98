"""What to write instead, for mistakes that the schema finds."""

HOW_TO_WRITE = {
    "object": "write `key: value` on the lines below it, indented, without `- `",
    "array": "begin each line with `- `",
    "integer": "write a whole number, such as 2",
}
"""By the kind of value that is needed."""

BESIDE = {
    ("otherwise", "windows"): "a table says all there is to say",
    ("overlap", "windows"): "only windows can overlap",
    ("because", "fee"): "with `rules`, each line has a `because` of its own",
    ("given", "start"): "a table has columns for what is given; lists begin at `start`",
    ("fee", "when"): "write `when`, or on the last line `otherwise` instead of `fee`",
}
"""By a key, and the one it needs beside it."""

INSTEAD = {
    ("windows", "file"): "keep the windows, or the table; two calendars add up in a formula",
    ("fee", "rules"): "keep `fee` for a single formula, or `rules` for several lines",
    ("when", "otherwise"): "`otherwise` is the last line, and has no condition",
    ("fee", "otherwise"): "write the fee behind `otherwise:`",
}
"""By two keys that exclude each other."""

ONE_OF = {
    "table": "say which fees should follow, as in `expect: {Grid: 2}`",
}
"""By the first of several keys, one of which is needed."""

LEAST = {
    "`areas`": "name at least one area",
    "`steps`": "write, for example, `- {up_to: 10 kWh, fee: 1}` and `- {above: 10 kWh, fee: 3}`",
    "`rules`": "write at least `- otherwise: ...`",
    "name": "write what people call the tariff",
    "grid": "write at least the root: `{Grid: {}}`",
    "`tests`": "write at least one test, beginning with `- name: ...`",
    "tests name": "write what the test is about",
    "tests": "write what belongs there, or leave the key out",
    "groups": 'write at least one selector: `["Street *"]`',
}
"""By the name of what is empty, else by the key at the start of a line that it is under, with or
without its own."""

MOST = {
    "grid": "a grid has one root, and all other areas are below it",
}
"""By the key at the start of a line that there is too much under."""
