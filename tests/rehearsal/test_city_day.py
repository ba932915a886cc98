"""The day that ships with rulegrid, decided by each rulebook of `rules/` and once more by hand."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

import rulegrid
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.effects import Concluded, Effect, Ended, Send
from rulegrid.exchange.messages import Wire
from rulegrid.exchange.session import Session, Settings
from rulegrid.gateway.loop import Conversation
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.replay import Replay
from tests.console import ROOT, RULES
from tests.console import rulegrid as console
from tests.reference.days import read_day
from tests.reference.rulebooks import Operator

each_rulebook = pytest.mark.parametrize(
    "rulebook",
    RULES,
    ids=lambda path: path.stem,
)
TREE, SLOTS = read_day()

Fees = list[dict[str, tuple[float | None, float | None]]]
"""For each slot, the raw fee and the fee by the area's path."""


def by_hand(rulebook: Path) -> Fees:
    """The day as the reference decides it, our own fees counting as sent."""
    tables = {path.name: path.read_text() for path in rulebook.parent.glob("*.csv")}
    operator = Operator(yaml.safe_load(rulebook.read_text()), TREE, tables, as_if_sent=True)
    days = [operator.decide(slot.when, slot.metrics) for slot in SLOTS]
    return [
        {path: (d.raw, d.fee) for path, d in zip(TREE.paths, slot, strict=True)} for slot in days
    ]


def decided(cycles: list[Cycle]) -> Fees:
    return [
        {
            path: tuple(None if np.isnan(c[at]) else float(c[at]) for c in (cycle.raw, cycle.fee))
            for at, path in enumerate(cycle.binding.grid.paths)
        }
        for cycle in cycles
    ]


def played(rulebook: Path, **settings) -> list[Effect]:
    """A whole run on the recorded day, which answers as an exchange."""
    program = rulegrid.compile_rulebook(str(rulebook))
    link = Replay(embedded_day(), Wire(percent=program.fee_dimension.percent))
    link.open()
    session = Session(program, Settings(link.aggregator, "test", link.wire, **settings))
    effects = list(Conversation(session, link))
    assert link.mishaps == ()
    return effects


def concluded(effects: list[Effect]) -> list[Concluded]:
    return [effect for effect in effects if isinstance(effect, Concluded)]


@each_rulebook
def test_a_rehearsed_day_is_the_day_worked_out_by_hand(rulebook):
    """All 95 slots and 22 areas: raw fees and fees, to the last bit."""
    cycles = list(rulegrid.rehearse(rulegrid.compile_rulebook(str(rulebook))))
    assert (95, 22) == (len(cycles), len(TREE.names))
    assert by_hand(rulebook) == decided(cycles)


@each_rulebook
def test_a_day_run_against_the_exchange_is_the_day_worked_out_by_hand(rulebook):
    """Sent, confirmed and shown again by the exchange, the fees are the same to the last bit."""
    slots = concluded(played(rulebook))
    assert {"sent"} == {slot.status for slot in slots}
    assert by_hand(rulebook) == decided([slot.cycle for slot in slots])
    for slot in slots:
        assert slot.receipt.confirms(slot.batch, slot.cycle.binding.grid)
        assert slot.receipt.errors == {}


@each_rulebook
def test_each_slot_sends_one_batch_of_the_fees_decided(rulebook):
    """95 slots, 95 batches, none sent twice; `rulegrid.batch` tells exactly what is sent."""
    effects = played(rulebook)
    sent = [effect for effect in effects if isinstance(effect, Send) and effect.batch]
    assert 95 == len({effect.transaction for effect in sent}) == len(sent)
    for effect in sent:
        wire = json.loads(effect.payload)
        assert rulegrid.batch(effect.cycle) == wire["batch_commands"]
        fees = {
            area: float(effect.cycle.fee[place])
            for area, place in effect.cycle.binding.grid.index.items()
            if not np.isnan(effect.cycle.fee[place])
        }
        data = {area: commands[0]["data"] for area, commands in wire["batch_commands"].items()}
        assert fees == {
            area: each.get("fee_const", each.get("fee_percent")) for area, each in data.items()
        }
    assert [Ended()] == [effect for effect in effects if isinstance(effect, Ended)]


@each_rulebook
def test_only_changed_fees_leave_the_same_fees_in_force(rulebook):
    """With `send: changed` the batches are smaller, and every fee is what it is without."""
    everything, changes = concluded(played(rulebook)), concluded(played(rulebook, send="changed"))
    assert decided([s.cycle for s in everything]) == decided([s.cycle for s in changes])
    for before, after in pairwise(changes):
        for area, place in after.cycle.binding.grid.index.items():
            old, new = before.cycle.standing[place], after.cycle.fee[place]
            assert (area in after.batch.fees) == (not np.isnan(new) and old != new)


def test_the_fees_of_the_command_line_are_those_worked_out_by_hand():
    """What `run --format json` prints is the reference's day, slot by slot and area by area."""
    rulebook = ROOT / "rules" / "import_bands.yaml"
    ran = console("run", str(rulebook), "--format", "json")
    assert 0 == ran.code, ran.err
    printed = [
        {fee["area"]: (fee["raw"], fee["fee"]) for fee in json.loads(line)["fees"]}
        for line in ran.out.splitlines()
    ]
    assert by_hand(rulebook) == printed
