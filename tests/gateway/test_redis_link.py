"""The link over Redis, held against a real redis-server that is also killed, frozen and cut."""

import json
import socket
import time
from threading import Thread

import pytest

from rulegrid.exchange.messages import Wire, channels
from rulegrid.gateway.link import Link, LinkChange, LinkError
from rulegrid.gateway.recording import embedded_day
from rulegrid.gateway.redis_line import LineError, RedisLine
from rulegrid.gateway.redis_link import RedisLink
from rulegrid.gateway.waiting import Patience
from rulegrid.grid import AreaId
from tests.gateway.exchanges import (
    NAMES,
    OTHERS,
    ROOT,
    RedisExchange,
    RedisServer,
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

IMPATIENT = Patience(answer=1.0, call=0.4, silence=0.4, ceiling=0.2)
TODAY = Wire()
LOST, RESTORED = LinkChange.LOST, LinkChange.RESTORED


@pytest.fixture
def exchange(shared_redis):
    running = RedisExchange(shared_redis.url)
    yield running
    running.close()


@pytest.fixture
def link(shared_redis):
    """A link to the shared Redis, not open yet."""
    made = RedisLink(shared_redis.url, TODAY, IMPATIENT)
    yield made
    made.close()


@pytest.fixture
def harmed(redis_server):
    """An open link on a Redis that may be harmed, and the exchange behind."""
    running = RedisExchange(redis_server.url)
    made = RedisLink(redis_server.url, TODAY, IMPATIENT)
    made.open()
    made.select(NAMES)
    yield made, running
    made.close()
    running.close()


# Joining


def test_only_one_area_is_selected_before_the_tree_is_known(link, exchange):
    """The map of areas does not tell assets from markets, and an asset that is selected stops."""
    selected = link.open()
    assert {ROOT: "Grid"} == selected.areas
    assert {**NAMES, **embedded_day().assets} == selected.known
    assert {link.aggregator: {ROOT}} == exchange.behind.registrations.selected
    exchange.open_slot()
    assert NAMES == link.select(event(link).grid.ids).areas


def test_what_is_selected_only_to_hear_of_events_is_given_back(link, exchange):
    """When the tree is known and others are ours; without them nothing more would be heard."""
    link.open()
    assert {} == link.select([]).areas
    assert {link.aggregator: {ROOT}} == exchange.behind.registrations.selected
    wanted = {area: NAMES[area] for area in OTHERS[:3]}
    assert wanted == link.select(wanted).areas
    until(lambda: set(wanted) == exchange.behind.registrations.selected[link.aggregator])
    assert wanted == link.select(wanted).areas, "a second time changes nothing"


def test_wanted_areas_are_told_by_their_names(link, exchange):
    """The first one in the order of the exchange; with none, the caller can tell what there is."""
    selected = link.open(lambda name: name in {"House 2", "Street 1"})
    assert selected.areas.items() <= selected.known.items()
    link.close()
    nothing = link.open(lambda name: name == "Atlantis")
    assert ({}, {}) == (nothing.areas, nothing.owners)
    assert "Grid" in nothing.known.values()
    assert exchange.behind.mishaps == ()


def test_areas_of_another_aggregator_are_told_with_their_owner(shared_redis, link, exchange):
    """They are left alone, and another wanted area is selected to hear of events."""
    other = RedisLink(shared_redis.url, TODAY, IMPATIENT)
    other.open()
    selected = link.open()
    assert {ROOT: other.aggregator} == selected.owners
    assert [OTHERS[0]] == list(selected.areas)
    told = link.select(NAMES)
    assert (set(OTHERS), {ROOT: other.aggregator}) == (set(told.areas), told.owners)
    other.close()
    assert exchange.behind.mishaps == ()


@pytest.mark.parametrize("dialect", ["today", "2020"])
def test_a_conversation(dialect, shared_redis):
    """In both dialects: events come, batches are answered, fees apply from the next slot."""
    wire = Wire(dialect)
    exchange = RedisExchange(shared_redis.url, wire=wire)
    link = RedisLink(shared_redis.url, wire, IMPATIENT)
    link.open()
    try:
        works(link, exchange, 1.5)
    finally:
        link.close()
        exchange.close()
    assert exchange.behind.mishaps == ()


def test_an_agent_that_comes_back_has_its_areas(shared_redis, exchange):
    """With the uuid of the run before, though nothing was unselected meanwhile."""
    first = RedisLink(shared_redis.url, TODAY, IMPATIENT)
    first.open()
    first.select(NAMES)
    first.close()
    again = RedisLink(shared_redis.url, TODAY, IMPATIENT, aggregator=first.aggregator)
    selected = again.open()
    assert {ROOT: "Grid"} == selected.areas
    assert (NAMES, {}) == (
        (told := again.select(NAMES)).areas,
        told.owners,
    )
    works(again, exchange, 2.5)
    again.close()


def test_a_large_grid_is_joined_in_under_a_second(shared_redis):
    """341 areas: the exchange's own client is not done after a minute and a half with 103."""
    exchange = RedisExchange(shared_redis.url, big_day())
    link = RedisLink(shared_redis.url, TODAY)
    start = time.perf_counter()
    link.open()
    assert 341 == len(link.select(big_day().names).areas)
    assert time.perf_counter() - start < 1.0
    exchange.open_slot()
    assert 341 == len(event(link).grid)
    link.close()
    exchange.close()


def test_areas_that_are_given_back_are_free(link, exchange):
    """For an aggregator that only listened; one that is closed keeps them."""
    link.open()
    link.select(NAMES)
    link.close()
    assert set(NAMES) == selected_of(exchange, link)
    link.open()
    link.select(NAMES)
    link.release()
    until(lambda: set() == selected_of(exchange, link))


# What cannot be opened


def test_no_redis_is_told_at_once():
    """With the address, and why."""
    port = free_port()
    start = time.perf_counter()
    with pytest.raises(LinkError, match=rf"redis://127.0.0.1:{port}/0 .*refused"):
        RedisLink(f"redis://127.0.0.1:{port}/0", TODAY).open()
    assert time.perf_counter() - start < 1.0


def test_no_exchange_is_told_with_what_was_tried(shared_redis, link):
    """Nobody subscribed is known sooner than nobody answering; the link can be opened later."""
    with pytest.raises(LinkError, match=r"no exchange listens on redis://127.* is it running"):
        link.open()
    with shared_redis.client().pubsub() as stranger:
        stranger.subscribe("aggregator-commands", channels.AREA_MAP)
        until(lambda: stranger.get_message(timeout=0.1))
        with pytest.raises(LinkError, match=r"no exchange answers on .*/area-map"):
            link.open()
    exchange = RedisExchange(shared_redis.url)
    assert {ROOT: "Grid"} == link.open().areas
    exchange.close()


def test_an_exchange_whose_listener_is_dead_is_told_from_none(shared_redis, link):
    """Its heart still beats, which the real one's does."""
    client = shared_redis.client()
    failed = []

    def open_it() -> None:
        with pytest.raises(LinkError) as raised:
            link.open()
        failed.append(str(raised.value))

    opening = Thread(target=open_it)
    opening.start()
    while opening.is_alive():
        client.publish(channels.HEARTBEAT, b'{"time": 1}')
        opening.join(0.05)
    assert "its listener has died and it must be started anew" in failed[0]


def test_no_secret_is_told():
    """Neither that of a refused login nor that of a URL that nobody understands."""
    server = RedisServer("--requirepass", "right")
    url = server.url.replace("redis://", "redis://:s3cret@")
    try:
        for wrong in (url, server.url):
            with pytest.raises(LinkError, match="cannot be reached") as raised:
                RedisLink(wrong, TODAY, IMPATIENT).open()
            assert "s3cret" not in repr(raised.value)
            assert raised.value.__context__ is None or raised.value.__suppress_context__
    finally:
        server.kill()
    with pytest.raises(ValueError, match="is no URL of a Redis") as refused:
        RedisLink("redis://user:s3cret@host:port/0", TODAY)
    assert "s3cret" not in str(refused.value)


# Faults


def test_redis_killed_and_started_again(redis_server, harmed):
    """Lost and restored are told once each, and the conversation goes on."""
    link, exchange = harmed
    works(link, exchange, 1.5)
    redis_server.kill()
    assert LOST == next_change(link)
    assert "cannot be reached" in link.trouble or "is lost" in link.trouble
    link.send(fees(link, 9.0, "while it is down"))
    assert link.receive(0.3) is None
    redis_server.start()
    assert RESTORED == next_change(link)
    until(lambda: not link.trouble)  # the exchange may be back a little later than we
    works(link, exchange, 2.5)
    assert exchange.behind.mishaps == ()


def test_connections_cut_by_redis(redis_server, harmed):
    """All of them, ours first of all: each time the link comes back."""
    link, exchange = harmed
    admin = redis_server.client()
    for number in range(3):
        admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert [LOST, RESTORED] == [next_change(link), next_change(link)]
        works(link, exchange, 1.5 + number)


def test_only_the_sending_connection_is_cut(redis_server, harmed):
    """It is noticed with the next command, which is lost."""
    link, exchange = harmed
    admin = redis_server.client()
    admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    link.send(fees(link, 1.5, "lost"))
    assert [LOST, RESTORED] == [next_change(link), next_change(link)]
    assert [] == exchange.batches()
    works(link, exchange, 2.5)


def test_redis_stands_still(redis_server, harmed):
    """A watchdog notices; sending blocks no longer than one step may take."""
    link, exchange = harmed
    with redis_server.frozen():
        assert LOST == next_change(link)
        start = time.perf_counter()
        link.send(fees(link, 9.0, "frozen"))
        link.select(OTHERS)
        assert time.perf_counter() - start < 1.0
    assert RESTORED == next_change(link)
    works(link, exchange, 2.5)


def test_a_command_that_redis_does_not_take(redis_server, harmed):
    """Sending ends in time, before any watchdog has noticed."""
    link, _ = harmed
    with redis_server.frozen():
        start = time.perf_counter()
        link.send(fees(link, 9.0, "frozen"))
        assert time.perf_counter() - start < 2 * IMPATIENT.call
        assert LOST == next_change(link)
    assert RESTORED == next_change(link)


def test_an_exchange_that_falls_silent_and_beats_again(harmed):
    """Without an event, an answer or a heartbeat it counts as lost, though Redis is well."""
    link, exchange = harmed
    exchange.beat()
    next_message(link, b"time")
    assert LOST == next_change(link)
    assert "nothing was heard of the exchange for 0.4 s" in link.trouble
    exchange.beat()
    assert RESTORED == next_change(link)


def test_an_exchange_without_a_heart_may_be_silent(harmed):
    """Between two events nothing need come."""
    link, _ = harmed
    assert link.receive(4 * IMPATIENT.silence) is None
    assert not link.trouble


def test_an_exchange_started_anew_has_forgotten_us(redis_server):
    """It is noticed when events are overdue, and everything is selected again."""
    exchange = RedisExchange(redis_server.url)
    link = RedisLink(redis_server.url, TODAY, IMPATIENT)
    link.open()
    link.select(NAMES)
    for _ in range(3):
        exchange.open_slot()
        event(link)
    exchange.close()
    exchange = RedisExchange(redis_server.url)
    assert [LOST, RESTORED] == [next_change(link), next_change(link)]
    selected = exchange.behind.registrations.selected
    until(lambda: set(NAMES) == selected_of(exchange, link), f"{selected}")
    works(link, exchange, 1.5)
    link.close()
    exchange.close()


def selected_of(exchange: RedisExchange, link: Link) -> set[AreaId]:
    return set(exchange.behind.registrations.selected.get(link.aggregator, ()))


def test_a_deaf_exchange_is_told_while_its_events_come(harmed):
    """As the real one is after Redis has dropped it once: events go on, nobody hears commands."""
    link, exchange = harmed
    exchange.close()
    link.send(fees(link, 1.5, "unheard"))
    assert "no exchange listens" in link.trouble
    exchange.open_slot()
    event(link)
    assert "no exchange listens" in link.trouble


# What should not come


def test_garbage_on_our_channels_harms_nothing(harmed):
    """It is handed on as it is, to be counted and dropped by whoever reads it."""
    link, exchange = harmed
    events = channels.events(link.aggregator)
    for payload in (b"", b"\xff\xfe", b"{", b"[" * 100_000, b"NaN"):
        exchange.say(events, payload)
        assert payload == link.receive(5)
        exchange.say("aggregator-response", payload)
        exchange.say(channels.AREA_MAP_ANSWER, payload)
    large = json.dumps({"event": "other", "filler": "x" * (2 << 20)}).encode()
    exchange.say(events, large)
    assert large == link.receive(5)
    works(link, exchange, 2.5)


class Impostor:
    """A server that lets a line connect and then says what it likes."""

    def __init__(self, said: bytes) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}"
        self._said = said
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        peers = []
        while True:
            peer, _ = self._server.accept()
            peers.append(peer)
            Thread(target=self._answer, args=[peer], daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        while asked := peer.recv(4096):
            if b"SUBSCRIBE" in asked:
                peer.sendall(b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" + self._said)
            else:
                peer.sendall(b"+OK\r\n" * asked.count(b"CLIENT"))


@pytest.mark.parametrize(
    "said",
    [
        b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$8589934592\r\n" + b"x" * 100_000,
        b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1000\r\nhalf of it",
        b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$99x\r\n",
        b"?\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
    ids=["8 GiB", "half", "no length", "no type", "http"],
)
def test_what_is_no_message_of_redis_breaks_the_line(said):
    """At once, or within one step; no announced length is believed."""
    line = RedisLine(Impostor(said).url, ["a"], 0.3)
    start = time.perf_counter()
    with pytest.raises(LineError):
        line.read(5)
    assert time.perf_counter() - start < 1.0
    with pytest.raises(LineError, match="the connection is closed"):
        line.read(5)
    line.close()


# Ending, and doing nothing


def test_an_idle_link_costs_nothing(harmed):
    """Its threads sleep until something comes: under a hundredth of a core."""
    link, exchange = harmed
    exchange.close()
    with cpu_seconds() as spent:
        assert link.receive(2) is None
        assert spent() < 0.02


def test_closing_wakes_whoever_waits(link, exchange):
    """A link that is closed has nothing more to say, at once."""
    link.open()
    exchange.open_slot()
    ended = []
    waiting = Thread(target=lambda: ended.append([*iter(link.receive, None)]))
    waiting.start()
    until(lambda: not link._inbox._waiting)  # noqa: SLF001
    start = time.perf_counter()
    link.close()
    waiting.join(5)
    assert time.perf_counter() - start < 1.0
    assert 1 == len(ended)
    assert link.receive(None) is None
