"""Who controls which market: aggregators, registrations and selections of an exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rulegrid.exchange.messages import aggregators as words
from rulegrid.exchange.messages import channels
from rulegrid.exchange.messages.kinds import Wire
from rulegrid.grid import AreaId


class Said(NamedTuple):
    """A message on a channel."""

    channel: str
    payload: bytes


@dataclass(slots=True)
class Book:
    """What an exchange has written down of its aggregators: it must survive a restart."""

    aggregators: dict[str, str] = field(default_factory=dict)
    """Names by uuid."""
    registered: set[AreaId] = field(default_factory=set)
    owners: dict[AreaId, str] = field(default_factory=dict)
    """The aggregator of each market that is selected."""


class Registrations:
    """The exchange's memory of aggregators. It checks little, and so does a real one.

    Any uuid can be selected, but only by one aggregator; a market registers once; two markets
    whose names make the same slug share their channels, and the first one answers.
    """

    def __init__(
        self,
        names: Mapping[AreaId, str],
        assets: Mapping[AreaId, str],
        wire: Wire,
        book: Book | None = None,
    ) -> None:
        self._names = {**names, **assets}
        self._wire = wire
        self.book = book or Book()
        self._slugs = {channels.slug(name): area for area, name in reversed(tuple(names.items()))}

    def is_selected(self, area: AreaId) -> bool:
        """Whether any aggregator controls a market: then the batches of all may set its fee."""
        return area in self.book.owners

    def is_area(self, area: AreaId) -> bool:
        """Whether an area is in the grid: a market or an asset."""
        return area in self._names

    @property
    def selected(self) -> Mapping[str, frozenset[AreaId]]:
        """The markets of each aggregator that has any, a deleted one included."""
        markets: dict[str, set[AreaId]] = {}
        for area, aggregator in self.book.owners.items():
            markets.setdefault(aggregator, set()).add(area)
        return {aggregator: frozenset(areas) for aggregator, areas in markets.items()}

    def knows(self, aggregator: str) -> bool:
        """Whether anything will ever be said to an aggregator: it was created, or has markets."""
        return aggregator in self.book.aggregators or aggregator in self.book.owners.values()

    def answers(self, area: AreaId, address: str) -> bool:
        """Whether a market answers what it is told directly.

        Registered ones do, on the web all; one that an aggregator controls obeys in silence.
        """
        is_registered = area in self.book.registered or channels.is_web_address(address)
        return is_registered and not self.is_selected(area)

    def at_address(self, address: str) -> AreaId | None:
        """The market that a channel's beginning reaches: a slug, on the web a uuid."""
        area = channels.web_area(address)
        return area if area in self._names else self._slugs.get(address)

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
        if command.transaction in self.book.aggregators:
            return (words.not_created(command),)
        self.book.aggregators[command.transaction] = command.name
        return (words.created(command),)

    def _delete(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        self.book.aggregators.pop(command.aggregator, None)  # its markets stay bound to it
        return (words.deleted(command),)

    def _select(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        owner = self.book.owners.get(command.area)
        if owner is not None:
            error = f"Device already have selected {owner}"
            return (words.selection(command, "error", error),)
        self.book.owners[command.area] = command.aggregator
        return (words.selection(command, "SELECTED"),)

    def _unselect(self, command: words.AggregatorCommand) -> tuple[bytes, ...]:
        if self.book.owners.pop(command.area, None) is None:
            return ()
        return (words.selection(command, "UNSELECTED"),) * 2  # the real one says it twice

    def _register(self, slug: str, transaction: str, ending: str) -> bytes | None:
        area = self._slugs.get(slug)
        if area is None or (area in self.book.registered) == (ending == channels.REGISTER):
            return None
        if ending == channels.REGISTER:
            self.book.registered.add(area)
            return words.registered(transaction, area)
        self.book.registered.discard(area)
        return words.unregistered(transaction)
