"""What a change comes to on a recorded day, against two days played one after the other."""

import json
from itertools import pairwise
from math import isclose

import pytest

import rulegrid
from rulegrid.grid import write_slot
from tests.console import ROOT
from tests.console import rulegrid as command

OLD = (ROOT / "rules/import_bands.yaml").read_text()
NEW = OLD.replace("fee: 2.1", "fee: 2.4").replace("max: 6", "max: 5")
PERCENT = 'rulegrid: 1\nname: Share\nfee_unit: percent\nareas: {"District *": FEE}\n'


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


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (PERCENT.replace("FEE", "5"), OLD, 2, "nothing to subtract"),
        (OLD, OLD.replace("fee_unit", "slot_length: 30 min\nfee_unit"), 3, "slot_length"),
    ],
)
def test_what_cannot_be_played_is_told(tmp_path, old, new, code, words):
    """Fees of two kinds have no difference, and a rulebook has to fit the day."""
    (tmp_path / "old.yaml").write_text(old)
    (tmp_path / "new.yaml").write_text(new)
    ran = command("diff", "old.yaml", "new.yaml", "--data", "replay:", folder=tmp_path)
    assert code == ran.code
    assert words in " ".join(ran.err.split())
