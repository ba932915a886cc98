"""What we say to a web server in front of an exchange, and how its answers are read."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from string import ascii_letters, digits
from typing import TypeVar

import msgspec
from msgspec import Struct

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages.limits import reason_to_refuse
from rulegrid.grid import AreaId

_OWNER = re.compile("already have selected ([0-9A-Za-z-]+)")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_LONGEST_SELECTION = 1000
"""Bytes of an event about a selection at most; longer messages are not looked into."""


_UNRESERVED = frozenset(f"{ascii_letters}{digits}-._~")

_T = TypeVar("_T")


def _quoted(text: str) -> str:
    """A text as one part of a path (RFC 3986): all but unreserved characters as their bytes."""
    return "".join(chr(b) if chr(b) in _UNRESERVED else f"%{b:02X}" for b in text.encode())


class WebRefusalError(Exception):
    """An answer that says something else than it should."""


LOGIN = "/api-token-auth/"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the calls about one simulation go, and its websocket."""

    simulation: str

    @property
    def list_aggregators(self) -> str:
        """Which aggregators we have."""
        return self._aggregators("list-aggregators")

    @property
    def create_aggregator(self) -> str:
        """To become one."""
        return self._aggregators("create-aggregator")

    @property
    def select_aggregator(self) -> str:
        """To get an area."""
        return self._aggregators("select-aggregator")

    @property
    def unselect_aggregator(self) -> str:
        """To give an area back."""
        return self._aggregators("unselect-aggregator")

    @property
    def batch_commands(self) -> str:
        """Where batches go."""
        return self._aggregators("batch-commands")

    @property
    def registry(self) -> str:
        """Which areas there are, and whose."""
        return f"/external-connection/configurations/{self._quoted}/registry"

    def websocket(self, aggregator: str) -> str:
        """Where an aggregator hears of events and answers."""
        return f"/{self._quoted}/aggregator/{_quoted(aggregator)}/"

    @property
    def _quoted(self) -> str:
        return _quoted(self.simulation)

    def _aggregators(self, what: str) -> str:
        return f"/external-connection/aggregator-api/{self._quoted}/{what}/"


def login(username: str, password: str) -> bytes:
    """The body of a login."""
    return msgspec.json.encode({"username": username, "password": password})


def body(transaction: str, **said: str) -> bytes:
    """The body of any other call."""
    return msgspec.json.encode({**said, "transaction_id": transaction})


def create_aggregator(transaction: str, name: str) -> bytes:
    """The call that makes an aggregator."""
    return body(transaction, name=name)


def about_area(transaction: str, aggregator: str, area: AreaId) -> bytes:
    """The body of a call that gives an aggregator a market, or takes it away."""
    return body(transaction, aggregator_uuid=aggregator, device_uuid=area)


class _Batch(Struct, gc=False):
    transaction_id: str
    aggregator_uuid: str
    batch_commands: msgspec.Raw


def batch(payload: bytes) -> bytes:
    """A batch command as the web server takes it: without the type, which its address tells."""
    return msgspec.json.encode(msgspec.json.decode(payload, type=_Batch))


class _Token(Struct, gc=False):
    access: str


def read_token(payload: bytes) -> str:
    """The token of a login. Raises `WebRefusalError`."""
    token = _read(payload, _Token).access
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise WebRefusalError("no token")
    return token


class _Lifetime(Struct, gc=False):
    exp: float
    iat: float | None = None


def token_lifetime(token: str) -> tuple[float | None, float] | None:
    """When a token was issued and when it expires, in Unix seconds by the clock of its maker.

    The first is None where the token does not say; None altogether for a token that is no JWT.
    """
    claims = token.split(".")[1:2]
    try:
        unpacked = urlsafe_b64decode("".join(claims) + "==")
        read = msgspec.json.decode(unpacked, type=_Lifetime)
    except (ValueError, *_UNREADABLE):
        return None
    return (read.iat, read.exp) if isfinite(read.exp) else None


class _Aggregator(Struct, gc=False):
    name: str = ""
    uuid: str = ""


def read_aggregators(payload: bytes) -> Mapping[str, str]:
    """The aggregators of the one who asks: names by uuid. Raises `WebRefusalError`."""
    return {each.uuid: each.name for each in _read(payload, list[_Aggregator]) if each.uuid}


def read_created(payload: bytes) -> str:
    """The uuid of a new aggregator. Raises `WebRefusalError`."""
    uuid = _read(payload, _Aggregator).uuid
    if not uuid:
        raise WebRefusalError("no uuid")
    return uuid


def read_owner(payload: bytes) -> str:
    """The aggregator that has the area of a refused selection, or an empty text."""
    found = _OWNER.search(payload.decode(errors="replace"))
    return found[1] if found else ""


class _Node(Struct, gc=False):
    uuid: str
    name: str = ""
    type: str | None = None
    aggregator_name: str | None = None
    children: "list[_Node] | None" = None


@dataclass(frozen=True, slots=True)
class Registry:
    """The markets of a simulation. Assets are left out."""

    names: Mapping[AreaId, str]
    """Names by uuid, an area before those below it."""
    owners: Mapping[AreaId, str]
    """The name of the aggregator of each market that has one."""


def read_registry(payload: bytes) -> Registry:
    """Every market of a simulation, and whose it is. Raises `WebRefusalError`."""
    nodes = list(_walk(_read(payload, _Node)))
    return Registry(
        {AreaId(node.uuid): node.name for node in nodes},
        {AreaId(node.uuid): node.aggregator_name for node in nodes if node.aggregator_name},
    )


def _walk(root: _Node) -> Iterator[_Node]:
    """The markets of a tree, level by level: they have children, or say that they are areas."""
    level = [root]
    for node in level:
        if node.children or node.type == "Area":
            yield node
        level.extend(node.children or ())


class _Selection(Struct, gc=False):
    event: str = ""
    device_uuid: str = ""


@dataclass(frozen=True, slots=True)
class SelectionTold:
    """The web server says that we control an area, or do so no more."""

    area: AreaId
    is_ours: bool


def read_selection(payload: bytes) -> SelectionTold | None:
    """What a message tells of a selection, or None for any other message."""
    if len(payload) > _LONGEST_SELECTION or b"elected_by_device" not in payload:
        return None
    try:
        read = msgspec.json.decode(payload, type=_Selection)
    except _UNREADABLE:
        return None
    kinds = {"selected_by_device": True, "unselected_by_device": False}
    if read.event not in kinds or not read.device_uuid:
        return None
    return SelectionTold(AreaId(read.device_uuid), kinds[read.event])


def is_market_event(payload: bytes) -> bool:
    """Whether a message looks like a market event, in either dialect, without reading it."""
    return b'"market_slot"' in payload or b'"grid_stats_tree"' in payload


def _read(payload: bytes, kind: type[_T]) -> _T:
    refusal = reason_to_refuse(payload)
    try:
        if not refusal:
            return msgspec.json.decode(payload, type=kind)
    except _UNREADABLE as error:
        refusal = shown(str(error))
    raise WebRefusalError(refusal)
