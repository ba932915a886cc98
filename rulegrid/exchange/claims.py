"""Which areas of an exchange are ours to set, which are another's, and which there are at all."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rulegrid.grid import AreaId


@dataclass(frozen=True, slots=True)
class Selected:
    """What a link has come to control."""

    areas: Mapping[AreaId, str]
    """The areas whose fees we can set: names by uuid."""
    owners: Mapping[AreaId, str] = field(default_factory=lambda: MappingProxyType({}))
    """Areas that are wanted but another aggregator's: its uuid, or its name on the web."""
    known: Mapping[AreaId, str] = field(default_factory=lambda: MappingProxyType({}))
    """Every area the exchange told of: names by uuid. On Redis these include assets."""


class Claims:
    """The areas that an aggregator has asked for, and what the exchange said to that.

    Two threads may use it: what it tells is of copies.
    """

    def __init__(self) -> None:
        self._known: dict[AreaId, str] = {}
        self._ours: dict[AreaId, None] = {}
        self._owners: dict[AreaId, str] = {}

    @property
    def known(self) -> Mapping[AreaId, str]:
        """Every area of the exchange, in its order."""
        return self._known

    def learn(self, names: Mapping[AreaId, str]) -> None:
        """Take in what areas there are; claims on those that are gone end."""
        self._known = dict(names)
        self._ours = {area: None for area in self._ours.copy() if area in names}
        self._owners = {a: owner for a, owner in self._owners.copy().items() if a in names}

    def is_ours(self, area: AreaId) -> bool:
        """Whether we can set the fee of an area."""
        return area in self._ours

    def missing(self, areas: Iterable[AreaId]) -> tuple[AreaId, ...]:
        """Those areas that are not ours yet."""
        return tuple(area for area in areas if area not in self._ours)

    def granted(self, area: AreaId) -> None:
        """The exchange gave us an area."""
        self._owners.pop(area, None)
        self._ours[area] = None

    def owned(self, area: AreaId, owner: str) -> None:
        """An area is another aggregator's."""
        self._ours.pop(area, None)
        self._owners[area] = owner

    def lost(self, area: AreaId) -> None:
        """An area is nobody's that we know of."""
        self._ours.pop(area, None)
        self._owners.pop(area, None)

    def forget(self) -> None:
        """Nothing of what was granted can be relied on any more."""
        self._ours.clear()
        self._owners.clear()

    def selected(self, wanted: Collection[AreaId] | None = None) -> Selected:
        """What we control, of the wanted areas or of all."""
        names = self._known
        return Selected(
            {a: names.get(a, a) for a in self._ours.copy() if wanted is None or a in wanted},
            {a: o for a, o in self._owners.copy().items() if wanted is None or a in wanted},
            MappingProxyType(names),
        )
