"""The link over REST and a websocket, held against a real web server that misbehaves on demand."""

import json
import socket
import struct
import time
import traceback
from dataclasses import replace
from threading import Thread

import pytest

from rulegrid.exchange.messages import Wire
from rulegrid.gateway.link import Link, LinkChange, LinkError
from rulegrid.gateway.links import live_link
from rulegrid.gateway.secret import Secret
from rulegrid.gateway.settings import Settings
from rulegrid.gateway.waiting import Patience
from rulegrid.gateway.web_calls import Credentials
from rulegrid.gateway.web_frames import Kind
from rulegrid.gateway.web_link import WebAccess, WebLink
from rulegrid.grid import AreaId
from tests.gateway.exchanges import (
    NAMES,
    OTHERS,
    ROOT,
    big_day,
    cpu_seconds,
    event,
    fees,
    free_port,
    next_change,
    next_message,
    until,
    works,
)
from tests.gateway.test_web_frames import frame
from tests.gateway.web_exchange import PASSWORD, SIMULATION, USERNAME, WebExchange, answered

IMPATIENT = Patience(answer=1.5, call=0.4, ceiling=0.1, ping=0.2, pong=0.2, silence=60)
TODAY = Wire()
LOST, RESTORED = LinkChange.LOST, LinkChange.RESTORED


def linked(exchange: WebExchange, patience: Patience = IMPATIENT, **changed: object) -> Link:
    """A link to an exchange, not open yet."""
    known = {"username": USERNAME, "password": Secret(PASSWORD), "simulation": SIMULATION}
    settings = Settings(**{**known, **changed})
    return live_link(exchange.url, TODAY, None, settings, patience)


@pytest.fixture
def exchange():
    running = WebExchange()
    yield running
    running.close()


@pytest.fixture
def link(exchange):
    """A link to the exchange, not open yet."""
    made = linked(exchange)
    yield made
    made.close()


@pytest.fixture
def opened(link):
    link.open()
    return link


def selected(exchange: WebExchange, link: Link) -> set[AreaId]:
    return set(exchange.behind.registrations.selected.get(link.aggregator, ()))


# Joining


def test_one_login_and_one_websocket_serve_everything(link, exchange):
    """The exchange's own client logs in 15 times for 3 markets; here it is once for 22."""
    assert NAMES == link.open().areas
    assert set(NAMES) == selected(exchange, link)
    works(link, exchange, 1.5)
    assert (1, 1) == (exchange.logins, exchange.connections)
    assert () == exchange.behind.mishaps


def test_only_wanted_markets_are_selected(link, exchange):
    """The registry tells markets from assets, so nothing need be found out by an event."""
    told = link.open(lambda name: name == "Grid")
    assert ({ROOT: "Grid"}, NAMES) == (told.areas, told.known)
    assert {ROOT} == selected(exchange, link)
    assert set(OTHERS) == set(link.select(OTHERS).areas)
    assert set(NAMES) == selected(exchange, link)


def test_an_aggregator_of_our_name_is_used_again(link, exchange):
    """And what it had selected is ours at once; the uuid of an earlier run goes before that."""
    link.open()
    link.close()
    again = linked(exchange)
    assert NAMES == again.open().areas
    assert link.aggregator == again.aggregator
    again.close()
    other = live_named(exchange, "other")
    assert ({}, set(NAMES)) == ((told := other.open()).areas, set(told.owners))
    assert {link.aggregator} == set(told.owners.values())
    other.close()
    third = live_named(exchange, "third", aggregator=other.aggregator)
    third.open()
    assert other.aggregator == third.aggregator
    third.close()


def live_named(exchange: WebExchange, name: str, aggregator: str | None = None) -> Link:
    credentials = Credentials(USERNAME, Secret(PASSWORD))
    access = WebAccess(exchange.url, exchange.websocket, SIMULATION, credentials)
    return WebLink(access, TODAY, IMPATIENT, aggregator=aggregator, name=name)


def test_what_calls_answer_and_what_events_tell_is_taken_in(opened, exchange):
    """A selection that ends by somebody's hand is known, and so is one that begins."""
    told = {"event": "unselected_by_device", "device_uuid": ROOT}
    exchange.say(json.dumps(told).encode())
    next_message(opened, b"unselected_by_device")
    exchange.does.refuses = lambda path: 500 if "select" in path else 0
    assert ROOT not in opened.select(NAMES).areas
    exchange.say(json.dumps({**told, "event": "selected_by_device"}).encode())
    next_message(opened, b"selected_by_device")
    assert ROOT in opened.select(NAMES).areas


def test_a_large_grid_is_joined_in_under_a_second():
    """341 markets with one call each, eight at a time."""
    exchange = WebExchange(big_day())
    link = linked(exchange, Patience())
    start = time.perf_counter()
    assert 341 == len(link.open().areas)
    assert time.perf_counter() - start < 1.0
    exchange.open_slot()
    assert 341 == len(event(link).grid)
    link.close()
    exchange.close()


def test_areas_that_could_not_be_selected_at_once_are_selected_later(link, exchange):
    """A server that falters for a moment costs no area."""
    failures = iter([503] * 5)
    exchange.does.refuses = lambda path: next(failures, 0) if "select-agg" in path else 0
    assert set(link.open().areas) < set(NAMES)
    until(lambda: set(NAMES) == selected(exchange, link))
    until(lambda: NAMES == link.select(NAMES).areas)


def test_areas_that_are_given_back_are_free(link, exchange):
    """For an aggregator that only listened; one that is closed keeps them."""
    link.open()
    link.close()
    assert set(NAMES) == selected(exchange, link)
    link.open()
    link.release()
    assert set() == selected(exchange, link)


# What cannot be opened


@pytest.mark.parametrize(
    ("status", "where", "reason"),
    [
        (503, "api-token", "answers with an error (HTTP 503)"),
        (404, "list", "does not know the simulation: check --simulation-id and the address"),
        (403, "registry", "does not allow this account to do that (HTTP 403)"),
        (302, "list", "moves us elsewhere (HTTP 302): name the new address"),
        (404, "external-ws", "does not know the simulation"),
        (401, "external-ws", "refuses our token (HTTP 401)"),
    ],
)
def test_a_refusal_is_told_in_one_line(status, where, reason, link, exchange):
    """With what to look at; the link can be opened later."""
    exchange.does.refuses = lambda path: status if where in path else 0
    with pytest.raises(LinkError) as raised:
        link.open()
    assert reason in str(raised.value)
    assert f"127.0.0.1:{exchange.port}" in str(raised.value)
    exchange.does.refuses = answered
    assert NAMES == link.open().areas


@pytest.mark.parametrize("changed", [{"password": Secret("s3cret")}, {"username": "s3cret"}])
def test_a_refused_login_is_told_without_a_secret(changed, exchange):
    """Though the server says them back; neither message nor traceback hold any."""
    link = linked(exchange, **changed)
    with pytest.raises(LinkError, match="refuses the login: check API_CLIENT_USERNAME") as raised:
        link.open()
    told = "".join(traceback.format_exception(raised.value))
    assert "s3cret" not in told
    assert PASSWORD not in told + repr(vars(link))
    assert "s3cret" not in repr(link._access).replace("username='s3cret'", "")  # noqa: SLF001


def test_nobody_there_is_told_at_once():
    """Within the time of one call even where packets vanish."""
    known = Settings(username="u", password=Secret("p"), simulation="s")
    for domain, reason in [
        (f"http://127.0.0.1:{free_port()}", "nobody listens there"),
        ("http://nowhere.invalid", "no such host"),
    ]:
        start = time.perf_counter()
        with pytest.raises(LinkError, match=f"{domain} cannot be reached: {reason}"):
            live_link(domain, TODAY, None, known).open()
        assert time.perf_counter() - start < 5


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n\r\n{}", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_something_else_that_listens_is_no_exchange(said):
    """Silent, or with answers that mean nothing: told in time."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)

    def serve() -> None:
        peer, _ = server.accept()
        peer.recv(4096)
        peer.sendall(said)
        if said:
            peer.close()
        held.append(peer)

    held: list[socket.socket] = []
    Thread(target=serve, daemon=True).start()
    known = Settings(username="u", password=Secret("p"), simulation="s")
    url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(LinkError, match=url):
        live_link(url, TODAY, None, known, IMPATIENT).open()
    for each in (*held, server):
        each.close()


# Faults


def test_a_cut_websocket_comes_back(opened, exchange):
    """Each time; lost and restored are told once each."""
    for number in range(3):
        exchange.cut()
        assert [LOST, RESTORED] == [next_change(opened), next_change(opened)]
        works(opened, exchange, 1.5 + number)
    assert 4 == exchange.connections


def test_a_server_that_is_gone_and_comes_back(opened, exchange):
    """Batches sent meanwhile are lost, not late."""
    works(opened, exchange, 1.5)
    exchange.stop()
    assert LOST == next_change(opened)
    until(lambda: "cannot be reached" in opened.trouble)
    opened.send(fees(opened, 9.0, "while it is gone"))
    assert opened.receive(0.3) is None
    exchange.start()
    assert RESTORED == next_change(opened)
    assert not opened.trouble
    works(opened, exchange, 2.5)
    assert exchange.behind.mishaps == ()


def test_calls_that_fail_are_a_lost_link(opened, exchange):
    """The websocket still hears; sending works again when any call does."""
    exchange.does.refuses = lambda path: 503 if "external-connection" in path else 0
    opened.send(fees(opened, 9.0, "lost"))
    assert LOST == next_change(opened)
    assert "answers with an error (HTTP 503)" in opened.trouble
    exchange.open_slot()
    event(opened)
    exchange.does.refuses = answered
    assert RESTORED == next_change(opened)
    works(opened, exchange, 2.5)


def test_a_refused_batch_is_trouble_but_no_lost_link(opened, exchange):
    """To send it again would change nothing."""
    exchange.does.refuses = lambda path: 403 if "batch" in path else 0
    opened.send(fees(opened, 9.0, "refused"))
    until(lambda: "does not allow this account" in opened.trouble)
    exchange.does.refuses = answered
    works(opened, exchange, 2.5)
    until(lambda: not opened.trouble)
    assert opened.receive(0) is None


def test_a_slow_server_does_not_hold_up_the_one_who_sends(opened, exchange):
    """Posting is another thread's work."""
    exchange.does.delay = 0.5
    start = time.perf_counter()
    for number in range(3):
        opened.send(fees(opened, 1.0 + number, f"T{number}"))
    assert time.perf_counter() - start < 0.1
    for number in range(3):
        next_message(opened, f'"T{number}"'.encode())


def test_a_server_that_answers_no_ping_is_left(opened, exchange):
    """A half-open connection looks like a quiet one, but for the pongs."""
    assert opened.receive(1.0) is None
    assert 1 == exchange.connections
    exchange.does.is_mute = True
    assert LOST == next_change(opened)
    assert "no sign of life" in opened.trouble
    exchange.does.is_mute = False
    assert RESTORED == next_change(opened)
    works(opened, exchange, 1.5)


def test_a_server_that_brings_no_events_is_tried_anew(exchange):
    """Though it answers pings: the stream behind it may be dead.

    Before two events have come nobody knows how long a slot is, and it waits for ever.
    """
    link = linked(exchange, replace(IMPATIENT, silence=0.2))
    link.open()
    assert link.receive(0.6) is None
    for _ in range(2):
        exchange.open_slot()
        event(link)
    start = time.perf_counter()
    assert [LOST, RESTORED] == [next_change(link), next_change(link)]
    assert 1.0 <= time.perf_counter() - start < 2.0
    works(link, exchange, 1.5)
    link.close()


@pytest.mark.parametrize("says_when_issued", [True, False])
def test_tokens_are_renewed_at_half_life(says_when_issued, exchange):
    """With tokens of a second no call and no slot is lost, and no call is refused."""
    exchange.does.token_seconds = 1.0
    exchange.does.says_when_issued = says_when_issued
    link = linked(exchange)
    link.open()
    refusals = []
    exchange.does.refuses = lambda path: refusals.append(path) or 0
    for number in range(3):
        assert link.receive(0.55) is None
        works(link, exchange, 1.5 + number)
    assert 3 <= exchange.logins <= 6
    assert 1 == exchange.connections
    link.close()


def test_a_token_that_is_refused_is_replaced_at_once(opened, exchange):
    """The call is made again: a server that was started anew knows no old token."""
    exchange.tokens.clear()
    works(opened, exchange, 1.5)
    assert 2 == exchange.logins
    exchange.tokens.clear()
    exchange.cut()
    assert [LOST, RESTORED] == [next_change(opened), next_change(opened)]
    works(opened, exchange, 2.5)


def test_a_login_that_is_down_loses_nothing_while_the_token_holds(exchange):
    """It is tried again and again; only when the old token is over are calls lost."""
    exchange.does.token_seconds = 1.4
    link = linked(exchange)
    link.open()
    exchange.does.refuses = lambda path: 503 if "token" in path else 0
    assert link.receive(0.9) is None
    works(link, exchange, 1.5)
    exchange.does.refuses = answered
    assert link.receive(0.8) is None
    works(link, exchange, 2.5)
    link.close()


# What comes over the websocket


def test_text_and_large_frames_are_heard(opened, exchange):
    """The exchange's own client hangs up on both."""
    for as_text in (False, True):
        exchange.does.as_text = as_text
        large = json.dumps({"event": "other", "filler": "ü" * (2 << 20)}, ensure_ascii=False)
        exchange.say(large.encode())
        assert large.encode() == next_message(opened, b"filler")
        works(opened, exchange, 1.5 + as_text)
    assert 1 == exchange.connections


def test_garbage_within_frames_is_handed_on(opened, exchange):
    """To be counted and dropped by whoever reads it; the connection stays."""
    for payload in (b"", b"\xff\xfe", b"{", b"[" * 100_000, b"NaN"):
        exchange.say(payload)
        assert payload == opened.receive(5)
    works(opened, exchange, 1.5)
    assert 1 == exchange.connections


@pytest.mark.parametrize(
    "received",
    [
        struct.pack("!BBQ", 0x82, 127, 8 << 30) + b"x" * 100_000,
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"\x03\x00",
        frame(Kind.CLOSE, (1001).to_bytes(2)),
    ],
    ids=["8 GiB", "http", "fragment of nothing", "close"],
)
def test_a_connection_that_makes_no_sense_is_left(received, opened, exchange):
    """At once, before anything that was announced has been read."""
    exchange.say_raw(received)
    assert LOST == next_change(opened)
    assert RESTORED == next_change(opened)
    works(opened, exchange, 1.5)


def test_half_a_frame_is_no_sign_of_life_for_ever(opened, exchange):
    """What follows it never comes, pongs neither: they would be part of it."""
    exchange.does.is_mute = True
    exchange.say_raw(frame(Kind.BINARY, b"x" * 1000)[:500])
    assert LOST == next_change(opened)
    exchange.does.is_mute = False
    assert RESTORED == next_change(opened)
    works(opened, exchange, 1.5)


# Ending, and doing nothing


def test_an_idle_link_costs_nothing(exchange):
    """Its threads sleep until something comes: under a twentieth of a core, the server's too."""
    link = linked(exchange, Patience())
    link.open()
    with cpu_seconds() as spent:
        assert link.receive(2) is None
        assert spent() < 0.1
    link.close()


def test_closing_wakes_whoever_waits(opened):
    """A link that is closed has nothing more to say, at once."""
    ended = []
    waiting = Thread(target=lambda: ended.append([*iter(opened.receive, None)]))
    waiting.start()
    start = time.perf_counter()
    opened.close()
    waiting.join(5)
    assert time.perf_counter() - start < 1.0
    assert [[]] == ended
    assert opened.receive(None) is None
