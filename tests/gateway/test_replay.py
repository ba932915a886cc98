"""The link to a recorded day."""

import json

import pytest

from rulegrid.exchange.messages import (
    BatchAnswer,
    FeeAnswer,
    FeeBatch,
    Finish,
    MarketEvent,
    Rails,
    Wire,
    decode,
    statistics_command,
)
from rulegrid.gateway.link import Link
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.replay import Pace, Replay, ReplayUrl, open_replay, parse_replay
from rulegrid.grid import AreaId, later, write_slot
from tests.exchange.played import RECORDINGS

TODAY = Wire()


@pytest.fixture
def link():
    return Replay(embedded_day(), TODAY)


def test_every_market_of_the_day_can_be_set(link):
    """Registration and selection are held as on a real exchange."""
    known: Link = link
    assert embedded_day().names == known.open().areas
    assert "Grid" == next(iter(embedded_day().names.values()))


def test_the_whole_conversation_of_a_day(link):
    """95 events, each asked about and answered with fees that the next event shows."""
    areas = tuple(link.open().areas)
    slots, fees = [], {}
    while isinstance(event := decode(link.receive(), TODAY), MarketEvent):
        slots.append(write_slot(event.slot))
        for area, fee in fees.items():
            assert fee == event.columns["current_fee"][event.grid.index[area]]
        closed = later(event.slot, embedded_day().slot_length, -1)
        link.send(statistics_command(link.aggregator, f"s{len(slots)}", closed, areas, TODAY))
        assert set(areas) == set(decode(link.receive(), TODAY).statistics)
        fees = {area: len(slots) / 4 + place for place, area in enumerate(areas)}
        link.send(FeeBatch(fees, Rails()).encode(link.aggregator, f"f{len(slots)}"))
        answer = decode(link.receive(), TODAY)
        assert {area: FeeAnswer(fee) for area, fee in fees.items()} == answer.fees
    assert Finish() == event
    assert (95, "2021-07-01T23:45") == (len(slots), slots[-1])
    assert link.receive() is None
    assert () == link.mishaps


def test_an_answer_comes_before_the_next_event(link):
    """Even to two batches sent at once, in their order."""
    (area, *_) = link.open().areas
    assert isinstance(decode(link.receive(), TODAY), MarketEvent)
    for fee in (1.0, 2.0):
        link.send(FeeBatch({area: fee}, Rails()).encode(link.aggregator, f"T{fee}"))
    assert ["T1.0", "T2.0"] == [decode(link.receive(), TODAY).transaction for _ in range(2)]
    event = decode(link.receive(), TODAY)
    assert 2.0 == event.columns["current_fee"][event.grid.index[area]]


def test_what_would_kill_a_real_exchange_can_be_looked_up(link):
    """The replay goes on."""
    (area, *_) = link.open().areas
    link.receive()
    commands = {area: [{"type": "grid_fees", "data": {"fee_const": "3.5"}}]}
    batch = {"type": "BATCHED", "transaction_id": "T", "aggregator_uuid": link.aggregator}
    link.send(json.dumps(batch | {"batch_commands": commands}).encode())
    link.send(b"this is not json")
    assert isinstance(decode(link.receive(), TODAY), MarketEvent)
    assert ["falls deaf", "dies of the"] == [mishap[:11].strip() for mishap in link.mishaps]


def test_a_day_is_played_at_its_pace():
    """Between two events lies a slot's time, cut short by a timeout; answers never wait."""
    slept = []
    link = Replay(embedded_day(), TODAY, Pace(4, slept.append))
    (area, *_) = link.open().areas
    link.receive()
    assert [] == slept, "the first event comes at once"
    link.send(FeeBatch({area: 1.0}, Rails()).encode(link.aggregator, "T"))
    assert isinstance(decode(link.receive(), TODAY), BatchAnswer)
    assert [] == slept
    assert link.receive(timeout=0.1) is None
    assert link.receive(timeout=0.0) is None
    assert isinstance(decode(link.receive(timeout=10), TODAY), MarketEvent)
    assert [0.1, 0.15] == slept
    link.receive()
    assert [0.1, 0.15, 0.25] == slept
    at_once = Replay(embedded_day(), TODAY, Pace(sleep=slept.append))
    at_once.open()
    assert 96 == sum(1 for _ in iter(at_once.receive, None))
    assert 3 == len(slept)


def test_a_closed_link_says_nothing_more_of_what_it_heard(link):
    """Answers on their way are lost."""
    (area, *_) = link.open().areas
    link.send(FeeBatch({area: 1.0}, Rails()).encode(link.aggregator, "T"))
    link.send(FeeBatch({area: 1.0}, Rails()).encode(link.aggregator, "U"))
    link.receive()
    link.close()
    assert isinstance(decode(link.receive(), TODAY), MarketEvent)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("replay:", ReplayUrl("")),
        ("replay:day.jsonl.gz", ReplayUrl("day.jsonl.gz")),
        ("replay:?dialect=2020", ReplayUrl("", "2020")),
        ("replay:a b/day.jsonl?dialect=2020", ReplayUrl("a b/day.jsonl", "2020")),
        ("replay:-?dialect=today", ReplayUrl("-")),
        ("replay:x/y.gz?", ReplayUrl("x/y.gz")),
    ],
)
def test_a_replay_url_names_a_file_and_a_dialect(url, expected):
    """Without a file it is the day that ships with rulegrid."""
    assert expected == parse_replay(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis://localhost", "`redis://localhost` does not begin with `replay:`"),
        ("replay:?dialekt=2020", "no option `dialekt`: did you mean `dialect`?"),
        ("replay:?speed=3", "a replay has no option `speed`"),
        ("replay:?dialect=2021", "speaks the dialect `today` or `2020`, not `2021`"),
        ("replay:?dialect", "not ``"),
    ],
)
def test_a_wrong_replay_url_says_what_is_wrong(url, message):
    """In words for the one who wrote it."""
    with pytest.raises(ValueError, match=r".*") as raised:
        parse_replay(url)
    assert message in str(raised.value)


def test_opening_a_replay(tmp_path):
    """A URL gives a link, or findings; the URL's dialect counts."""
    link, findings = open_replay("replay:?dialect=2020", Wire(percent=True))
    assert () == findings
    assert Wire("2020", percent=True) == link.wire
    link, findings = open_replay(f"replay:{RECORDINGS}/timing.jsonl.gz", TODAY)
    assert 9 == len(link.open().areas)
    (tmp_path / "empty.jsonl").touch()
    link, (finding,) = open_replay(f"replay:{tmp_path}/empty.jsonl", TODAY)
    assert link is None
    assert "RG702" == finding.code
    with pytest.raises(FileNotFoundError):
        open_replay("replay:nothing.jsonl", TODAY)
    assert AreaId("x") == "x"
