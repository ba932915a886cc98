"""The documented interface for operators who write code."""

import json
import runpy
import subprocess
import sys
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from rulegrid.exchange.claims import Selected
from rulegrid.exchange.messages import Wire
from rulegrid.gateway import operator
from rulegrid.gateway.operator import GridOperator, NoAnswerError
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.replay import Replay
from tests.exchange.played import RECORDINGS

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "documented_interface.py"
STATISTICS = {"type": "dso_market_stats", "data": {"market_slots": ["2021-07-01T00:00"]}}


def fee(value, key="fee_const"):
    return [{"type": "grid_fees", "data": {key: value}}]


class Noted(GridOperator):
    """Notes what it is told."""

    def __init__(self, exchange="replay:"):
        self.slots, self.finished = [], None
        super().__init__(exchange)

    def on_market_cycle(self, market_info):
        self.slots.append(market_info["market_slot"])

    def on_finish(self, finish_info):
        self.finished = finish_info


class Scripted:
    """A link that says what it is given."""

    wire = Wire()
    aggregator = "G"

    def __init__(self, *said):
        self.said = deque(said)
        self.sent = []
        self.selected = []
        self.is_closed = False

    names = {"g": "Grid", "h": "House 1", "k": "House 1"}  # noqa: RUF012 - it stays as it is

    def open(self, is_wanted):
        return Selected({area: name for area, name in self.names.items() if is_wanted(name)})

    def select(self, areas):
        self.selected.append(areas)
        return Selected({area: self.names[area] for area in areas})

    def send(self, payload):
        self.sent.append(json.loads(payload))

    def receive(self, timeout=None):
        del timeout
        said = self.said.popleft() if self.said else None
        return said(self) if callable(said) else said

    def close(self):
        self.is_closed = True


def market(slot):
    return json.dumps({"event": "market", "market_slot": slot, "grid_tree": {}}).encode()


def answer(link):
    transaction = link.sent[-1]["transaction_id"]
    said = {"command": "batch_commands", "transaction_id": transaction, "responses": {"g": []}}
    return json.dumps(said).encode()


FINISH = b'{"event": "finish"}'


def test_each_market_event_is_passed_on_as_it_came():
    """A day has 95, and one finish."""
    noted = Noted()
    noted.run()
    assert ["2021-07-01T00:15", "2021-07-01T23:45"] == [noted.slots[0], noted.slots[-1]]
    assert 95 == len(noted.slots)
    assert {"event": "finish", "simulation_id": None, "num_ticks": 10.0} == noted.finished


def test_the_event_has_every_key_of_the_exchange():
    """Nothing is dropped on the way, bills and assets included."""
    seen = []

    class Kept(GridOperator):
        def on_market_slot(self, market_info):
            seen.append(market_info)

    Kept(Replay(embedded_day(), Wire())).run()
    assert [json.loads(slot.payload) for slot in embedded_day().slots] == seen


def test_a_batch_is_answered_within_the_callback():
    """Statistics and fees in one batch; the fee shows in the next event."""
    told = []

    class Mine(GridOperator):
        def on_market_cycle(self, market_info):
            grid = self.area_uuid("Grid")
            told.append(market_info["grid_tree"][grid]["current_market_fee"])
            sent = len(told)
            answered = self.batch_command({grid: [STATISTICS, *fee(sent)]})
            assert "batch_commands" == answered["command"]
            statistics, echo = answered["responses"][grid]
            assert 0.0 == statistics["market_stats"]["area_throughput"]["import"]
            assert str(sent) == echo["market_fee_const"]

    Mine(f"replay:{RECORDINGS}/time_of_use.jsonl.gz").run()
    assert [4, *range(1, 16)] == told


def test_numbers_of_numpy_are_sent_as_numbers():
    """Moving averages come as such."""
    link = Scripted(answer)
    commands = {"g": fee(np.float64(2.5)), "h": fee(np.int64(3)), "k": fee(np.float64(4))}
    GridOperator(link).batch_command(commands)
    sent = link.sent[0]["batch_commands"]
    assert {"g": fee(2.5), "h": fee(3), "k": fee(4.0)} == sent


@pytest.mark.parametrize(
    ("commands", "error", "message"),
    [
        ({}, ValueError, "an empty batch is never answered"),
        (
            {"g": fee("3.5")},
            ValueError,
            "would end the exchange, so it is not sent: a fee that is",
        ),
        ({"g": fee("3", "fee_percent")}, ValueError, "would end the exchange"),
        ({"g": fee([1])}, ValueError, "a fee that is no number: [1]"),
        ({"g": fee(float("nan"))}, ValueError, "would not take the fee nan of area g"),
        ({"g": fee(-1)}, ValueError, "would not take the fee -1 of area g"),
        ({"g": [{"type": "grid_fees"}]}, ValueError, "`data` of `grid_fees` is missing"),
        ({"g": [None]}, ValueError, "are not a list of objects"),
        ({"g": fee(1)[0]}, ValueError, "are not a list of objects"),
        ({"g": fee(object())}, TypeError, "object has no place in a command"),
    ],
)
def test_what_would_harm_an_exchange_is_not_sent(commands, error, message):
    """One wrong value ends a whole simulation there; here it is an exception."""
    link = Scripted()
    with pytest.raises(error) as raised:
        GridOperator(link).batch_command(commands)
    assert message in str(raised.value)
    assert [] == link.sent


def test_events_that_come_before_the_answer_are_kept():
    """They are passed on afterwards, in order."""
    seen = []

    class Slow(GridOperator):
        def on_market_slot(self, market_info):
            seen.append(market_info["market_slot"])
            if len(seen) == 1:
                self.batch_command({"g": []})

    stray = b'{"command": "batch_commands", "transaction_id": "another"}'
    link = Scripted(market("1"), market("2"), stray, b'{"time": 1}', answer, market("3"), FINISH)
    Slow(link).run()
    assert ["1", "2", "3"] == seen
    assert link.is_closed


@pytest.mark.parametrize("after", [[], [FINISH], [market("2"), market("3"), answer]])
def test_a_batch_without_an_answer_says_so(after):
    """The end, silence or two more slots: then no answer will come."""

    class Waiting(GridOperator):
        def on_market_cycle(self, market_info):
            del market_info
            self.batch_command({"g": [], "nowhere": [], "k": [], "x": []})

    link = Scripted(market("1"), *after)
    with pytest.raises(
        NoAnswerError, match="no answer to the batch for Grid, nowhere, House 1 and 1"
    ):
        Waiting(link).run()
    assert link.is_closed


def test_an_answer_is_not_awaited_for_ever(monkeypatch):
    """After some seconds of other messages it is given up."""
    monkeypatch.setattr(operator, "ANSWER_SECONDS", 0.05)
    link = Scripted()
    link.receive = lambda timeout: b'{"time": 1}' if timeout else None
    with pytest.raises(NoAnswerError):
        GridOperator(link).batch_command({"g": []})


def test_an_exception_of_the_operator_ends_the_run():
    """With the slot noted on it, and the link closed; nothing is swallowed."""

    class Wrong(GridOperator):
        def on_market_cycle(self, market_info):
            raise KeyError(market_info["market_slot"])

    link = Scripted(market("2021-07-01T00:15"), market("2021-07-01T00:30"))
    with pytest.raises(KeyError) as raised:
        Wrong(link).run()
    (note,) = raised.value.__notes__
    assert "raised by Wrong for market slot 2021-07-01T00:15" == note
    assert link.is_closed


def test_what_cannot_be_read_is_counted():
    """And the run goes on."""
    noted = Noted(Scripted(b"\xff", b"[1]", market("1"), b"[" * 1000, FINISH))
    noted.run()
    assert (["1"], 3) == (noted.slots, noted.unreadable)


def test_an_area_is_found_by_its_name():
    """A wrong name is told with the closest one, a double one with the uuids."""
    mine = GridOperator(Scripted())
    assert "g" == mine.area_uuid("Grid")
    with pytest.raises(LookupError, match="there is no area 'Gird', did you mean `Grid`"):
        mine.area_uuid("Gird")
    with pytest.raises(LookupError, match="2 areas are called 'House 1': h, k"):
        mine.area_uuid("House 1")


def test_areas_are_selected_when_an_event_tells_of_them():
    """On Redis nothing else tells; only the wanted ones, and only when the tree has changed."""

    class Picky(GridOperator):
        def is_wanted(self, name):
            return name != "House 1"

    def tree(*below):
        children = {area: {"area_name": "House 1", "children": {}} for area in below}
        root = {"g": {"area_name": "Grid", "children": {**children, "l": {"area_name": "L"}}}}
        return json.dumps({"event": "market", "grid_tree": root}).encode()

    for kind, expected in ((GridOperator, [["g", "h"], ["g", "h", "k"]]), (Picky, [["g"], ["g"]])):
        link = Scripted(tree("h"), tree("h"), tree("h", "k"), FINISH)
        mine = kind(link)
        mine.run()
        assert expected == link.selected
        assert set(expected[-1]) == set(mine.areas)


def test_a_running_exchange_is_reached_by_its_address(monkeypatch):
    """With the environment of the exchange's own client; without it, what is missing is said."""
    monkeypatch.delenv("API_CLIENT_USERNAME", raising=False)
    with pytest.raises(ValueError, match="set API_CLIENT_USERNAME"):
        GridOperator("https://exchange.invalid")
    with pytest.raises(ValueError, match="is no exchange: write replay:"):
        GridOperator("mqtt://exchange.invalid")


def test_a_replay_that_cannot_be_played_says_why(tmp_path):
    """In the words of the finding."""
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match="this recording holds no market event"):
        GridOperator(f"replay:{tmp_path}/empty.jsonl")


def test_the_example_of_the_documentation_runs():
    """It speaks the dialect of 2020, skips the slots without data, and sets whole cents."""
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ("", 0) == (ran.stderr, ran.returncode)
    told = ran.stdout.splitlines()
    assert 190 == len(told)
    assert "00:15 District North: 0.03 kWh, fee 1 ct/kWh" == told[0]
    assert 8 == sum(line.endswith("no data") for line in told)
    assert {"1", "2", "4", "8"} == {line.split()[-2] for line in told if line.endswith("ct/kWh")}


def test_the_documentation_shows_code_that_runs():
    """The first block of the page about the interface."""
    page = (EXAMPLE.parents[1] / "grid_operator.md").read_text(encoding="utf-8")
    _, block, *_ = page.split("```")
    shown = block.removeprefix("python\n")
    assert shown.rstrip().endswith(".run()")
    names = {}
    exec(shown, names)  # noqa: S102 - it is our own page
    assert 22 == len(names["Mine"]("replay:").areas)


def test_the_example_picks_its_fee_by_steps():
    """The last step has no end."""
    fee_for = runpy.run_path(str(EXAMPLE))["fee_for"]
    assert [1, 1, 2, 4, 8] == [fee_for(energy) for energy in (0.0, 0.1, 0.15, 0.5, 0.51)]
