"""The session against an exchange that does what hurts, on a virtual clock."""

from dataclasses import replace
from random import Random

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rulegrid.exchange.effects import Deaf, Dropped, Foreign, Proved
from tests.exchange.adversary import CLEAN, FROM_EVENTS, FROM_STATISTICS, LOST, Faults
from tests.exchange.trial import Trial

AREAS = ("Grid", "Street", "House 1", "House 2", "Mill")
GARBAGE = (
    b"",
    b"not json",
    b'{"event": "market", "market_slot": "2026-01-12T12:00", "grid_tree": {}}',
    b'{"event": "market", "market_slot": 7, "grid_tree": []}',
    b'{"command": "batch_commands", "transaction_id": "nobody", "responses": {}}',
    b'{"command": "batch_commands", "transaction_id": null, "responses": {}}',
    b'{"event": "tick", "market_slot": "2026-01-12T12:00"}',
    b'{"time": 1795402439}',
    b"[" * 10_000,
)

DELAYS = st.one_of(st.just(0.0), st.just(LOST), st.floats(0, 1.5))
SOME_AREAS = st.frozensets(st.sampled_from(AREAS))
PARTS = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).map(tuple)
YES = st.sampled_from([True])
FAULTS = st.builds(
    Faults,
    event=DELAYS,
    event_again=DELAYS,
    answer=DELAYS,
    answer_again=DELAYS,
    command=st.one_of(st.just(0.0), st.just(LOST), st.floats(0, 0.9)),
    refused=SOME_AREAS,
    silent=SOME_AREAS,
    forgotten=st.sampled_from([frozenset(), frozenset({"Mill"}), frozenset({"House 1", "Mill"})]),
    garbage=st.sampled_from([None, *GARBAGE]),
    deaf=st.booleans(),
    withheld=st.booleans(),
    cut=st.none() | PARTS,
    asleep=st.booleans(),
)
ONE_FAULT = st.one_of(
    *(
        st.builds(lambda value, name=name: replace(CLEAN, **{name: value}), values)
        for name, values in {
            "event": DELAYS,
            "event_again": DELAYS,
            "answer": DELAYS,
            "answer_again": DELAYS,
            "refused": SOME_AREAS,
            "silent": SOME_AREAS,
            "deaf": YES,
            "withheld": YES,
            "cut": PARTS,
            "asleep": YES,
        }.items()
    )
)


class SessionMachine(RuleBasedStateMachine):
    """Whatever goes wrong in whatever order, no law is broken."""

    @initialize(
        text=st.sampled_from([FROM_EVENTS, FROM_STATISTICS]),
        send=st.sampled_from(["all", "changed"]),
        on_foreign_fee=st.sampled_from(["alarm", "alarm", "stop"]),
    )
    def begin(self, text, **settings):
        self.trial = Trial(text, **settings)
        self.world = self.trial.world

    def still_runs(self):
        return not self.trial.is_over

    @precondition(still_runs)
    @rule(slots=st.integers(1, 4))
    def nothing_happens(self, slots):
        self.world.play(CLEAN, slots)

    @precondition(still_runs)
    @rule(faults=FAULTS)
    def much_goes_wrong(self, faults):
        self.world.play(faults)

    @precondition(still_runs)
    @rule(faults=ONE_FAULT, slots=st.integers(1, 4))
    def one_thing_goes_wrong(self, faults, slots):
        self.world.play(faults, slots)

    @precondition(still_runs)
    @rule(area=st.sampled_from(AREAS), fee=st.floats(20, 30))
    def somebody_sets_a_fee(self, area, fee):
        self.world.overwrite(area, fee)

    @precondition(still_runs)
    @rule()
    def the_link_is_lost(self):
        self.world.lose_link()

    @precondition(still_runs)
    @rule()
    def the_link_is_restored(self):
        self.world.restore_link()

    @precondition(lambda self: self.world.frozen is None)
    @rule()
    def the_clock_stops(self):
        self.world.stop_clock()

    @rule(jump=st.sampled_from([0.0, 1.0, 900.0, 3600.0, 1e6]))
    def the_clock_goes_on(self, jump):
        self.world.start_clock(jump)

    @precondition(still_runs)
    @rule()
    def all_is_well_again(self):
        self.trial.prove_recovery()

    @invariant()
    def the_past_is_explained(self):
        if hasattr(self, "trial"):
            self.trial.laws.all_is_explained(over=self.trial.is_over)

    def teardown(self):
        if hasattr(self, "trial") and not self.trial.is_over:
            self.trial.prove_recovery()


TestSession = SessionMachine.TestCase
TestSession.settings = hypothesis.settings(
    max_examples=40, stateful_step_count=25, deadline=None, print_blob=True
)


def thrown(dice: Random) -> Faults:
    """Random faults: mostly none, some of them bad."""

    def delay() -> float | None:
        throw = dice.random()
        return 0.0 if throw < 0.85 else LOST if throw < 0.9 else dice.uniform(0, 1.5)

    def some() -> frozenset[str]:
        return frozenset(dice.sample(AREAS, dice.randrange(3)) if dice.random() < 0.1 else ())

    def seldom(rate: float) -> bool:
        return dice.random() < rate

    return Faults(
        event=delay(),
        event_again=delay() if seldom(0.1) else None,
        answer=delay(),
        answer_again=delay() if seldom(0.1) else None,
        command=min(delay() or 0.0, 0.9),
        refused=some(),
        silent=some(),
        forgotten=frozenset({"Mill"} if seldom(0.02) else ()),
        garbage=dice.choice(GARBAGE) if seldom(0.05) else None,
        deaf=seldom(0.05),
        withheld=seldom(0.03),
        cut=(dice.random() / 2, 0.5 + dice.random() / 2) if seldom(0.03) else None,
        asleep=seldom(0.02),
    )


@pytest.mark.parametrize(("text", "send"), [(FROM_EVENTS, "all"), (FROM_STATISTICS, "changed")])
def test_ten_thousand_cycles_under_random_faults(text, send):
    """5,000 slots of each kind of rulebook: no law is broken, and each storm is survived."""
    dice = Random(7)  # noqa: S311 - dice, no secret
    trial, storms = Trial(text, seed=7, send=send), 0
    while len(trial.laws.concluded) < 5_000:
        for _ in range(dice.randrange(1, 40)):
            trial.world.play(thrown(dice))
            if dice.random() < 0.05:
                trial.world.overwrite(dice.choice(AREAS), dice.uniform(20, 30))
        trial.prove_recovery()
        storms += 1
    assert storms > 200
    assert trial.unfit < storms / 20
    assert all(trial.laws.told(kind) for kind in (Deaf, Foreign, Dropped, Proved))
