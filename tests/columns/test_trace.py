"""The traced walk: every part of a formula with what it gave, and why there is no data."""

import numpy as np
import pytest

from rulegrid.columns import Trace, Truth, trace
from tests.formula.examples import expression

NAN = np.nan


def traced(formula: str, **columns) -> Trace:
    named = {"import" if name == "imp" else name: value for name, value in columns.items()}
    arrays = {n: v if isinstance(v, Truth) else np.array(v, dtype=float) for n, v in named.items()}
    return trace(expression(formula), arrays)


def outline(part: Trace, depth: int = 0) -> list[tuple[int, str, str, float | bool | None]]:
    below = [line for child in part.children for line in outline(child, depth + 1)]
    return [(depth, part.form, part.text, part.at()), *below]


def test_a_trace_is_the_formula_as_it_is_written():
    """Each part stands with its text and value; chains are flat, inserted hundreds do not show."""
    found = traced("import * 40 % - ( export + 1 kWh ) - 2 kWh", imp=[10], export=[3])
    assert [
        (0, "arithmetic", "import * 40 % - ( export + 1 kWh ) - 2 kWh", -2),
        (1, "arithmetic", "import * 40 %", 4),
        (2, "name", "import", 10),
        (2, "number", "40 %", 40),
        (1, "arithmetic", "export + 1 kWh", 4),
        (2, "name", "export", 3),
        (2, "number", "1 kWh", 1),
        (1, "number", "2 kWh", 2),
    ] == outline(found)


def test_every_form_has_its_name():
    """Choices, logic, comparisons, signs, calls and windows are told apart."""
    columns = {"imp": [1], "is_full": Truth(np.array([False]), np.array([True]))}
    columns["average(import, 2 slots)"] = [3]
    text = "-average( import, 2 slots) if not is_full and 0 < import else max(import, 2 kWh)"
    assert [
        (0, "choice", text, -3),
        (1, "sign", "-average( import, 2 slots)", -3),
        (2, "window", "average( import, 2 slots)", 3),
        (1, "logic", "not is_full and 0 < import", True),
        (2, "sign", "not is_full", True),
        (3, "name", "is_full", False),
        (2, "comparison", "0 < import", True),
        (3, "number", "0", 0),
        (3, "name", "import", 1),
        (1, "call", "max(import, 2 kWh)", 2),
        (2, "name", "import", 1),
        (2, "number", "2 kWh", 2),
    ] == outline(traced(text, **columns))


def test_names_and_calls_carry_their_key():
    """A name carries its key in the columns, a call its function."""
    found = traced('max("Grid".import, import)', imp=[1], **{"Grid.import": [2]})
    assert "max" == found.name
    assert ["Grid.import", "import"] == [child.name for child in found.children]


@pytest.mark.parametrize(
    ("formula", "columns", "reasons"),
    [
        ("import", {"imp": [1]}, ()),
        ("import", {"imp": [NAN]}, ("import",)),
        ("import + export + import", {"imp": [NAN], "export": [NAN]}, ("import", "export")),
        (
            "1 kWh / (import - 2 kWh)",
            {"imp": [2]},
            ("division by zero in 1 kWh / (import - 2 kWh)",),
        ),
        ("import / 0", {"imp": [2]}, ("division by zero in import / 0",)),
        (
            "import * 20 % / export",
            {"imp": [2], "export": [0]},
            ("division by zero in import * 20 % / export",),
        ),
        ("import * import", {"imp": [1e200]}, ("not finite: import * import",)),
        ("abs(import / 0 - 1 kWh)", {"imp": [2]}, ("division by zero in import / 0",)),
        ("default(import, export)", {"imp": [NAN], "export": [NAN]}, ("import", "export")),
        ("default(import, export)", {"imp": [NAN], "export": [1]}, ()),
        (
            "import if hour > 3 else export",
            {"imp": [NAN], "export": [NAN], "hour": [5]},
            ("import",),
        ),
        (
            "import if hour > 3 else export",
            {"imp": [NAN], "export": [NAN], "hour": [1]},
            ("export",),
        ),
        (
            "import if hour > 3 else export",
            {"imp": [NAN], "export": [1], "hour": [NAN]},
            ("hour",),
        ),
        ("import > 3 kWh and export > 3 kWh", {"imp": [NAN], "export": [1]}, ()),
        ("import > 3 kWh and export > 3 kWh", {"imp": [NAN], "export": [9]}, ("import",)),
    ],
)
def test_reasons_name_what_is_missing(formula, columns, reasons):
    """The reasons are the names without data, or the division; only what decides counts."""
    assert reasons == traced(formula, **columns).reasons()


def test_each_area_has_its_own_value_and_reasons():
    """A trace of many areas, or of a block, is looked at one place at a time."""
    found = traced("import / export", imp=[[1, NAN], [4, 1]], export=[2, 0])
    assert (0.5, None, 2.0, None) == tuple(
        found.at(place) for place in ((0, 0), (0, 1), (1, 0), (1, 1))
    )
    assert ("import",) == found.reasons((0, 1))
    assert ("division by zero in import / export",) == found.reasons((1, 1))
