"""What lines of a recording make a day, and which statistics belong to which slot."""

import json
from datetime import timedelta

import pytest

from rulegrid.diagnostics import Severity
from rulegrid.exchange.day import MAX_BAD_LINES, read_day
from rulegrid.grid import write_slot
from tests.exchange.played import day_of, recorded


def stats(volume):
    if volume is None:
        return dict.fromkeys(["min_trade_rate", "max_trade_rate", "total_traded_energy_kWh"])
    return {"min_trade_rate": 30.0, "max_trade_rate": 31.0, "total_traded_energy_kWh": volume}


def event(time, volume=1.0, last=1.0, current=1, **more):
    node = {"last_market_stats": stats(volume), "last_market_fee": last}
    node |= {"current_market_fee": current, "area_name": "Grid", "children": {}}
    slot = f"2021-07-01T{time}"
    return {"event": "market", "market_slot": slot, "grid_tree": {"a": node}} | more


def answer(volume, area="a"):
    entry = {"command": "dso_market_stats", "status": "ready", "market_stats": stats(volume)}
    return {"command": "batch_commands", "transaction_id": "T", "responses": {area: [entry]}}


def lines(*said):
    return [json.dumps(each).encode() + b"\n" for each in said]


def told(day):
    return {write_slot(slot.slot)[-5:]: len(slot.statistics) for slot in day.slots}


def test_statistics_belong_to_the_event_whose_trades_they_repeat():
    """An answer of another slot's trades came too late, or too early, and counts for nothing."""
    day, findings = read_day(
        lines(
            event("00:15", 1.0),
            answer(1.0),
            event("00:30", 2.0),
            answer(1.0),
            answer(3.0),
            event("00:45", 3.0),
            answer(3.0, "elsewhere"),
            event("01:00", None),
            answer(None),
        )
    )
    assert () == findings
    assert {"00:15": 1, "00:30": 0, "00:45": 0, "01:00": 1} == told(day)
    assert 1.0 == json.loads(day.slots[0].statistics["a"])["total_traded_energy_kWh"]


def test_an_answer_before_the_first_slot_has_closed_is_empty():
    """`market_stats: {}` tells nothing of any slot."""
    early = answer(1.0)
    early["responses"]["a"][0]["market_stats"] = {}
    day, _ = read_day(lines(early, event("00:15"), early))
    assert {"00:15": 0} == told(day)


def test_lines_may_be_bare_or_wrapped_and_of_no_use():
    """A recorder wraps messages with their channel; what is neither event nor answer is left."""
    wrapped = [
        {"ts": 1.0, "channel": "external-aggregator//G/events/all", "data": each}
        for each in (event("00:15"), event("00:30"))
    ]
    noise = [
        {"ts": 1.0, "channel": "gsy-e-heartbeat/", "data": {"time": 1}},
        {"ts": 1.0, "channel": "aggregator-commands", "data": "this is not json"},
        {"ts": 1.0, "channel": "x", "data": {"batch_commands": {"a": [float("nan")]}}},
        {"event": "tick", "grid_tree": {}},
        {},
    ]
    day, findings = read_day([b"\n", *lines(*noise, *wrapped)])
    assert () == findings
    assert {"00:15": 0, "00:30": 0} == told(day)
    bare, _ = read_day(lines(event("00:15"), event("00:30")))
    assert day.slots == bare.slots


def test_the_run_with_most_events_plays_and_the_others_are_named():
    """Time that goes back, or an event after the end, begins another run."""
    channel = {"channel": "external-aggregator//G/events/all"}
    day, findings = read_day(
        lines(
            event("00:15"),
            event("00:15"),
            {"event": "finish"},
            event("00:15"),
            event("00:30"),
            event("00:45"),
            event("00:30"),
            channel | {"data": event("09:00")},
        )
    )
    assert () == findings
    assert ["00:15", "00:30", "00:45"] == list(told(day))
    assert (
        "a run from 2021-07-01 00:15 (1 market events)",
        "a run from 2021-07-01 00:30 (1 market events)",
        "aggregator G from 2021-07-01 09:00 (1 market events)",
    ) == day.left_out


def test_the_first_of_equal_runs_plays():
    """Two aggregators saw the same 39 slots."""
    day = day_of(recorded("errors"))
    assert 39 == len(day.slots)
    assert (
        "aggregator 1472b211-88d1-41ce-8005-b13fa1b0fd5e from 2021-07-01 00:15 (39 market events)",
    ) == day.left_out


def test_a_recording_of_a_web_server_plays():
    """Events came twice there, as jobs and in frames; nothing is told of shares in web mode."""
    day = day_of(recorded("web"))
    assert {"01:00": 3, "01:15": 3, "01:30": 3, "01:45": 3} == told(day)
    assert 1 == len(day.left_out)


def test_markets_and_assets_are_named():
    """A tree may grow: the names are of all events."""
    grown = event("00:30")
    grown["grid_tree"]["b"] = grown["grid_tree"]["a"] | {"area_name": "Street"}
    grown["grid_tree"]["a"]["children"] = {"l": {"area_name": "Load"}}
    day, _ = read_day(lines(event("00:15"), grown))
    assert {"a": "Grid", "b": "Street"} == day.names
    assert {"l": "Load"} == day.assets


@pytest.mark.parametrize(
    ("times", "minutes"),
    [(["00:15"], 15), (["00:05", "00:10", "00:20", "00:25"], 5), (["01:00", "02:00"], 60)],
)
def test_the_slot_length_is_the_most_common_distance(times, minutes):
    """One lost event does not change it; a single event is taken for a quarter of an hour."""
    day, _ = read_day(lines(*map(event, times)))
    assert timedelta(minutes=minutes) == day.slot_length


def test_the_kind_of_fees_shows_when_slots_close():
    """In percent mode a fee of 12.5 comes back as 0.125."""
    fixed, _ = read_day(lines(event("00:15", current=2), event("00:30", last=2.0)))
    percent, _ = read_day(lines(event("00:15", current=12.5), event("00:30", last=0.125)))
    assert (False, True) == (fixed.percent, percent.percent)
    nothing, _ = read_day(lines(event("00:15", current=None), event("00:30", last=0.0)))
    assert not nothing.percent


def test_lines_that_cannot_be_read_are_left_out_with_a_warning():
    """A recorder may die in the middle of a line."""
    day, (finding,) = read_day([*lines(event("00:15"), event("00:30")), b'{"event": "mar'])
    assert 2 == len(day.slots)
    assert ("RG701", Severity.WARNING) == (finding.code, finding.severity)
    assert (
        "a line was left out of the recording: line 3: Input data was truncated" == finding.message
    )


@pytest.mark.parametrize(
    ("raw", "code", "message"),
    [
        (b"", "RG702", "this recording holds no market event"),
        (b"{}\n{}\n", "RG702", "this recording holds no market event"),
        (b'{"event": "finish"}', "RG702", "this recording holds no market event"),
        (
            b"rulegrid: 1\nname: x\n",
            "RG701",
            "this is no recording of an exchange: line 1: JSON is malformed",
        ),
        (
            b'{"event": "market", "content": [{"area_uuid": "a"}]}',
            "RG701",
            "line 1: a market event in the dialect of 2020, which cannot be replayed",
        ),
    ],
)
def test_what_is_no_recording_is_a_finding(raw, code, message):
    """An author's mistake is a value with a code, never an exception."""
    day, (finding,) = read_day(raw.splitlines(keepends=True))
    assert day is None
    assert code == finding.code
    assert message in finding.message
    assert Severity.ERROR == finding.severity


def test_a_hopeless_file_is_given_up_early():
    """After a thousand lines of rubbish nothing more is read."""
    taken = []

    def rubbish():
        for number in range(10 * MAX_BAD_LINES):
            taken.append(number)
            yield b"\xff\n"

    day, _ = read_day(rubbish())
    assert day is None
    assert MAX_BAD_LINES == len(taken)


@pytest.mark.parametrize(
    "spoiled",
    [(b'"last_market_bill"', b'"last_\xbdarket_bill"'), (b'"earned":', b'"earned":1e400,"x":')],
)
def test_a_line_that_could_not_be_played_is_left_out(spoiled):
    """Also what nobody reads is shown again to a client, so all of an event has to be JSON."""
    line = b'{"event":"market","market_slot":"2021-07-01T00:15","grid_tree":{"u":{'
    line += b'"area_name":"Grid","children":{},"last_market_bill":{"earned":1}}}}\n'
    later = line.replace(b"00:15", b"00:30")
    day, findings = read_day([line, later.replace(*spoiled)])
    assert 1 == len(day.slots)
    assert ["RG701"] == [finding.code for finding in findings]
