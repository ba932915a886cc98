"""The fault matrix of the design: one test a row, and the row's promise as its law."""

import gc
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rulegrid.engine.binding import bind
from rulegrid.engine.cycle import Cycle, step
from rulegrid.engine.explain import reasons
from rulegrid.engine.history import Memory
from rulegrid.engine.limits import Step
from rulegrid.exchange.effects import Concluded, Ended, Foreign, Proved, Send
from rulegrid.exchange.fees import batch_of
from rulegrid.exchange.session import Session, Settings
from rulegrid.grid import Area, AreaId, Grid, MarketSlot, Snapshot, later, write_slot
from tests.building import NOON, after, program
from tests.exchange.adversary import CLEAN, FROM_EVENTS, LOST, Faults
from tests.exchange.session_laws import named
from tests.exchange.trial import Trial
from tests.faults.processes import memory_of
from tests.faults.rivals import Rivals
from tests.yardstick import slowness

ZONES = [
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
]
BY_THE_CLOCK = """
timezone: {zone}
areas: {{Grid: hour + minute / 100, "House *": hour, Mill: weekday, Street: 1}}
limits: {{max: 30, decimals: 2}}
"""
ONE_FAILS = """
areas:
  Grid: 2
  Street: 1 / 2
  "House *": 3
  Mill: {{fee: 8 / (import - import) * 1 kWh, when_no_data: {when_no_data}}}
limits: {{decimals: 1}}
"""
WIDE = """
areas: {"A*": (import - export) * 1 ct/kWh / 1 kWh}
limits: {min: 0.35, max: 19.99, max_change: 1.7, dead_band: 0.2, hold: 2 slots, decimals: 1}
"""
THOUSAND = """
variables:
  mean: {value: "average(volume, 4 slots)", unit: kWh}
areas:
  Grid: 2
  "House *":
    rules: [{when: mean > 8 kWh, fee: 5}, {otherwise: 'default(mean * 0.5 ct/kWh / 1 kWh, 1)'}]
limits: {max: 9, max_change: 3, decimals: 2}
"""


# Rows without a wire: the session, the engine and an exchange on a virtual clock


def test_row_06_an_event_late_twice_out_of_order_or_missing():
    """One batch a slot; the next event heals a missing one, and the miss is recorded."""
    trial = Trial(FROM_EVENTS)
    play = trial.world.play
    play(CLEAN, 4)
    play(Faults(event=0.3))
    play(Faults(event=0.0, event_again=0.4))
    play(Faults(event=1.05))  # comes after the event of the next slot, which is not late
    play(CLEAN)
    play(Faults(event=LOST))
    play(CLEAN, 2)
    outcomes = {slot: trial.laws.concluded[after(slot)] for slot in range(10)}
    missed = {slot: each.why for slot, each in outcomes.items() if each.status == "missed"}
    assert {6: "no market event came", 8: "no market event came"} == missed
    assert {0, 1, 2, 3, 4, 5, 7, 9} == {s for s, e in outcomes.items() if e.status == "sent"}
    assert {} == trial.laws.wrong.get(after(10), {}), "healed by the event after the missing one"
    trial.laws.all_is_explained()


@settings(max_examples=30)
@given(
    zone=st.sampled_from(ZONES),
    change=st.integers(0, 40),
    before=st.integers(0, 6),
    jump=st.sampled_from([0.0, 3600.0, 86400.0]),
)
def test_row_10_the_clock_is_off_or_changes(zone, change, before, jump):
    """Slots come from events and timers from a monotonic clock: each slot has its own fees.

    The slots played lie around a change of the zone's clocks, gaps and folds alike; our clock
    stands still and jumps by an hour or a day, and no slot is sent twice, missed or told wrongly.
    """
    start = later(_change_of_clocks(ZoneInfo(zone), change), timedelta(minutes=15), -before)
    trial = Trial(BY_THE_CLOCK.format(zone=zone), start=start)
    for slots in (3, 3, 4):
        trial.world.play(CLEAN, slots)
        trial.world.stop_clock()
        trial.world.start_clock(jump)
    assert 9 <= len(trial.laws.concluded)
    for slot, concluded in trial.laws.concluded.items():
        local = (slot + timedelta(minutes=15)).astimezone(ZoneInfo(zone))
        expected = {
            "Grid": local.hour + local.minute / 100,
            "House 1": local.hour,
            "House 2": local.hour,
            "Mill": local.isoweekday(),
            "Street": 1,
        }
        assert ("sent", "") == (concluded.status, concluded.why)
        assert expected == concluded.batch.fees
    assert {} == trial.laws.wrong


def _change_of_clocks(zone: ZoneInfo, number: int) -> MarketSlot:
    """The first slot after a change of the zone's clocks in this century, or some slot."""
    day = NOON.replace(year=2001, hour=0) + timedelta(days=180 * number)
    offset = day.astimezone(zone).utcoffset()
    for hours in range(24 * 365):
        hour: datetime = day + timedelta(hours=hours)
        if hour.astimezone(zone).utcoffset() != offset:
            return MarketSlot(hour)
    return MarketSlot(day)


def test_row_11_a_partial_answer_and_ready_with_the_old_value():
    """Found in the same slot, sent again: only those areas, until the deadline; then an alarm."""
    trial = Trial(FROM_EVENTS)
    trial.world.play(CLEAN, 3)
    trial.world.play(Faults(refused=frozenset({"Mill"}), silent=frozenset({"House 1"})))
    concluded = trial.laws.concluded[after(3)]
    unconfirmed = named(concluded.cycle.binding.grid.ids, ~concluded.receipt.confirmed)
    assert {"Mill", "House 1"} == unconfirmed
    again = trial.laws.batches_of(after(3))
    assert [5, 2, 2] == [len(batch) for batch in again]
    assert {"Mill", "House 1"} == set(again[-1])
    trial.world.play(CLEAN, 2)
    (proof,) = (p for p in trial.laws.told(Proved) if p.slot == after(4))
    wrong = {a for a, fee in again[0].items() if trial.laws.shown[after(4)][a] != fee}
    assert {"Mill", "House 1"} >= wrong
    assert wrong == named(proof.grid.ids, proof.differs)
    assert {} == trial.laws.wrong.get(after(5), {})


@pytest.mark.parametrize(
    ("when_no_data", "kept"), [("keep", {"Mill": 4}), ("skip", {}), ("7", {"Mill": 7})]
)
def test_row_12_one_formula_fails_or_lacks_data(when_no_data, kept):
    """Only that area holds, as its rulebook says; the fees of the others go out."""
    trial = Trial(ONE_FAILS.format(when_no_data=when_no_data))
    for area in trial.world.areas:
        trial.world.overwrite(area, 4)
    trial.world.play(CLEAN, 3)
    trial.prove_recovery()
    concluded = trial.laws.concluded[after(2)]
    others = {"Grid": 2, "Street": 0.5, "House 1": 3, "House 2": 3}
    assert others | kept == concluded.batch.fees
    told = reasons(concluded.cycle)[concluded.cycle.binding.grid.index[AreaId("Mill")]]
    assert told.text.startswith("no data")


def test_row_13_fees_outside_the_rails():
    """Clamped, counted and named: none leaves its rails in a million area-cycles.

    Fees are drawn as columns: huge, tiny, negative, no data, and every fee in force before.
    """
    areas, dice = 10_000, np.random.default_rng(13)
    grid = Grid.from_areas(
        Area(AreaId(f"a{n}"), f"A{n}", n - 1 if n == 1 else 0 if n else -1) for n in range(areas)
    )
    binding = bind(program(WIDE), grid).binding
    assert binding is not None
    memory, clamped = Memory.fresh(grid), 0
    for number in range(100):
        columns = {name: _drawn(dice, areas) for name in ("import", "export")}
        columns["next_fee"] = np.abs(_drawn(dice, areas))
        cycle, memory = step(binding, memory, Snapshot(after(number), grid, columns))
        _in_rails(cycle)
        outside = (cycle.raw < 0.35) | (cycle.raw > 19.99)
        assert (cycle.flags[outside] & np.uint8(Step.MIN | Step.MAX)).all(), "each is named"
        clamped += int(outside.sum())
    assert clamped > 100_000


def _in_rails(cycle: Cycle) -> None:
    """Every fee that is sent is in its rails and, where they allow, near the one before."""
    lowest, highest = 0.4, 19.9
    sent = ~np.isnan(cycle.fee)
    fees, before, decided = cycle.fee[sent], cycle.before[sent], ~np.isnan(cycle.raw[sent])
    assert ((fees >= 0.35) & (fees <= 19.99)).all()
    assert ((fees[decided] >= lowest) & (fees[decided] <= highest)).all()
    near = decided & (before >= lowest) & (before <= highest)
    assert (np.abs(fees[near] - before[near]) <= 1.7 + 1e-9).all()
    assert sent.sum() == len(batch_of(cycle).fees)


def _drawn(dice: np.random.Generator, size: int) -> np.ndarray:
    """A column of all sizes and signs, some of it no data."""
    column = dice.normal(0, 10, size) * 10.0 ** dice.integers(-3, 4, size)
    column[dice.random(size) < 0.05] *= 1e250
    column[dice.random(size) < 0.1] = np.nan
    column[dice.random(size) < 0.1] = 0.0
    return column


def test_row_17_two_agents_on_one_area():
    """The value read back is not ours: each names it, and each goes on sending its own."""
    rivals = Rivals("areas: {'*': 2}", "areas: {'*': 3}")
    rivals.play(8)
    for rival in rivals.both:
        foreign = [e for e in rival.effects if isinstance(e, Foreign)]
        if rival is rivals.first:  # the second one's batch is executed last, so its fees hold
            assert list(range(1, len(foreign) + 1)) == [e.in_a_row for e in foreign]
            assert len(foreign) >= 6
            assert all(3 == shown for e in foreign for shown in e.shown[e.areas])
        else:
            assert [] == foreign
        sent = [e for e in rival.effects if isinstance(e, Concluded) and e.status == "sent"]
        assert 8 == len(sent)


def test_row_17_the_one_that_is_told_to_stop_ends_after_three_slots():
    """With `--on-foreign-fee stop` the run ends as a fault, and says why."""
    rivals = Rivals("areas: {'*': 2}", "areas: {'*': 3}", on_foreign_fee="stop")
    rivals.play(8)
    (ended,) = (e for e in rivals.first.effects if isinstance(e, Ended))
    assert "somebody else has set our fees for 3 slots in a row" == ended.fault
    assert not rivals.second.session.ended


@pytest.fixture
def _own_heap() -> Iterator[None]:
    """What other tests left in memory is not searched for garbage while the clock runs."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_own_heap")
def test_row_21_a_thousand_areas_in_slots_of_a_second():
    """Deciding and sending takes less than a tenth of a slot (p99), and memory stays flat.

    On a virtual clock; the soak does it in real time.
    """
    session = Session(program(THOUSAND), Settings("our-uuid", "run"))
    seconds, sizes = [], []
    for number in range(150):
        begin = process_time()
        session, effects = session.receive(_big_event(number), float(number))
        send = effects[-1]
        session, _ = session.receive(_confirmed(send), number + 0.1)
        seconds.append(process_time() - begin)
        sizes.append(memory_of(os.getpid()))
    assert 1000 == len(send.batch.fees)
    assert sorted(seconds)[-len(seconds) // 100] / slowness() < 0.1
    assert max(sizes[-50:]) - max(sizes[50:100]) < 5_000_000


def _big_event(number: int) -> bytes:
    """An event of a thousand markets, with other volumes each time."""
    leaves = {
        f"id-{n}": {
            "area_name": f"House {n}",
            "last_market_stats": {"total_traded_energy_kWh": (n * number) % 17},
            "current_market_fee": 1,
            "children": {},
        }
        for n in range(999)
    }
    tree = {"root": {"area_name": "Grid", "current_market_fee": 1, "children": leaves}}
    slot = write_slot(after(number))
    return msgspec.json.encode({"event": "market", "market_slot": slot, "grid_tree": tree})


def _confirmed(send: Send) -> bytes:
    """The answer that takes every fee of a batch."""
    assert send.batch is not None
    responses = {
        area: [{"command": "grid_fees", "status": "ready", "market_fee_const": str(fee)}]
        for area, fee in send.batch.fees.items()
    }
    told = {"command": "batch_commands", "transaction_id": send.transaction}
    return msgspec.json.encode({**told, "responses": responses})
