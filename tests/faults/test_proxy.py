"""The proxy does to a connection what it is told, and nothing else."""

import socket
from contextlib import closing
from threading import Thread
from time import monotonic

import pytest

from tests.faults.proxy import Proxy


@pytest.fixture
def echo():
    """A server that sends back all it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection):
        with closing(connection):
            try:
                while got := connection.recv(65536):
                    connection.sendall(got)
            except OSError:
                pass

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=answer, args=(connection,), daemon=True).start()

    Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo):
    with Proxy(echo) as proxy:
        yield proxy


@pytest.fixture
def client(proxy):
    with closing(connect(proxy)) as client:
        yield client


def connect(proxy):
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def ask(client, sent=b"hello", wait=5.0):
    """What comes back, or None if nothing does in time."""
    client.settimeout(wait)
    client.sendall(sent)
    return hear(client, len(sent))


def hear(client, count):
    got = b""
    try:
        while len(got) < count:
            more = client.recv(count)
            if not more:
                break
            got += more
    except TimeoutError:
        return None
    return got


def test_bytes_pass_unchanged(client):
    """A megabyte there and back is the same megabyte."""
    sent = bytes(range(256)) * 4096
    Thread(target=client.sendall, args=(sent,), daemon=True).start()
    assert sent == hear(client, len(sent))


def test_latency_holds_back_both_ways(proxy, client):
    """A question and its answer take at least twice the delay."""
    proxy.delay(0.05)
    begin = monotonic()
    assert b"hello" == ask(client)
    assert 0.1 <= monotonic() - begin < 2


def test_a_stall_holds_everything_and_loses_nothing(proxy, client):
    """Nothing passes while it lasts, also on a new connection; then all that waited does."""
    with proxy.stalled():
        assert ask(client, wait=0.1) is None
        with closing(connect(proxy)) as another:
            assert ask(another, wait=0.1) is None
    client.settimeout(5)
    assert b"hello" == hear(client, 5)


def test_a_cut_closes_in_order(proxy, client):
    """The client reads the end; the next connection works."""
    assert b"hello" == ask(client)
    proxy.cut()
    assert b"" == hear(client, 1)
    with closing(connect(proxy)) as another:
        assert b"hello" == ask(another)


def test_a_reset_breaks_off(proxy, client):
    """The client gets an error where it would read."""
    assert b"hello" == ask(client)
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        hear(client, 1)


def test_replies_can_be_swallowed(proxy, client):
    """What goes to the server still does; what comes back is lost for good."""
    proxy.swallow("to_client")
    assert ask(client, wait=0.1) is None
    proxy.swallow()
    assert b"again" == ask(client, b"again")


def test_a_reply_can_be_cut_after_some_bytes(proxy, client):
    """So many bytes arrive and then the connection breaks; the next one is whole."""
    proxy.cut_reply_after(3)
    client.sendall(b"hello")
    assert b"hel" == hear(client, 3)
    with pytest.raises(ConnectionResetError):
        hear(client, 2)
    with closing(connect(proxy)) as another:
        assert b"hello" == ask(another)


def test_a_reply_can_be_lost_after_its_request_arrived(proxy, client):
    """The server has heard all of it, the client gets no answer; the next request is answered."""
    proxy.break_off_after(b"fatal")
    assert b"hello" == ask(client)
    client.sendall(b"a fatal one")
    with pytest.raises(ConnectionResetError):
        hear(client, 1)
    with closing(connect(proxy)) as another:
        assert b"a fatal one" == ask(another, b"a fatal one")


def test_connections_can_be_refused(proxy, client):
    """The open one breaks, a new one is refused until they are accepted again."""
    assert b"hello" == ask(client)
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        hear(client, 1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.accept()
    with closing(connect(proxy)) as another:
        assert b"hello" == ask(another)


def test_a_server_that_is_gone_breaks_the_connection(proxy, echo):
    """A connection that leads nowhere is reset."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        proxy.server_port = unused.getsockname()[1]
    with pytest.raises(ConnectionResetError), closing(connect(proxy)) as client:
        hear(client, 1)
    proxy.server_port = echo


def test_closing_ends_every_thread(echo):
    """Nothing is left of a proxy that is closed, also in a stall."""
    with Proxy(echo) as proxy, closing(connect(proxy)) as client:
        assert b"hello" == ask(client)
        proxy.stall()
        client.sendall(b"more")
    assert 0 == proxy.connections
    assert not [thread for thread in proxy._threads if thread.is_alive()]  # noqa: SLF001
