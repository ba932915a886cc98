"""The channels of the Redis wire, and the names of markets in them."""

from typing import Literal
from unicodedata import combining, normalize

from rulegrid.exchange.messages.kinds import Wire
from rulegrid.grid import AreaId

BATCHES = "external-aggregator//batch_commands"
AREA_MAP = "/area-map"
AREA_MAP_ANSWER = "/response/area-map"
REGISTER = "/register_participant"
UNREGISTER = "/unregister_participant"
GRID_FEES = "/grid_fees"
STATISTICS = "/dso_market_stats"
HEARTBEAT = "gsy-e-heartbeat/"
CONTROLS = ("pause", "resume", "stop")
"""What an operator can tell the exchange itself, each on `/` and its name."""


def aggregator_commands(wire: Wire) -> str:
    """Where aggregators are created and select their areas."""
    return "aggregator" if wire.dialect == "2020" else "aggregator-commands"


def aggregator_answers(wire: Wire) -> str:
    """Where that is answered, to everybody."""
    return "aggregator_response" if wire.dialect == "2020" else "aggregator-response"


def batch_answers(aggregator: str) -> str:
    """Where the batches of an aggregator are answered."""
    return f"external-aggregator//{aggregator}/response/batch_commands"


def events(aggregator: str) -> str:
    """Where an aggregator hears of market slots."""
    return f"external-aggregator//{aggregator}/events/all"


def aggregator_of(channel: str) -> str:
    """The aggregator that an event was sent to, or an empty text."""
    *_, aggregator, ending, last = ["", "", "", *channel.split("/")]
    return aggregator if (ending, last) == ("events", "all") else ""


def addressed(channel: str) -> tuple[Literal["event", "answer", ""], str]:
    """What a channel carries to which aggregator; nothing where it is for everybody."""
    match channel.split("/"):
        case ["external-aggregator", "", aggregator, "events", "all"]:
            return "event", aggregator
        case ["external-aggregator", "", aggregator, "response", "batch_commands"]:
            return "answer", aggregator
    return "", ""


def is_always_heard(channel: str) -> bool:
    """Whether another ear of the exchange listens to a channel than to the commands."""
    return channel == AREA_MAP or channel.removeprefix("/") in CONTROLS


def web_address(area: AreaId) -> str:
    """How the channels of a market begin that is reached by its uuid, as web servers do."""
    return f"external//{area}"


def web_area(address: str) -> AreaId:
    """The market of such a beginning, or an empty text."""
    return AreaId(address.removeprefix("external//")) if is_web_address(address) else AreaId("")


def answered_directly(channel: str) -> AreaId:
    """The market whose direct call is answered on a channel of the web, or an empty text."""
    address, response, _ = channel.partition("/response/")
    return web_area(address) if response else AreaId("")


def is_web_address(address: str) -> bool:
    """Whether a channel's beginning is that of the web."""
    return address.startswith("external//")


def slug(name: str) -> str:
    """The name of a market as channels spell it: `Straße Ünique 7/2 #3` is `strasse-unique-7-2-3`.

    Two markets can share one; then which of them a channel reaches is anyone's guess.
    """
    letters = (c for c in normalize("NFKD", name.casefold()) if not combining(c))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in letters).split()
    return "-".join(words)
