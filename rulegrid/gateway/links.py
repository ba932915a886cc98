"""The link that an exchange's address asks for."""

from rulegrid.exchange.messages import Wire
from rulegrid.gateway.link import Link


def live_link(url: str, wire: Wire, aggregator: str | None = None) -> Link:
    """A link to a running exchange: `redis://` or `rediss://`.

    Each kind needs its extra, so it is loaded only when it is asked for. Raises `ValueError` with
    a message for the one who wrote the address.
    """
    scheme = url.partition(":")[0]
    if scheme in {"redis", "rediss"}:
        from rulegrid.gateway.redis_link import RedisLink  # noqa: PLC0415

        return RedisLink(url, wire, aggregator=aggregator)
    raise ValueError(f"`{url}` is no exchange: write replay:, redis://HOST:PORT/0 or https://HOST")
