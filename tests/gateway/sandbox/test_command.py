"""`rulegrid sandbox` as a user sees it: what it says, how it ends, and what it refuses."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from rulegrid.gateway.sandbox.simulation import CONFIGURATION
from tests.console import ROOT, rulegrid
from tests.gateway.exchanges import free_port, until
from tests.gateway.sandbox.clients import GRID, READY, sandbox

ANYWHERE = ("--listen", "127.0.0.1:0")


def test_it_says_how_it_can_be_reached(redis_server):
    """The commands for rulegrid, and the environment for the exchange's own SDK."""
    with sandbox(*ANYWHERE, "--redis", redis_server.url, "--speed", "2") as served:
        told = "\n".join(served.told)
        assert "22 markets, 95 events from 2021-07-01T00:15, a slot of 15 min every 0.5 s." in told
        assert f"rulegrid run RULEBOOK --exchange {redis_server.url}\n" in told
        assert f"--exchange {served.url} --simulation-id {CONFIGURATION}\n" in told
        socket = f"ws{served.url.removeprefix('http')}/external-ws"
        assert f"  API_CLIENT_WEBSOCKET_DOMAIN_NAME={socket}\n" in told
        assert f"  API_CLIENT_SIMULATION_ID={CONFIGURATION}\n" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_it_ends_within_two_seconds(number, redis_server):
    """With clients on both wires, and a last line."""
    with sandbox(*ANYWHERE, "--redis", redis_server.url) as served:
        served.bus(redis_server.url).become(GRID)
        web = served.web().become()
        web.socket()
        began = time.monotonic()
        served.signal(number)
        out = served.rest()
        assert time.monotonic() - began < 2
        assert "Ended: before the first event, 0 of 95, 1 market selected, no answers.\n" == out
        assert (0, "") == (served.code, served.errors)


def test_on_a_terminal_each_slot_has_a_line():
    """When, how far, who is there; elsewhere there is none."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "rulegrid", "sandbox", *ANYWHERE, "--speed", "50"]
    process = subprocess.Popen(
        [*command, "--slots", "2"], cwd=ROOT, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # a terminal whose other side has gone
    finally:
        os.close(ours)
        process.wait()
    lines = shown.decode().replace("\r", "").splitlines()
    assert READY in lines, lines
    after = lines[lines.index(READY) + 1 :]
    assert [
        "slot 2021-07-01T00:15, 1 of 2, no markets selected, no answers",
        "slot 2021-07-01T00:30, 2 of 2, no markets selected, no answers",
    ] == after[:2]
    assert after[-1].startswith("The day is over: slot 2021-07-01T00:30, 2 of 2")


def test_time_stands_still_until_a_client_is_there(redis_server):
    """Then the first event is that of the first slot, however late it came."""
    with sandbox(*ANYWHERE, "--redis", redis_server.url, "--speed", "50", "--wait") as served:
        web = served.web().become()
        web.select(GRID)
        bus = served.bus(redis_server.url, web.aggregator)
        bus.command("CREATE", name="another")  # all that was said before has been heard, too
        assert bus.ears.get_message(timeout=0.2) is None, "nobody listens on the web yet"
        assert "2021-07-01T00:15" == web.socket().next_of(event="market")["market_slot"]


def test_what_it_cannot_serve_on_ends_it_with_exit_code_6(redis_server):
    """A Redis that is not there, an address that is taken, in one line without secrets."""
    nowhere = f"redis://user:secret@127.0.0.1:{free_port()}/0"
    for options, reason in (
        (("--listen", "off", "--redis", nowhere), "cannot be reached"),
        (("--listen", f"127.0.0.1:{redis_server.port}"), "cannot be listened on"),
    ):
        with sandbox(*options) as served:
            served.rest()
            assert reason in served.errors
            assert 1 == served.errors.count("\n")
            assert "secret" not in served.errors
            assert 6 == served.code


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--listen", "off"), "nothing to serve on"),
        (("--listen", "here"), "`here` is no address"),
        (("--fault", "dorp"), "there is no fault `dorp`: did you mean `drop`?"),
        (("--speed", "0"), "0<x<=100"),
        (("--data", "nowhere.jsonl"), "there is no file `nowhere.jsonl`"),
    ],
)
def test_what_makes_no_sense_is_refused(options, reason):
    """With exit code 2, before anything is served."""
    ran = rulegrid("sandbox", *options)
    assert 2 == ran.code
    assert reason in ran.err


def test_a_recording_that_is_none_is_told(tmp_path):
    """As `run` does it, with exit code 3."""
    (tmp_path / "day.jsonl").write_text("nothing of this kind\n")
    ran = rulegrid("sandbox", "--data", str(tmp_path / "day.jsonl"))
    assert 3 == ran.code
    assert "RG701" in ran.err


@pytest.mark.parametrize(
    ("module", "extra", "options"),
    [("aiohttp", "web", ()), ("redis", "redis", ("--redis", "redis://localhost"))],
)
def test_a_missing_library_is_named_with_what_to_install(module, extra, options, monkeypatch):
    """In one line; the other wire needs it not."""
    monkeypatch.setitem(sys.modules, module, None)
    ran = rulegrid("sandbox", *options)
    assert 2 == ran.code
    assert f"this needs {module}: pip install 'rulegrid[{extra}]'" in ran.err


def test_every_fault_is_in_the_help():
    """With its rate and one line."""
    out = rulegrid("sandbox", "--help").out
    assert "    drop        0.1  an event or answer is lost\n" in out
    assert "    deaf          4  from the RATE-th slot on no command is heard" in out


def test_a_loop_goes_on_with_the_next_date(redis_server):
    """Until it is told to end."""
    with sandbox(
        *ANYWHERE, "--redis", redis_server.url, "--speed", "100", "--loop", "--wait"
    ) as served:
        bus = served.bus(redis_server.url).become(GRID)
        seen = []
        until(lambda: seen.append(bus.event()["market_slot"]) or seen[-1] > "2021-07-02T00:30")
        assert ["2021-07-01T23:45", "2021-07-02T00:00", "2021-07-02T00:15"] == seen[94:97]
