"""The link over HTTPS and WSS: who the server is counts, and nothing is sent before that."""

import ssl
from contextlib import closing

import pytest
import trustme

from rulegrid.exchange.messages import Wire
from rulegrid.gateway.link import Link, LinkError
from rulegrid.gateway.links import live_link
from rulegrid.gateway.secret import Secret
from rulegrid.gateway.settings import Settings
from rulegrid.gateway.waiting import Patience
from tests.gateway.exchanges import fees, next_message
from tests.gateway.web_exchange import PASSWORD, SIMULATION, USERNAME, WebExchange

IMPATIENT = Patience(answer=3, call=1)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def serving(authority):
    """Starts a server with a certificate for a name."""
    running = []

    def serve(name: str) -> WebExchange:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        running.append(WebExchange(tls=context))
        return running[-1]

    yield serve
    for each in running:
        each.close()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """What an operator with an authority of their own sets."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def linked(exchange: WebExchange) -> Link:
    settings = Settings(
        username=USERNAME,
        password=Secret(PASSWORD),
        simulation=SIMULATION,
        websocket=exchange.websocket,
    )
    return live_link(exchange.url, Wire(), None, settings, IMPATIENT)


@pytest.mark.usefixtures("trusted")
def test_a_server_that_is_trusted_is_spoken_to(serving):
    """Login, selection, events and batches all go over TLS."""
    exchange = serving("127.0.0.1")
    link = linked(exchange)
    with closing(link):
        link.open()
        exchange.open_slot()
        next_message(link, b'"market"')
        link.send(fees(link, 2.0, "a-transaction"))
        next_message(link, b"a-transaction")


def test_a_server_that_nobody_vouches_for_learns_nothing(serving):
    """One line says so; no name or password was sent."""
    exchange = serving("127.0.0.1")
    with pytest.raises(LinkError, match=r"no trusted connection: .*certificate") as refused:
        linked(exchange).open()
    assert PASSWORD not in str(refused.value)
    assert 0 == exchange.logins


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host_is_none(serving):
    """A certificate counts for the host it names."""
    exchange = serving("another.example")
    with pytest.raises(LinkError, match="no trusted connection"):
        linked(exchange).open()
    assert 0 == exchange.logins
