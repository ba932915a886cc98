"""The web server's side of the conversation: what its calls say, and what it answers."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from rulegrid.exchange.messages.served import read_object
from rulegrid.grid import AreaId

_READ_CONFIGURATION = re.compile(r'readConfiguration\s*\(\s*uuid\s*:\s*"([^"]*)"')
_NEEDED = {
    "CREATE": ("name",),
    "DELETE": ("aggregator_uuid",),
    "SELECT": ("aggregator_uuid", "device_uuid"),
    "UNSELECT": ("aggregator_uuid", "device_uuid"),
    "BATCHED": ("aggregator_uuid", "batch_commands"),
}
"""What the body of a call must name, by the kind of command it becomes."""


def forwarded(kind: str, body: bytes) -> bytes:
    """The body of a call as the command that goes to the exchange.

    Raises `DeafeningError` for one that lacks what the exchange needs: a web server does not pass
    it on.
    """
    said = read_object(body, "transaction_id", *_NEEDED[kind])
    return msgspec.json.encode({**said, "type": kind})


def aggregator_of(command: bytes) -> str:
    """The aggregator that a command is about; none where it is a new one."""
    return str(read_object(command).get("aggregator_uuid", ""))


def forwarded_direct(body: bytes) -> bytes:
    """The body of a call to one market, as the exchange gets it. Raises `DeafeningError`."""
    return msgspec.json.encode(read_object(body, "transaction_id"))


def read_login(body: bytes) -> tuple[str, str]:
    """The name and the password of a login. Raises `DeafeningError`."""
    said = read_object(body, "username", "password")
    return str(said["username"]), str(said["password"])


def token(access: str) -> bytes:
    """The answer to a login."""
    return msgspec.json.encode({"access": access, "refresh": access})


def detail(text: str) -> bytes:
    """The answer to a call that failed."""
    return msgspec.json.encode({"detail": text})


def accepted(command: bytes) -> bytes:
    """The answer to a command that was passed on: the exchange's own comes on the websocket."""
    return msgspec.json.encode({"transaction_id": read_object(command)["transaction_id"]})


def answered(answer: bytes) -> tuple[bool, bytes]:
    """Whether the exchange did what it was told about an aggregator, and what a call is told."""
    said = read_object(answer)
    match said:
        case {"status": "ready", "name": name, "transaction_id": uuid}:
            return True, msgspec.json.encode({"uuid": uuid, "name": name})
        case {"status": "SELECTED" | "UNSELECTED" | "deleted", "aggregator_uuid": aggregator}:
            area = {"device_uuid": said["device_uuid"]} if "device_uuid" in said else {}
            return True, msgspec.json.encode({"aggregator_uuid": aggregator, **area})
    return False, detail(str(said.get("msg") or "the exchange refused"))


def aggregators(names: Mapping[str, str]) -> bytes:
    """Every aggregator there is; names by uuid."""
    return msgspec.json.encode([{"name": name, "uuid": uuid} for uuid, name in names.items()])


def selection_frame(answer: bytes) -> tuple[str, bytes] | None:
    """The frame that tells an aggregator of a selection or its end, and which aggregator."""
    match read_object(answer):
        case {"status": "SELECTED", "aggregator_uuid": aggregator, "device_uuid": area}:
            return str(aggregator), selected_by(str(aggregator), AreaId(str(area)))
        case {"status": "UNSELECTED", "aggregator_uuid": aggregator, "device_uuid": area}:
            return str(aggregator), _selection("unselected_by_device", aggregator, area)
    return None


def selected_by(aggregator: str, area: AreaId) -> bytes:
    """The frame that tells an aggregator of a market it controls."""
    return _selection("selected_by_device", aggregator, area)


def _selection(event: str, aggregator: str, area: AreaId) -> bytes:
    return msgspec.json.encode(
        {"event": event, "device_uuid": area, "aggregator_uuid": aggregator}
    )


def frame(payload: bytes, configuration: str) -> bytes:
    """A message of the exchange as it goes over the websocket: events name the simulation."""
    if b'"simulation_id"' not in payload:
        return payload
    try:
        said = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return payload
    said["simulation_id"] = msgspec.Raw(msgspec.json.encode(configuration))
    return msgspec.json.encode(said)


class _Built(NamedTuple):
    """An area of the tree: a market, or an asset."""

    uuid: AreaId
    name: str
    is_market: bool


class Scenario:
    """The tree of a grid as a web server tells of it."""

    def __init__(self, event: bytes) -> None:
        tree: dict[str, Any] = msgspec.json.decode(event)["grid_tree"]
        self._uuid, self._root = next(iter(tree.items()))

    def registry(self, owners: Mapping[AreaId, str], names: Mapping[str, str]) -> bytes:
        """Every area with the aggregator that controls it.

        A recording does not tell one kind of asset from another: each is a load.
        """

        def registered(area: _Built) -> dict[str, Any]:
            return {
                "name": area.name,
                "uuid": area.uuid,
                "type": "Area" if area.is_market else "Load",
                "registered": area.is_market,
                "aggregator_name": names.get(owners.get(area.uuid, "")),
            }

        return msgspec.json.encode(self._mapped(registered))

    def answer(self, query: bytes, configuration: str) -> bytes:
        """The answer to a GraphQL query for the scenario of a configuration."""
        asked = _READ_CONFIGURATION.search(str(read_object(query, "query")["query"]))
        if asked is None or asked[1] != configuration:
            errors = [{"message": "Configuration matching query does not exist."}]
            return msgspec.json.encode({"errors": errors, "data": {"readConfiguration": None}})
        serialized = msgspec.json.encode(self._mapped(_described)).decode()
        latest = {"scenarioData": {"latest": {"serialized": serialized}}}
        return msgspec.json.encode({"data": {"readConfiguration": latest}})

    def _mapped(self, told: Callable[[_Built], dict[str, Any]]) -> dict[str, Any]:
        """The tree with each area as it is to be told."""

        def node(uuid: str, area: Mapping[str, Any]) -> dict[str, Any]:
            children = area.get("children")
            mapped = told(_Built(AreaId(uuid), area.get("area_name", ""), children is not None))
            if children is not None:
                mapped["children"] = [node(*child) for child in children.items()]
            return mapped

        return node(self._uuid, self._root)


def _described(area: _Built) -> dict[str, Any]:
    """An area as the one who built the grid described it."""
    kind = {} if area.is_market else {"type": "LoadHours"}
    return {
        "name": area.name,
        "uuid": area.uuid,
        **kind,
        "allow_external_connection": area.is_market,
    }
