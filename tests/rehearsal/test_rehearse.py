"""Rehearsals through the Python door: the cycles of a day, or the reason why there are none."""

from itertools import islice

import numpy as np
import pytest

import rulegrid
from rulegrid.exchange.effects import Concluded
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.replay import Replay
from rulegrid.rehearsal.rehearse import RehearsalError, rehearse
from tests.building import program


def written(folder, text: str) -> str:
    path = folder / "r.yaml"
    path.write_text(f"rulegrid: 1\nname: A test\n{text}")
    return str(path)


def test_a_rehearsal_sends_no_fee():
    """Statistics are asked for, fees only decided: the exchange shows its recorded fees."""
    link = Replay(embedded_day(), Wire())
    sent = []
    link.send, send = lambda payload: (sent.append(payload), send(payload)), link.send
    rehearsed = list(rehearse(program("areas: {Factory: import / 1 kWh}"), link))
    assert (95, 95) == (len(rehearsed), len(sent))
    assert not any(b"grid_fees" in payload for payload in sent)
    assert {"dry-run"} == {slot.status for slot in rehearsed}
    assert all(isinstance(slot, Concluded) for slot in rehearsed)


def test_our_own_fees_stand_in_a_rehearsal():
    """A fee that climbs by what was decided before climbs the whole day."""
    made = program("areas: {Factory: next_fee + 1 ct/kWh}")
    fees = [cycle.fee for cycle in islice(rulegrid.rehearse(made), 10)]
    factory = next(np.flatnonzero(~np.isnan(fee))[0] for fee in fees)
    assert list(range(10)) == [fee[factory] - fees[0][factory] for fee in fees]


def test_a_batch_is_what_the_exchange_would_be_told():
    """By uuid, whole numbers as integers, nothing for areas that are left alone."""
    made = program("areas: {Grid: 2, Factory: 0.5}\nlimits: {decimals: 1}")
    cycle = next(rulegrid.rehearse(made))
    ids = dict(zip(cycle.binding.grid.names, cycle.binding.grid.ids, strict=True))
    assert {
        ids["Grid"]: [{"type": "grid_fees", "data": {"fee_const": 2}}],
        ids["Factory"]: [{"type": "grid_fees", "data": {"fee_const": 0.5}}],
    } == rulegrid.batch(cycle)
    assert isinstance(rulegrid.batch(cycle)[ids["Grid"]][0]["data"]["fee_const"], int)


def test_a_rulebook_that_does_not_fit_the_day_is_told():
    """The findings say why."""
    with pytest.raises(RehearsalError, match="does not fit") as told:
        list(rulegrid.rehearse(program("areas: {'*t*': 1, '*r*': 2}")))
    assert {"RG503"} == {finding.code for finding in told.value.findings}


@pytest.mark.parametrize("length", ["30 min", "10 min", "5 min"])
def test_a_slot_length_that_is_not_that_of_the_day_is_told(length):
    """With the key to change."""
    made = program(f"slot_length: {length}\nareas: {{Grid: 1}}")
    with pytest.raises(RehearsalError, match="write `slot_length: 15 min`"):
        list(rulegrid.rehearse(made))


def test_a_recording_that_cannot_be_played_is_told(tmp_path):
    """Before anything is decided; a missing file is told apart."""
    made = program("areas: {Grid: 1}")
    (tmp_path / "r.jsonl").write_text("rubbish\n")
    with pytest.raises(RehearsalError, match="no recording"):
        rulegrid.rehearse(made, str(tmp_path / "r.jsonl"))
    with pytest.raises(FileNotFoundError):
        rulegrid.rehearse(made, str(tmp_path / "none.jsonl"))


def test_a_rulebook_with_mistakes_is_raised_with_its_findings(tmp_path):
    """The message shows them as `rulegrid check` does."""
    with pytest.raises(rulegrid.RulebookError) as told:
        rulegrid.compile_rulebook(written(tmp_path, "areas: {Grid: imprt / 1 kWh}\n"))
    assert ["RG101"] == [finding.code for finding in told.value.findings]
    assert "error[RG101]: unknown name `imprt`" in str(told.value)
    assert "did you mean `import`?" in str(told.value)


def test_warnings_do_not_stop_a_rulebook(tmp_path):
    """Only errors do."""
    made = rulegrid.compile_rulebook(written(tmp_path, "areas: {Grid: 0.5}\n"))
    assert "A test" == made.name
