"""Fees in percent, from the rulebook to an exchange that takes them and to one that does not."""

import gzip
import json
from typing import Any

import pytest

from rulegrid.cli.exits import Exit
from tests.console import rulegrid
from tests.reference.days import CITY_DAY, markets

RULEBOOK = """\
rulegrid: 1
name: Shares of the price
fee_unit: percent
bands:
  by_load:
    input: import
    steps:
      - {up_to: 0.5 kWh, fee: 3}
      - {above: 0.5 kWh, fee: 7.5}
areas:
  Grid: 12.25
  "District *": by_load
  "Street *": parent.fee * 50 % + average(children.import) / 1 kWh * 1 %
  Factory: {fee: next_fee * 3, limits: {max: 50 %, max_change: 10 %}}
limits: {max: 100, decimals: 2}
"""
EVENTS = 6


@pytest.fixture
def rulebook(tmp_path):
    path = tmp_path / "percent.yaml"
    path.write_text(RULEBOOK)
    return str(path)


@pytest.fixture
def percent_day(tmp_path):
    """The first slots of the city's day as an exchange of percentages would have told them."""
    path = tmp_path / "percent.jsonl"
    with gzip.open(CITY_DAY, "rb") as recorded, path.open("w") as day:
        events = 0
        for message in map(json.loads, recorded):
            events += message.get("event") == "market"
            if events > EVENTS:
                break
            for _, node in markets(message.get("grid_tree", {})):
                node["current_market_fee"] = 5.0
                node["last_market_fee"] = 0.05
            print(json.dumps(message), file=day)
    return str(path)


def cycles(ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def test_an_exchange_of_percentages_confirms_them(rulebook, percent_day):
    """They go out as `fee_percent`, within their limits, and come back as they went."""
    ran = rulegrid("run", rulebook, "--exchange", f"replay:{percent_day}", "--format", "json")
    assert 0 == ran.code, ran.err
    assert "refuse" not in ran.err
    fees = [fee for cycle in cycles(ran) for fee in cycle["fees"]]
    assert fees
    assert all(fee["confirmed"] for fee in fees)
    by_area = {fee["area"].rpartition("/")[2]: fee["fee"] for fee in fees}
    assert 12.25 == by_area["Grid"]
    assert 3 == by_area["District South"]
    assert 50 == by_area["Factory"]
    sent = json.dumps(cycles(ran)[0]["batch"])
    assert '"fee_percent": 12.25' in sent
    assert "fee_const" not in sent


def test_an_exchange_of_cents_refuses_them(rulebook):
    """The run ends, and says which key to change."""
    ran = rulegrid("run", rulebook, "--slots", "3")
    assert Exit.WORLD == ran.code
    assert "write `fee_unit: ct/kWh`" in ran.err


def test_a_dry_run_says_what_an_exchange_of_cents_would_do(rulebook, percent_day):
    """It is refused by nobody, so the warning is all there is."""
    warning = "this day's exchange takes fees in ct/kWh and would refuse percent"
    assert warning in rulegrid("run", rulebook, "--dry-run", "--slots", "2").err
    on_its_kind = ("run", rulebook, "--dry-run", "--exchange", f"replay:{percent_day}")
    assert "refuse" not in rulegrid(*on_its_kind).err


def test_an_explanation_is_in_percent(rulebook, percent_day):
    """With the unit of the fee beside it."""
    ran = rulegrid(
        *("explain", "Street S1", "--slot", "2021-07-01T01:00"),
        *("--rulebook", rulebook, "--data", percent_day),
    )
    assert (0, "") == (ran.code, ran.err)
    assert "Street S1: 1.5 percent from" in ran.out
    assert "parent.fee * 50 % = 1.5" in ran.out
