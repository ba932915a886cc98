"""`rulegrid run` on a live exchange, as the one who starts and stops it sees it."""

import signal
from time import monotonic

import pytest

from rulegrid.cli.exits import Exit
from tests.console import rulegrid
from tests.faults.processes import until
from tests.faults.stage import FLAT, Stage
from tests.gateway.web_exchange import SIMULATION, USERNAME, WebExchange

CONSTANT = "areas: {'*': 3, Grid: 2}"


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_last_words_say_which_fees_stay_in_force(stage, form):
    """A run that is stopped leaves its fees behind, and says so."""
    stage.open()
    agent = stage.agent(CONSTANT, "--format", form)
    stage.goes_on(3)
    until(lambda: len(agent.told("fees confirmed")) > 2, "batches")
    agent.signal(signal.SIGTERM)
    assert Exit.FINE == agent.wait()
    (left,) = agent.told("fees stay in force")
    assert 22 == len(left["fees"])
    *_, last = stage.goes_on(3)
    in_force = stage.tap.heard.events[last]
    assert {2, 3} == set(in_force.values())
    assert set(left["fees"].values()) <= {*in_force.values(), None}  # None: not known
    if form == "text" and None not in left["fees"].values():
        told = "In force until somebody sets others (ct/kWh): 3 in 21 areas; 2 in Grid"
        assert told == agent.output[-1]


def test_slots_that_were_missed_while_nobody_was_there_do_not_count(stage):
    """`--slots N` plays N slots from the first event on, whatever came before."""
    stage.open()
    assert Exit.FINE == stage.agent(FLAT, "--slots", "2").wait()
    stage.goes_on(3)
    later = stage.agent(FLAT, "--slots", "3")
    assert Exit.FINE == later.wait()
    decided = [record for record in later.records if record["fees"]]
    assert 3 == len(decided)
    assert 2 <= len(later.records) - len(decided)


def test_a_refused_login_is_not_waited_for(monkeypatch, tmp_path):
    """Waiting helps an exchange that starts, not a password that is wrong: exit 6 at once."""
    monkeypatch.setenv("API_CLIENT_USERNAME", USERNAME)
    monkeypatch.setenv("API_CLIENT_PASSWORD", "wrong")
    exchange = WebExchange()
    reached = ("--exchange", exchange.url, "--simulation-id", SIMULATION)
    begun = monotonic()
    journal = ("--journal", str(tmp_path / "journal"))
    ran = rulegrid("run", "rules/flat.yaml", *reached, *journal, "--wait", "60")
    exchange.close()
    assert monotonic() - begun < 10
    assert Exit.WORLD == ran.code
    assert "refuses the login" in ran.err
