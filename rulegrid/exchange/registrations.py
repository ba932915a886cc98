"""Who controls which market: aggregators, registrations and selections of an exchange."""

from collections.abc import Mapping
from typing import NamedTuple

from rulegrid.exchange.messages import aggregators as words
from rulegrid.exchange.messages import channels
from rulegrid.exchange.messages.kinds import Wire
from rulegrid.grid import AreaId


class Said(NamedTuple):
    """A message on a channel."""

    channel: str
    payload: bytes


class Registrations:
    """The exchange's memory of aggregators. It checks little, and so does a real one.

    Any uuid can be selected, but only by one aggregator; a market registers once; two markets
    whose names make the same slug share their channels, and the first one answers.
    """

    def __init__(
        self, names: Mapping[AreaId, str], assets: Mapping[AreaId, str], wire: Wire
    ) -> None:
        self._names = {**names, **assets}
        self._wire = wire
        self._slugs = {channels.slug(name): area for area, name in reversed(tuple(names.items()))}
        self._aggregators: set[str] = set()
        self._registered: set[AreaId] = set()
        self._owners: dict[AreaId, str] = {}

    def is_selected(self, area: AreaId) -> bool:
        """Whether any aggregator controls a market: then the batches of all may set its fee."""
        return area in self._owners

    @property
    def selected(self) -> Mapping[str, frozenset[AreaId]]:
        """The markets of each aggregator that has any, a deleted one included."""
        markets: dict[str, set[AreaId]] = {}
        for area, aggregator in self._owners.items():
            markets.setdefault(aggregator, set()).add(area)
        return {aggregator: frozenset(areas) for aggregator, areas in markets.items()}

    def by_slug(self, slug: str) -> AreaId | None:
        """The market that a channel's name reaches."""
        return self._slugs.get(slug)

    def hear(self, channel: str, payload: bytes) -> tuple[Said, ...] | None:
        """The answers to a message, or None where the channel is none of these.

        Raises `DeafeningError`.
        """
        if channel == channels.aggregator_commands(self._wire):
            command = words.read_aggregator_command(payload)
            where = channels.aggregator_answers(self._wire)
            return tuple(Said(where, answer) for answer in self._command(command))
        if channel == channels.AREA_MAP:
            return (Said(channels.AREA_MAP_ANSWER, words.area_map(self._names)),)
        slug, slash, ending = channel.rpartition("/")
        if slash + ending in {channels.REGISTER, channels.UNREGISTER}:
            answer = self._register(slug, words.read_transaction(payload), slash + ending)
            return () if answer is None else (Said(f"{slug}/response/{ending}", answer),)
        return None

    def _command(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        kinds = {
            "CREATE": self._create,
            "DELETE": self._delete,
            "SELECT": self._select,
            "UNSELECT": self._unselect,
        }
        return kinds[command.kind](command) if command.kind in kinds else ()

    def _create(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        if command.transaction in self._aggregators:
            return (words.not_created(command),)
        self._aggregators.add(command.transaction)
        return (words.created(command),)

    def _delete(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        self._aggregators.discard(command.aggregator)  # its markets stay bound to it
        return (words.deleted(command),)

    def _select(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        owner = self._owners.get(command.area)
        if owner is not None:
            error = f"Device already have selected {owner}"
            return (words.selection(command, "error", error),)
        self._owners[command.area] = command.aggregator
        return (words.selection(command, "SELECTED"),)

    def _unselect(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        if self._owners.pop(command.area, None) is None:
            return ()
        return (words.selection(command, "UNSELECTED"),) * 2  # the real one says it twice

    def _register(self, slug: str, transaction: str, ending: str) -> bytes | None:
        area = self._slugs.get(slug)
        if area is None or (area in self._registered) == (ending == channels.REGISTER):
            return None
        if ending == channels.REGISTER:
            self._registered.add(area)
            return words.registered(transaction, area)
        self._registered.discard(area)
        return words.unregistered(transaction)
