"""What is proven of fees is told where it makes no sense, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.diagnostics import CODES
from rulegrid.engine.cycle import step
from rulegrid.engine.history import Memory
from rulegrid.rulebook.proofs import Proof
from tests.building import bound, compiled, snapshot

ZONE = "timezone: Europe/Vienna\n"
PROVEN = sorted(code for code in CODES if "RG404" <= code <= "RG411")


def told(text: str) -> list[str]:
    """The codes of what is proven to make no sense, each with the text at its place."""
    made = compiled(text)
    spans = [(f.code, f.span) for f in made.findings if f.code in PROVEN and f.span]
    return [f"{code} {made.source.text[span.start : span.end]}" for code, span in spans]


def fee(formula: str, rest: str = "limits: {max: 30, decimals: 2}") -> str:
    return f"{ZONE}areas:\n  Grid: '{formula}'\n{rest}\n"


def rules(*lines: str) -> str:
    listed = "".join(f"      - {line}\n" for line in lines)
    return f"{ZONE}areas:\n  Grid:\n    rules:\n{listed}limits: {{max: 30}}\n"


CONDITIONS = [
    ("3 if import >= 0 kWh else 2", ["RG404 import >= 0 kWh"]),
    ("3 if import > 0 kWh else 2", []),
    ("3 if self_sufficiency > 100 % else 2", ["RG404 self_sufficiency > 100 %"]),
    ("3 if self_sufficiency >= 100 % else 2", []),
    ("3 if hour == 24 else 2", ["RG404 hour == 24"]),
    ("3 if minute == 20 else 2", ["RG404 minute == 20"]),
    ("3 if 0 <= hour < 6 else 2", []),
    ("3 if hour >= 22 and hour < 6 else 2", ["RG404 hour >= 22 and hour < 6"]),
    ("3 if hour >= 22 or hour < 6 else 2", []),
    ("3 if not import < 0 kWh and hour < 6 else 2", ["RG404 not import < 0 kWh"]),
    ("3 if average(import, 4 slots) < -1 kWh else 2", ["RG404 average(import, 4 slots) < -1 kWh"]),
    ("3 if import > export else 2", []),
    ("3 if avg_price < 0 ct/kWh else 2", []),
    ("3 if import > 3 kWh else 2 if import > 4 kWh else 1", ["RG405 import > 4 kWh"]),
    ("3 if import > 4 kWh else 2 if import > 3 kWh else 1", []),
]


@pytest.mark.parametrize(("formula", "expected"), CONDITIONS)
def test_conditions_that_never_change_are_told(formula, expected):
    """RG404, and RG405 where those before make it so; the ends of what is reported count."""
    assert expected == told(fee(formula))


LINES = [
    (["when: import > 9 kWh, fee: 3", "when: import > 20 kWh, fee: 4"], ["RG405 import > 20 kWh"]),
    (["when: import > 20 kWh, fee: 4", "when: import > 9 kWh, fee: 3"], []),
    (["when: hour < 12, fee: 3", "when: 12 <= hour, fee: 4"], []),
    (["when: hour < 12, fee: 3", "when: hour > 11, fee: 4", "when: hour == 12, fee: 5"],
     ["RG405 hour == 12"]),
    (["when: has(import), fee: 3", "when: import > 3 kWh, fee: 4"], ["RG405 import > 3 kWh"]),
    (["when: import > 3 kWh or hour < 6, fee: 3", "when: hour < 3, fee: 4"], ["RG405 hour < 3"]),
    (["when: import > 3 kWh and hour < 6, fee: 3", "when: hour < 3, fee: 4"], []),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), LINES)
def test_lines_that_are_never_reached_are_told(lines, expected):
    """RG405; an `otherwise` has to be there, reached or not."""
    written = [f"{{{line}}}" for line in lines]
    assert expected == told(rules(*written, "otherwise: 1"))


FEES = [
    ("3 ct/kWh / (hour - hour * 1)", []),
    ("3 ct/kWh / 0", ["RG406 3 ct/kWh / 0"]),
    ("3 - 5", ["RG407 3 - 5"]),
    ("40 if hour < 6 else 35", ["RG407 40 if hour < 6 else 35"]),
    ("40 if hour < 6 else 5", []),
    ("clamp(import / 1 kWh, 3, 3)", ["RG409 Grid"]),
    ("3 + 0", []),
    ("average(self_sufficiency, 4 slots) / 20 %", ["RG410 average(self_sufficiency, 4 slots)"]),
    ("clamp(previous(self_sufficiency, 1 slot) / 20 %, 1, 2)", []),
    ("average(self_sufficiency + 1 %, 4 slots) / 20 %",
     ["RG410 average(self_sufficiency + 1 %, 4 slots)"]),
    ("average(import * self_sufficiency, 4 slots) / 1 kWh", []),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), FEES)
def test_fees_that_cannot_be_meant_are_told(formula, expected):
    """RG406 to RG410, and nothing of fees that only look odd."""
    assert expected == told(fee(formula))


LIMITS = [
    ("avg_price * 10 %", "", ["RG411 avg_price * 10 %"]),
    ("min(avg_price * 10 %, 6)", "", []),
    ("1 + 4 * self_sufficiency / 100 %", "", []),
    ("avg_price * 10 %", "limits: {max: 8}", []),
    ("hour", "limits: {max: 8, max_change: 8}", ["RG408 max_change"]),
    ("hour", "limits: {max: 8, max_change: 7}", []),
    ("hour", "limits: {max: 8, dead_band: 0.5}", ["RG408 dead_band"]),
    ("hour", "limits: {max: 8, dead_band: 0.5, decimals: 1}", []),
    ("hour", "limits: {max: 8, dead_band: 9}", ["RG408 dead_band"]),
    ("3 if hour < 6 else 2", "limits: {max: 2}", ["RG409 Grid"]),
]


@pytest.mark.parametrize(("formula", "limits", "expected"), LIMITS)
def test_limits_that_are_missing_or_do_nothing_are_told(formula, limits, expected):
    """RG411, RG408, and RG409 where the limits leave one fee."""
    assert expected == told(fee(formula, limits))


RULEBOOKS = [
    fee("avg_price * 10 %", "limits: {min: 1, max: 9, decimals: 1}"),
    fee("hour * 0.35", "limits: {max: 7, decimals: 1}\nwhen_no_data: 4"),
    fee("average(import, 3 slots) / 7 kWh", "limits: {max: 6, decimals: 2}\nwhen_no_data: 0.5"),
    rules(
        "{when: import > 30 kWh, fee: import / 5 kWh}",
        "{when: self_sufficiency < 40 %, fee: 4}",
        "otherwise: min(avg_price, 3)",
    ),
]
NUMBERS = st.one_of(st.none(), st.floats(-50, 200))


@settings(max_examples=60)
@given(st.sampled_from(RULEBOOKS), NUMBERS, NUMBERS, NUMBERS)
def test_fees_lie_within_what_is_proven_of_them(text, energy, price, share):
    """Before and after limits, whatever is reported; a fee that is kept is told apart."""
    on = bound(text, {"Grid": {}})
    made = compiled(text).proofs
    assert made is not None
    (proof,) = made.areas
    reported = {
        "import_": None if energy is None else abs(energy),
        "avg_price": price,
        "self_sufficiency": None if share is None else min(abs(share), 100.0),
    }
    cycle, _ = step(on, Memory.fresh(on.grid), snapshot(on.grid, **reported))
    assert lies_in(cycle.raw[0], proof, before_limits=True)
    assert lies_in(cycle.fee[0], proof, before_limits=False)


def lies_in(number: float, proof: Proof, *, before_limits: bool) -> bool:
    of = proof.fee.raw if before_limits else proof.fee.settled
    if np.isnan(number):
        return of.lacking
    return any(low <= number <= high for low, high in of.pieces)
