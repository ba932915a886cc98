"""The fault matrix with wires: real processes, a real Redis, and a proxy that does harm."""

import os
from time import monotonic, sleep

import pytest

from rulegrid.exchange.messages import batch_command
from rulegrid.gateway.link import LinkChange
from tests.faults.processes import memory_of, until
from tests.faults.stage import ASKS, FLAT, Stage, impatient_link
from tests.gateway.web_exchange import SIMULATION, WebExchange, answered
from tests.laws.test_session_machine import GARBAGE

WIRES = pytest.mark.parametrize("web", [False, True], ids=["redis", "web"])


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def relinked(agent):
    """Wait until every lost link is restored."""
    until(lambda: len(agent.told("link lost")) <= len(agent.told("link restored")), "the link")


def heard(link, wanted):
    """Wait for a change of a link, or for a message with some bytes."""

    def is_here():
        said = link.receive(0.5)
        return said is wanted or (
            isinstance(said, type(wanted)) and isinstance(said, bytes) and wanted in said
        )

    until(is_here, str(wanted))


@WIRES
def test_row_01_connection_refused_or_reset(stage, web):
    """Connected anew within the current pause after the path is back; newest slot only."""
    stage.open()
    proxy = stage.proxy(web=web)
    agent = stage.agent(FLAT, port=proxy.port, web=web)
    agent.has_concluded(2)
    proxy.refuse()
    until(lambda: agent.told("link lost"), "the loss")
    stage.goes_on(3)
    before, begin = proxy.accepted, monotonic()
    proxy.accept()
    until(lambda: proxy.accepted > before, "a connection")
    assert monotonic() - begin < 0.6 * stage.pace, (
        "a tenth of a second at these slots, and some margin"
    )
    relinked(agent)
    stage.heals()
    proxy.reset()
    relinked(agent)
    stage.heals()
    assert 3 <= len(agent.slots("missed"))
    stage.holds_the_laws()


@WIRES
def test_row_02_half_open_link_or_stalled_peer(stage, web):
    """Noticed by the watchdog on silence; no thread is blocked, sends and closing included."""
    stage.open()
    proxy = stage.proxy(web=web)
    link = stage.link(proxy.port, web=web)
    link.open()
    heard(link, b'"market"')
    proxy.stall()
    begin = monotonic()
    link.send(batch_command(link.aggregator, "never-heard", {}))
    assert monotonic() - begin < 0.5 * stage.pace
    heard(link, LinkChange.LOST)
    assert monotonic() - begin < 3 * stage.pace
    assert link.trouble
    proxy.resume()
    heard(link, LinkChange.RESTORED)
    heard(link, b'"market"')
    proxy.stall()
    begin = monotonic()
    link.close()
    assert monotonic() - begin < 2 * stage.pace


@WIRES
def test_row_03_slow_exchange(stage, web):
    """No send after the deadline: a slot whose statistics come late is held or missed."""
    stage.open()
    proxy = stage.proxy(web=web)
    agent = stage.agent(ASKS, port=proxy.port, web=web)
    agent.has_concluded(2)
    proxy.delay(0.75 * stage.slot)
    stage.goes_on(5)
    proxy.delay(0)
    slow = set(agent.slots("missed", "held"))
    until(lambda: len(agent.slots()) > 10, "conclusions")
    assert slow
    relinked(agent)
    stage.goes_on(2)
    stage.heals()
    stage.holds_the_laws()
    if not web:  # there another thread posts what was sent in time, in its turn
        stage.sends_in_time()


@WIRES
def test_row_04_reply_lost_after_it_was_applied(stage, web):
    """Never a second, different value: what is sent again is the same, and the fees are right."""
    stage.open()
    proxy = stage.proxy(web=web)
    agent = stage.agent(FLAT, port=proxy.port, web=web)
    agent.has_concluded(2)
    for _ in range(2):
        broken = proxy.accepted
        proxy.break_off_after(b"grid_fees")
        until(lambda: proxy.accepted > broken, "another connection")  # noqa: B023
        relinked(agent)
        stage.goes_on(1)
    stage.heals()
    stage.holds_the_laws()


def test_row_05_garbage_on_redis(stage):
    """Each unreadable message is dropped and told; memory grows by 16 MB at most."""
    stage.open()
    agent = stage.agent(FLAT)
    agent.has_concluded(2)
    before = agent.memory()
    for payload in (*GARBAGE, b"[" * 1_000_000, b'{"event": "market", "grid_tree": ' * 50_000):
        stage.say(payload)
    stage.heals()
    assert len(agent.told("message dropped")) >= len(GARBAGE)
    assert agent.memory() - before < 16_000_000
    stage.holds_the_laws()


def test_row_05_frames_that_announce_too_much():
    """An 8 GiB frame is refused by its head, half a frame is no message, and the link goes on."""
    exchange = WebExchange()
    link = impatient_link(exchange.url, SIMULATION)
    link.open()
    before = memory_of(os.getpid())
    for received in (b"\x82\x7f" + (8 << 30).to_bytes(8), b"\xff" * 100, b"\x82\x7e\x10\x00half"):
        exchange.say_raw(received)
        if received.endswith(b"half"):
            exchange.open_slot()  # what comes next is taken for the other half
        heard(link, LinkChange.LOST)
        heard(link, LinkChange.RESTORED)
    exchange.open_slot()
    heard(link, b'"market"')
    assert memory_of(os.getpid()) - before < 16_000_000
    link.close()
    exchange.close()


@pytest.mark.parametrize("gone", ["redis", "sandbox"])
def test_row_07_exchange_or_redis_killed_and_restarted(stage, gone):
    """The first event after the path is back is answered in its slot, fees are right from then."""
    stage.open()
    agent = stage.agent(FLAT)
    agent.has_concluded(2)
    if gone == "redis":
        stage.redis.kill()
        until(lambda: agent.told("link lost"), "the loss")
        stage.redis.start()
    else:
        stage.sandbox.kill()
        stage.open()
    relinked(agent)
    stage.heals()
    assert agent.is_running
    stage.holds_the_laws()


def test_row_07_the_sandbox_killed_and_restarted_on_the_web(stage):
    """The same over REST and WebSocket: tokens of before are worth nothing, the agent logs in."""
    stage.open()
    agent = stage.agent(FLAT, web=True)
    agent.has_concluded(2)
    stage.sandbox.kill()
    until(lambda: agent.told("link lost"), "the loss")
    stage.open()
    relinked(agent)
    stage.heals()
    stage.holds_the_laws()


def test_row_07_a_listener_that_stays_dead(stage):
    """Detected within two slots, told loudly; the agent goes on listening."""
    stage.open("--fault", "deaf=5")
    agent = stage.agent(FLAT)
    (alarm, *_) = until(lambda: agent.told("the exchange is deaf"), "the alarm")
    assert 2 == alarm["slots"]
    known = len(agent.slots())
    stage.goes_on(2)
    until(lambda: len(agent.slots()) >= known + 1, "another slot")
    late_start = agent.slots()[:2]  # until our first fees are in force the recorded ones are
    assert {line["slot"] for line in agent.told("somebody else")} <= set(late_start)
    assert agent.is_running


@pytest.mark.parametrize("who", ["redis", "agent"])
def test_row_08_redis_stopped_or_a_slow_subscriber(stage, who):
    """Redis or the agent stands still for some slots; then it is as if nothing had been."""
    stage.open()
    agent = stage.agent(ASKS)
    agent.has_concluded(2)
    with stage.redis.frozen() if who == "redis" else agent.frozen():
        sleep(5 * stage.slot)
    stage.goes_on(6)  # what had waited, and one more
    relinked(agent)
    stage.heals()
    stage.holds_the_laws()
    assert [] == agent.told("the exchange is deaf")


def test_row_09_tokens_expire(stage):
    """A token is renewed at half its life, and one that is refused at once: no slot is lost."""
    stage.open("--token-lifetime", "1", "--fault", "expire=0.3")
    agent = stage.agent(FLAT, web=True)
    agent.has_concluded(15)
    stage.heals()
    assert [] == agent.slots("missed", "held")
    assert [] == agent.told("link lost")
    stage.holds_the_laws()


def test_row_09_the_login_is_down():
    """While the token holds nothing is lost; once it is back, the link is too."""
    exchange = WebExchange()
    exchange.does.token_seconds = 1.0
    link = impatient_link(exchange.url, SIMULATION)
    link.open()
    exchange.does.refuses = lambda path: 503 if "api-token-auth" in path else 0
    exchange.open_slot()
    heard(link, b'"market"')
    link.send(batch_command(link.aggregator, "not-lost", {}))
    sleep(1.2)
    exchange.cut()
    heard(link, LinkChange.LOST)
    exchange.does.refuses = answered
    heard(link, LinkChange.RESTORED)
    link.close()
    exchange.close()
