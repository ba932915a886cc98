"""A sandbox that is killed and started again goes on where it was."""

import json

import pytest

from rulegrid.grid import later, read_slot
from tests.exchange.played import RECORDINGS
from tests.gateway.sandbox.clients import CITY, GRID, NORTH, Sandbox, fee_of, fees, sandbox

BIG = str(RECORDINGS / "big341.jsonl.gz")


@pytest.fixture
def started(redis_server, tmp_path):
    """Starts a sandbox that keeps its state; all are gone in the end."""
    running = []
    wires = ("--listen", "127.0.0.1:0", "--redis", redis_server.url)

    def start(*options):
        state = ("--state", str(tmp_path / "state.json"), "--speed", "10")
        running.append(Sandbox(*wires, *state, *options))
        return running[-1]

    yield start
    for each in running:
        each.kill()


def test_slot_fees_and_selections_survive_a_kill(started, redis_server):
    """The next slot follows the last one said; nobody has to select anything again."""
    first = started()
    bus = first.bus(redis_server.url, "A").become(GRID, NORTH)
    for fee in (7.5, 8.5):
        bus.event()
        bus.answer(bus.send(fees(fee, GRID, NORTH)))
    slot = read_slot(bus.event()["market_slot"])
    first.kill()
    second = started()
    bus = second.bus(redis_server.url, "A")
    event = bus.event()
    assert read_slot(event["market_slot"]) in {later(slot, CITY.slot_length, n) for n in (1, 2)}
    assert 8.5 == fee_of(event)
    assert 8.5 == event["grid_tree"][GRID]["last_market_fee"]
    answer = bus.answer(bus.send(fees(9.5, GRID, NORTH)))
    assert {GRID, NORTH} == set(answer["responses"])


def test_aggregators_survive_a_kill(started, redis_server):
    """As the web sees them: by name, and with what they control."""
    first = started()
    first.bus(redis_server.url, "A").become(GRID)
    first.kill()
    web = started().web()
    web.log_in()
    assert "dso" == web.registry()["aggregator_name"]
    assert [{"name": "dso", "uuid": "A"}] == web.aggregators("list-aggregators").body


def test_a_token_of_the_one_before_is_not_known(started):
    """A client has to log in again, as after any restart of a web server."""
    first = started()
    web = first.web().become()
    first.kill()
    second = started().web()
    second.token = web.token
    assert 401 == second.aggregators("list-aggregators").status


def test_a_day_that_is_over_begins_anew(started, tmp_path):
    """Its state is gone with its end."""
    assert "The day is over" in started("--slots", "2").rest()
    assert not (tmp_path / "state.json").exists()


def test_a_polite_end_keeps_the_state(started, tmp_path, redis_server):
    """It is a pause, whose slot is in the file."""
    first = started()
    first.bus(redis_server.url).become(GRID).event()
    assert "Ended: slot 2021-07-01T" in first.end()
    kept = json.loads((tmp_path / "state.json").read_text())
    assert kept["memory"]["slot"] >= 0
    assert [GRID] == list(kept["memory"]["book"]["owners"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "this is no state of a sandbox"),
        ("no json", "this is no state of a sandbox"),
        ('{"recording": "another", "memory": {}}', "this is the state of another recording"),
    ],
)
def test_a_state_that_does_not_fit_is_not_served(tmp_path, text, reason):
    """One line, and exit code 6."""
    state = tmp_path / "state.json"
    state.write_text(text)
    with sandbox("--listen", "127.0.0.1:0", "--state", str(state)) as served:
        served.rest()
        assert f"rulegrid: {state}: {reason}\n" == served.errors
        assert 6 == served.code


def test_a_state_that_cannot_be_written_ends_it_in_one_line(tmp_path):
    """It would be lost at the next restart, without a word."""
    state = tmp_path / "nowhere" / "state.json"
    with sandbox("--listen", "127.0.0.1:0", "--state", str(state)) as served:
        served.rest()
        assert f"rulegrid: {state} cannot be written: No such file or directory\n" == served.errors
        assert 6 == served.code
