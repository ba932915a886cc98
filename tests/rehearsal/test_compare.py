"""What a change comes to on a recorded day, against two days played one after the other."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isclose

import numpy as np
import pytest

import rulegrid
from rulegrid.grid import MarketSlot, later, write_slot
from rulegrid.rehearsal.compare import Runs
from tests.console import ROOT
from tests.console import rulegrid as command

OLD = (ROOT / "rules/import_bands.yaml").read_text()
NEW = OLD.replace("fee: 2.1", "fee: 2.4").replace("max: 6", "max: 5")
PERCENT = 'rulegrid: 1\nname: Share\nfee_unit: percent\nareas: {"District *": FEE}\n'

TIED = """rulegrid: 1
name: Tied
limits: {max: 9}
areas: {"District *": 1, "*ict North": 2}
"""


def difference(folder, old, new):
    """What `rulegrid diff --format json` says of two texts on the day that ships with rulegrid."""
    for name, text in (("old.yaml", old), ("new.yaml", new)):
        (folder / name).write_text(text)
    words = ("diff", "old.yaml", "new.yaml", "--data", "replay:", "--format", "json")
    ran = command(*words, folder=folder)
    assert 0 == ran.code
    assert ran.err.count("\n") == ran.err.count("would refuse percent") <= 1
    return json.loads(ran.out)


def played(path):
    """The fees of a rulebook on that day, by slot and path, and what each area traded there."""
    cycles = list(rulegrid.rehearse(rulegrid.compile_rulebook(str(path))))
    fees = {
        write_slot(cycle.applies_to): dict(
            zip(cycle.binding.grid.paths, cycle.standing.tolist(), strict=True)
        )
        for cycle in cycles
    }
    volumes = {
        write_slot(cycle.slot): dict(
            zip(cycle.binding.grid.paths, later.columns["volume"].tolist(), strict=True)
        )
        for cycle, later in pairwise(cycles)
        if "volume" in later.columns
    }
    return fees, volumes


def test_every_slot_whose_fee_differs_is_named(tmp_path):
    """Neither one too many nor one too few, with both fees, for every area of the city."""
    told = difference(tmp_path, OLD, NEW)
    old, new = (played(tmp_path / name)[0] for name in ("old.yaml", "new.yaml"))
    expected = {
        (area, slot, old[slot][area], new[slot][area])
        for slot in old
        for area in old[slot]
        if abs(old[slot][area] - new[slot][area]) > 0
    }
    found = {
        (area["area"], each["slot"], each["old"], each["new"])
        for area in told["impact"]
        for each in area["changed"]
    }
    assert expected == found
    assert len(expected) > 50
    assert all(len(area["changed"]) == area["slots_changed"] for area in told["impact"])


def test_a_change_is_worth_its_fee_times_the_energy_traded(tmp_path):
    """Revenue in EUR is that of the recorded volumes, area by area."""
    told = difference(tmp_path, OLD, NEW)
    meter = tmp_path / "meter.yaml"
    meter.write_text('rulegrid: 1\nname: M\nareas: {"*": 0 if volume > 0 kWh else 1}\n')
    _, volumes = played(meter)
    for area in told["impact"]:
        worth = sum(
            (each["new"] - each["old"]) * volumes.get(each["slot"], {}).get(area["area"], 0)
            for each in area["changed"]
        )
        assert isclose(worth / 100, area["revenue_change_eur"], abs_tol=1e-6)
    assert any(area["revenue_change_eur"] for area in told["impact"])


def test_a_long_table_is_a_history_too(tmp_path):
    """As for a backtest: a row of a slot tells of the energy of the slot before it."""
    rows = [f"2026-01-12T{12 + at // 4:02}:{at % 4 * 15:02},Grid,{at}" for at in range(8)]
    (tmp_path / "long.csv").write_text("\n".join(["slot,area,volume", *rows, ""]))
    for name, fee in (("old.yaml", 2), ("new.yaml", 3)):
        (tmp_path / name).write_text(f"rulegrid: 1\nname: Flat\nareas: {{Grid: {fee}}}\n")
    words = ("diff", "old.yaml", "new.yaml", "--data", "long.csv", "--format", "json")
    (area,) = json.loads(command(*words, folder=tmp_path).out)["impact"]
    assert ("Grid", 8, 8, 1) == tuple(
        area[key] for key in ("area", "slots", "slots_changed", "mean_change")
    )
    assert isclose(sum(range(2, 8)) / 100, area["revenue_change_eur"])


def history(folder, first, minutes, kwh=lambda _: 1):
    """A history in long form of one area that imports in each slot as many kWh as `kwh` says."""
    begin = datetime.fromisoformat(first)
    rows = [
        f"{begin + timedelta(minutes=15 * at):%Y-%m-%dT%H:%M},Grid,{kwh(at)}"
        for at in range(minutes // 15)
    ]
    (folder / "long.csv").write_text("\n".join(["slot,area,import", *rows, ""]))


def told(folder, old, new):
    """The times of which the text of a difference tells."""
    for name, fee in (("old.yaml", old), ("new.yaml", new)):
        text = f"rulegrid: 1\nname: F\ntimezone: Europe/Vienna\nareas: {{Grid: {fee}}}\n"
        (folder / name).write_text(f"{text}limits: {{max: 100, decimals: 9}}\n")
    ran = command("diff", "old.yaml", "new.yaml", "--data", "long.csv", folder=folder)
    assert 0 == ran.code, ran.err
    return [line.strip() for line in ran.out.splitlines() if " -> " in line and "ct" in line][1:]


def test_slots_in_a_row_are_told_with_the_day_on_which_they_end(tmp_path):
    """Where that is another one; and they are one run, however the history is cut into blocks."""
    history(tmp_path, "2026-01-12T10:45", 60)
    assert ["2026-01-12 12:00-13:00  2 -> 3 ct/kWh"] == told(tmp_path, 2, 3)
    history(tmp_path, "2026-01-12T10:45", 2 * 24 * 60)
    assert ["2026-01-12 12:00 to 2026-01-14 12:00  2 -> 3 ct/kWh"] == told(tmp_path, 2, 3)
    history(tmp_path, "2026-01-12T21:45", 60)
    assert ["2026-01-12 23:00-00:00  2 -> 3 ct/kWh"] == told(tmp_path, 2, 3)


def test_an_hour_that_comes_twice_is_told_with_its_offset(tmp_path):
    """When clocks go back, so that each slot has a name of its own."""
    history(tmp_path, "2026-10-25T00:15", 45)
    told_so = "2026-10-25 02:30+02:00 to 02:15+01:00  2 -> 3 ct/kWh"
    assert [told_so] == told(tmp_path, 2, 3)


def test_fees_that_differ_look_different(tmp_path):
    """However small the difference."""
    history(tmp_path, "2026-01-12T10:45", 15)
    assert ["2026-01-12 12:00-12:15  2 -> 2.000000001 ct/kWh"] == told(tmp_path, 2, 2.000000001)


def test_text_tells_what_people_can_read_and_json_all(tmp_path):
    """A hundred times of an area; the rest is counted."""
    history(tmp_path, "2026-01-12T00:00", 150 * 30, lambda at: at % 2)
    times = told(tmp_path, "2 if import > 0.5 kWh else 1", 1)
    assert 100 == len(times)
    words = ("diff", "old.yaml", "new.yaml", "--data", "long.csv")
    assert (
        "and 50 more times\n`--format json` names every slot\n"
        in command(*words, folder=tmp_path).out
    )
    (area,) = json.loads(command(*words, "--format", "json", folder=tmp_path).out)["impact"]
    assert 150 == len(area["changed"]) == area["slots_changed"]


def test_a_long_history_takes_no_more_memory_than_its_runs():
    """A fee that is another one in every slot of a year is one run."""
    runs = Runs(timedelta(minutes=15))
    first = MarketSlot(datetime(2026, 1, 1, tzinfo=UTC))
    for day in range(365):
        fees = np.full(96, 2.0)
        runs.add(later(first, timedelta(minutes=15), 96 * day), fees, fees + 1)
    assert (1, 35040) == (len(runs), runs.changed)


def test_a_percentage_is_worth_a_share_of_the_price(tmp_path):
    """Of every kWh as many hundredths of its price as the fee is higher."""
    told = difference(tmp_path, PERCENT.replace("FEE", "5"), PERCENT.replace("FEE", "6"))
    assert 2 == len(told["impact"])
    assert all(area["mean_change"] == 1 for area in told["impact"])
    assert all(area["revenue_change_eur"] > 0 for area in told["impact"])


def test_where_nothing_differs_nothing_is_named(tmp_path):
    """A limit that no fee of the day reaches is a change without an impact."""
    told = difference(tmp_path, OLD, OLD.replace("max: 6", "max: 60"))
    assert (False, []) == (told["same"], told["impact"])


def test_a_history_without_slots_is_told(tmp_path):
    """No fee differs there, since no fee was decided."""
    (tmp_path / "long.csv").write_text("slot,area,import\n")
    (tmp_path / "a.yaml").write_text(OLD)
    ran = command("diff", "a.yaml", "a.yaml", "--data", "long.csv", folder=tmp_path)
    assert (3, "error[RG715]: the history holds no slot") == (ran.code, ran.err.splitlines()[0])


def test_selectors_that_match_nothing_in_the_history_are_told(tmp_path):
    """Or one would take it for a history in which no fee differs."""
    history(tmp_path, "2026-01-12T10:45", 15)
    (tmp_path / "a.yaml").write_text("rulegrid: 1\nname: F\nareas: {Gird: 2, Grid: 1}\n")
    ran = command("diff", "a.yaml", "a.yaml", "--data", "long.csv", folder=tmp_path)
    assert 0 == ran.code
    assert 2 == ran.err.count("[RG501]")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (PERCENT.replace("FEE", "5"), OLD, "[RG721]: fees in percent and fees in ct/kWh"),
        (OLD, OLD.replace("fee_unit", "slot_length: 30 min\nfee_unit"), "no slot is in both"),
        (TIED, OLD, "--> old.yaml:4:9"),
        (OLD, TIED, "--> new.yaml:4:9"),
    ],
)
def test_what_cannot_be_played_is_told(tmp_path, old, new, words):
    """Fees of two kinds have no difference, and a rulebook has to fit the day."""
    (tmp_path / "old.yaml").write_text(old)
    (tmp_path / "new.yaml").write_text(new)
    ran = command("diff", "old.yaml", "new.yaml", "--data", "replay:", folder=tmp_path)
    assert 3 == ran.code
    assert words in " ".join(ran.err.split())
