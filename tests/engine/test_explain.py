"""Why a fee is what it is: the reason in a few words, and every value on the way."""

import pytest

from rulegrid.engine.explain import explain, reasons
from rulegrid.engine.limits import Step
from tests.building import NOON, after, bound, fold, snapshot

RULES = """\
variables:
  flow: average(import - export, 4 slots)
  is_full: flow > 10 kWh
areas:
  "*":
    rules:
      - when: is_full
        fee: 2 ct/kWh * flow / 1 kWh
        because: The line is full
      - when: avg_price > 20 ct/kWh
        fee: 3
      - otherwise: avg_price / 2
limits: {max: 30, max_change: 10}
"""


def explained(text: str, area: str, slots: int = 1, **metrics):
    binding = bound(text)
    seen = [snapshot(binding.grid, after(number), **metrics) for number in range(slots)]
    return explain(fold(binding, seen)[-1], binding.grid.names.index(area))


REASONS = [
    # import, export, avg_price, the reason
    (30, 1, 5, "The line is full"),
    (1, 1, 25, "rule 2"),
    (1, 1, 5, "otherwise"),
    (None, 1, 5, "no data: import"),
    (None, None, 5, "no data: import, export"),
    (1, 1, None, "no data: avg_price"),
]


@pytest.mark.parametrize(("bought", "sold", "price", "reason"), REASONS)
def test_the_reason_is_the_rule_that_decided(bought, sold, price, reason):
    """`because`, else the rule's number; without data the metrics that were missing."""
    found = explained(RULES, "Mill", import_=bought, export=sold, avg_price=price)
    assert reason == found.reason.text
    lacking = reason.removeprefix("no data: ").split(", ") if "no data" in reason else []
    assert lacking == list(found.reason.no_data)


def test_the_reason_of_a_single_formula():
    """`because` beside `fee`, else simply `fee`."""
    binding = bound("areas: {Grid: 2, Mill: {fee: 3, because: Agreed}}")
    (cycle,) = fold(binding, [snapshot(binding.grid)])
    assert {"Grid": "fee", "Mill": "Agreed"} == {
        binding.grid.names[place]: reason.text for place, reason in reasons(cycle).items()
    }


CAUSES = [
    ("volume / import + 1", {"volume": 1, "import_": 0}, "division by zero in volume / import"),
    ("Street.import / 1 kWh", {"volume": 1}, "Street.import"),
    ("nowhere.import / 1 kWh", {"volume": 1}, "nowhere.import"),
    ("parent.fee", {}, "parent.fee"),
    ("previous(volume, 1 slot) / 1 kWh", {"volume": 1},
     "previous(volume, 1 slot) has no earlier slot"),
    ("average(volume, 3 slots) / 1 kWh", {}, "volume"),
    ("market_maker_rate", {}, "market_maker_rate"),
    ("2 if self_sufficiency > 50 % else 3", {}, "self_sufficiency"),
]  # fmt: skip


@pytest.mark.parametrize(("fee", "metrics", "cause"), CAUSES)
def test_the_cause_of_no_data_is_named(fee, metrics, cause):
    """The innermost cause: a metric, a division by zero, a window without a past."""
    found = explained(f"areas: {{Grid: '{fee}'}}", "Grid", **metrics)
    assert f"no data: {cause}" == found.reason.text


def test_an_explanation_holds_every_value_on_the_way():
    """The rules that were looked at, what they lean on, the raw fee and the steps after it."""
    found = explained(RULES, "Mill", slots=2, import_=30, export=5, avg_price=25, next_fee=20)
    assert [("is_full", True)] == [(c.trace.text, c.holds) for c in found.conditions]
    assert 50 == found.fee.at()
    definitions = {d.name: (d.value, d.slots, d.history) for d in found.definitions}
    assert {
        "average(import - export, 4 slots)": (25, 4, (25, 25)),
        "flow": (25, 0, ()),
        "is_full": (True, 0, ()),
    } == definitions
    assert next(iter(definitions)).startswith("average"), "each after what it leans on"
    assert [(Step.MAX, 30.0)] == list(found.stages)


def test_rules_after_the_one_that_decided_are_not_looked_at():
    """An explanation tells what was read, no more."""
    found = explained(RULES, "Mill", import_=1, export=1, avg_price=25)
    assert [False, True] == [condition.holds for condition in found.conditions]
    assert "rule 2" == found.rule.reason
    stopped = explained(RULES, "Mill", export=1, avg_price=25)
    assert [None] == [condition.holds for condition in stopped.conditions]
    assert stopped.fee is None


def test_an_area_that_no_selector_names_has_no_explanation():
    """It is left alone."""
    assert explained("areas: {Mill: 2}", "Grid") is None


def test_the_fee_of_another_area_is_explained_as_it_was_read():
    """`parent.fee` in an explanation is the fee after limits of this very cycle."""
    found = explained("areas: {Grid: 9, '*': parent.fee * 50 %}\nlimits: {max: 6}", "Mill")
    assert 3 == found.fee.at()
    assert [6] == [part.at() for part in found.fee.children if part.text == "parent.fee"]


def test_an_explanation_of_variables_that_lean_on_each_other_twice_is_quick():
    """Forty variables of which each reads the two before it: each is told once."""
    names = ["a", "b", *(f"v{n}" for n in range(40))]
    lines = "".join(f"  {c}: {a} + {b}\n" for a, b, c in zip(names, names[1:], names[2:]))  # noqa: B905
    text = f"variables:\n  a: import\n  b: import\n{lines}areas:\n  Grid: {names[-1]} / 1 kWh\n"
    found = explained(text, "Grid", import_=1)
    assert 42 == len(found.definitions)
    lacking = explained(text, "Grid")
    assert "no data: import" == lacking.reason.text


def test_an_explanation_of_a_long_row_of_variables_ends():
    """A thousand variables, each of which reads the one before it."""
    lines = "".join(f"  v{n + 1}: v{n}\n" for n in range(1000))
    text = f"variables:\n  v0: import\n{lines}areas:\n  Grid: v1000 / 1 kWh\n"
    assert 1001 == len(explained(text, "Grid", import_=1).definitions)
    assert "no data: import" == explained(text, "Grid").reason.text


def test_a_hold_is_among_the_steps():
    """An explanation goes the same way once more, a hold included."""
    binding = bound("areas: {Grid: volume / 1 kWh}\nlimits: {hold: 2 slots}")
    seen = [
        snapshot(binding.grid, NOON, volume=3, next_fee=1),
        snapshot(binding.grid, after(1), volume=5, next_fee=3),
    ]
    cycle = fold(binding, seen)[-1]
    assert [(Step.HOLD, 3.0)] == list(explain(cycle, 0).stages)
