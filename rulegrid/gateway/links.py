"""The link that an exchange's address asks for."""

from urllib.parse import urlsplit

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.link import Link
from rulegrid.gateway.settings import Settings, SettingsError
from rulegrid.gateway.waiting import PATIENT, Patience

WHAT_THERE_IS = "write replay:, redis://HOST:PORT/0 or https://HOST"
UNSET = Settings()


def live_link(
    url: str,
    wire: Wire,
    aggregator: str | None = None,
    settings: Settings = UNSET,
    patience: Patience = PATIENT,
) -> Link:
    """A link to a running exchange: `redis://`, `rediss://`, `https://` or `http://`.

    `https:` alone is the domain of the settings. What one kind of link needs is loaded only when
    it is asked for. Raises `ValueError` with a message for the one who wrote the address, and
    `SettingsError`, which is one, for what is not set.
    """
    scheme = url.partition(":")[0]
    if scheme in {"redis", "rediss"}:
        return _redis_link(url, wire, aggregator, patience)
    if scheme in {"http", "https"}:
        return _web_link(url, wire, aggregator, settings, patience)
    raise ValueError(f"`{public_address(url)}` is no exchange: {WHAT_THERE_IS}")


def _redis_link(url: str, wire: Wire, aggregator: str | None, patience: Patience) -> Link:
    try:
        from rulegrid.gateway.redis_link import RedisLink  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "an exchange on Redis needs redis-py: pip install 'rulegrid[redis]'"
        ) from None
    return RedisLink(url, wire, patience, aggregator=aggregator)


def _web_link(
    url: str, wire: Wire, aggregator: str | None, settings: Settings, patience: Patience
) -> Link:
    from rulegrid.gateway.web_calls import Credentials  # noqa: PLC0415
    from rulegrid.gateway.web_link import WebAccess, WebLink  # noqa: PLC0415

    if settings.username is None or settings.password is None:
        raise SettingsError(
            "the exchange on the web asks who we are: set API_CLIENT_USERNAME and "
            "API_CLIENT_PASSWORD (or ..._FILE)"
        )
    if settings.simulation is None:
        raise SettingsError(
            "the exchange on the web asks which simulation is meant: give --simulation-id or set "
            "API_CLIENT_SIMULATION_ID"
        )
    domain = _domain(url, settings)
    websocket = settings.websocket or f"{domain.replace('http', 'ws', 1)}/external-ws"
    _check(websocket, "ws", "--websocket-url")
    credentials = Credentials(settings.username, settings.password)
    access = WebAccess(domain, websocket, settings.simulation, credentials)
    return WebLink(access, wire, patience, aggregator=aggregator)


def _domain(url: str, settings: Settings) -> str:
    """The domain of an address; that of the settings where the address names none."""
    domain = url if url.partition(":")[2].strip("/") else settings.domain
    if domain is None:
        raise SettingsError("which host? write https://HOST or set API_CLIENT_DOMAIN_NAME")
    _check(domain, "http", "API_CLIENT_DOMAIN_NAME")
    return domain.rstrip("/")


def _check(url: str, scheme: str, name: str) -> None:
    """Raise `ValueError` for an address with the wrong scheme, without a host or with a secret."""
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in {scheme, f"{scheme}s"} and parts.hostname and parts.port != 0
    except ValueError:
        is_right = False
    if "@" in url:
        raise ValueError("a name or password does not belong in an address: set API_CLIENT_...")
    if not is_right:
        raise ValueError(f"`{public_address(url)}` ({name}) is no address like {scheme}s://HOST")


def public_address(url: str) -> str:
    """An address as it may be shown and kept: without what may be a secret."""
    scheme, slashes, rest = url.partition("//")
    return shown(f"{scheme}{slashes}{rest.rpartition('@')[2]}")
