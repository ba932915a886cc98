"""The evaluator: Kleene's logic, no data, shapes, and nothing in its tables but the language."""

import ast
import warnings
from itertools import product
from threading import Thread

import numpy as np
import pytest
from simpleeval import SimpleEval

from rulegrid.columns import Truth, Value, evaluate
from rulegrid.columns.walk import Walk
from rulegrid.metrics import FUNCTIONS
from tests.formula.examples import expression

NAN = np.nan
STATES = {"T": True, "F": False, "?": None}


def truth(states: str) -> Truth:
    """A truth for each area: `T`, `F`, or `?` for no data."""
    return Truth(np.array([s == "T" for s in states]), np.array([s == "F" for s in states]))


def told(value: Value) -> list[float | bool | None]:
    if isinstance(value, Truth):
        pairs = zip(value.yes.tolist(), value.no.tolist(), strict=True)
        return [True if yes else False if no else None for yes, no in pairs]
    return [None if np.isnan(number) else number for number in value.tolist()]


def value(formula: str, **columns) -> list[float | bool | None]:
    """What a formula gives; `import` is written `imp` in keywords."""
    named = {"import" if name == "imp" else name: column for name, column in columns.items()}
    arrays = {n: c if isinstance(c, Truth) else np.array(c, dtype=float) for n, c in named.items()}
    return told(evaluate(expression(formula), arrays))


AND = {(True, True): True, (True, None): None, (None, None): None}
OR = {(False, False): False, (False, None): None, (None, None): None}


@pytest.mark.parametrize(("left", "right"), list(product(STATES, STATES)))
def test_truths_follow_kleene(left, right):
    """False decides an `and`, true an `or`, and no data leaves open what it may change."""
    one, other = STATES[left], STATES[right]
    columns = {"is_full": truth(left), "is_workday": truth(right)}
    both = AND.get((one, other), AND.get((other, one), False))
    either = OR.get((one, other), OR.get((other, one), True))
    assert [both] == value("is_full and is_workday", **columns)
    assert [either] == value("is_full or is_workday", **columns)
    assert [None if one is None else not one] == value("not is_full", is_full=truth(left))
    assert [one is not None] == value("has(is_full)", is_full=truth(left))
    assert [other if one is None else one] == value("default(is_full, is_workday)", **columns)


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("<", [True, False, False, None, None]),
        ("<=", [True, True, False, None, None]),
        (">", [False, False, True, None, None]),
        (">=", [False, True, True, None, None]),
        ("==", [False, True, False, None, None]),
        ("!=", [True, False, True, None, None]),
    ],
)
def test_a_comparison_with_no_data_is_no_data(sign, expected):
    """Without data on either side a comparison is neither true nor false, also an unequal one."""
    columns = {"imp": [1, 2, 3, NAN, NAN], "export": [2, 2, 2, 2, NAN]}
    assert expected == value(f"import {sign} export", **columns)


def test_a_chain_of_comparisons_is_true_where_each_is():
    """`a < b < c` is `a < b and b < c`, with no data as in an `and`."""
    columns = {"imp": [0, 5, 12, NAN, 12], "export": [10, 10, 10, 10, NAN]}
    assert [False, True, False, None, None] == value("1 kWh < import < export", **columns)
    assert [None, False] == value("export < import < 3 kWh", imp=[1, 5], export=[NAN, NAN])


def test_a_choice_needs_its_condition_and_its_branch_only():
    """Without a condition there is no data; the branch that is not taken does not matter."""
    columns = {"is_full": truth("TF?TF")}
    amounts = {"imp": [1, 1, 1, NAN, NAN], "export": [2, 2, 2, 2, 2]}
    assert [1, 2, None, None, 2] == value("import if is_full else export", **columns, **amounts)
    assert [True, False, None, True, False] == value(
        "is_full if is_full else not is_workday", **columns, is_workday=truth("TTTTT")
    )


def test_the_first_true_condition_of_a_choice_wins():
    """A chain of `else` is read from its start; no data stops it."""
    columns = {"is_full": truth("TFF?"), "is_workday": truth("TTFT")}
    assert [1, 2, 3, None] == value("1 if is_full else 2 if is_workday else 3", **columns)


def test_no_data_goes_through_everything_but_has_and_default():
    """Arithmetic and functions give no data where any argument has none."""
    columns = {"imp": [1, NAN], "export": [2, 2]}
    for formula in (
        "import + export",
        "export - import",
        "import * 2",
        "export / import",
        "-import",
        "abs(import)",
        "min(export, import)",
        "max(0, import)",
        "clamp(export, 0, import)",
        "round(import, 2)",
    ):
        assert [False, True] == [number is None for number in value(formula, **columns)], formula
    assert [True, False] == value("has(import)", imp=[1, NAN])
    assert [1, 2] == value("default(import, export)", **columns)


def test_division_by_zero_and_overflow_are_no_data():
    """What is not finite is no data, for its area only."""
    assert [0.5, None, None] == value("1 / import * 1 kWh", imp=[2, 0, -0.0])
    assert [None] == value("0 / import", imp=[0])
    assert [4, None] == value("import * import / 1 kWh", imp=[2, 1e200])
    assert [None, 2] == value("import + import", imp=[1.7e308, 1])
    assert [None, 0] == value("import - export", imp=[1.7e308, 1], export=[-1.7e308, 1])
    assert [None] == value("1e15 * " * 20 + "1e15")
    assert [None] == value("1 / (2 - 2)")


def test_functions():
    """Functions work element by element; where a clamp's bounds cross, the upper one wins."""
    columns = {"imp": [-3, 5], "export": [4, 4]}
    assert [3, 5] == value("abs(import)", imp=[-3, 5])
    assert [-3, 1] == value("min(import, export, 1 kWh)", **columns)
    assert [4, 5] == value("max(import, export)", **columns)
    assert [0, 4] == value("clamp(import, 0, export)", **columns)
    assert [1, 1] == value("clamp(import, export, 1 kWh)", **columns)
    assert [-2.7, 2.7] == value("round(import, 1)", imp=[-2.65, 2.65])


def test_a_formula_without_names_is_a_column_of_one():
    """A constant has the shape `(1,)`, whatever it goes through."""
    for formula in (
        "2",
        "-2",
        "1 + 2",
        "1 < 2",
        "round(2.5, 0)",
        "max(1, 2)",
        "not 1 < 2",
        "has(1)",
    ):
        result = evaluate(expression(formula), {})
        assert (1,) == (result.yes if isinstance(result, Truth) else result).shape, formula


def test_shapes_meet_as_numpy_has_them_meet():
    """Columns, blocks, named areas and clock names are mixed freely."""
    block = {"import": np.arange(6.0).reshape(2, 3), "hour": np.array([[1.0], [2.0]])}
    named = {"Grid.import": np.array([10.0])}
    result = evaluate(expression("import * hour + Grid.import"), {**block, **named})
    assert [[10, 11, 12], [16, 18, 20]] == result.tolist()


def test_only_the_language_is_in_the_tables():
    """The evaluator knows no attributes, subscripts or strings, and no functions but ours."""
    assert {
        ast.Name,
        ast.Constant,
        ast.UnaryOp,
        ast.BinOp,
        ast.BoolOp,
        ast.Compare,
        ast.IfExp,
        ast.Call,
    } == set(Walk.nodes)
    assert {name for name, function in FUNCTIONS.items() if not function.windowed} == set(
        Walk.functions
    )
    assert not {ast.Pow, ast.Mod, ast.FloorDiv, ast.LShift, ast.BitAnd, ast.In} & set(
        Walk.operators
    )


@pytest.mark.parametrize(
    "source", ["x.tofile", "x[0]", "'a'.x", "x ** 2", "[x]", "(lambda: 1)()", "f'{x}'", "open(x)"]
)
def test_a_foreign_tree_gets_nowhere(source):
    """Even a tree that never passed the gate can do nothing but fail."""
    with pytest.raises((KeyError, AttributeError)):
        Walk({"x": np.array([1.0])}).eval(source, ast.parse(source, mode="eval").body)


def test_a_function_is_no_value():
    """A name that is not given is an error: it is never looked up among the functions."""
    with pytest.raises(KeyError):
        Walk({}).eval("min", ast.Name("min"))


def test_a_walk_changes_no_global_state():
    """A walk leaves NumPy's error settings and Python's warnings as they are."""
    before = np.geterr(), list(warnings.filters)
    value("1 / import", imp=[0.0])
    assert before == (np.geterr(), list(warnings.filters))
    assert issubclass(Walk, SimpleEval)


def test_walks_in_several_threads_do_not_meet():
    """Each walk has an evaluator of its own."""
    found = expression("import * 2 + import / 4")
    wrong = []

    def work(number: float) -> None:
        for _ in range(300):
            (result,) = evaluate(found, {"import": np.array([number])})
            if result != number * 2 + number / 4:
                wrong.append(number)

    threads = [Thread(target=work, args=(float(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


def test_read_only_columns_are_enough():
    """No column that is read is written to."""
    column = np.array([1.0, NAN, 0.0])
    column.flags.writeable = False
    for formula in ("import", "1 kWh / import * 1 kWh", "round(import, 1)", "default(import, 0)"):
        evaluate(expression(formula), {"import": column})
