"""Becoming an aggregator over the web and selecting areas, whatever connection leads there."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from rulegrid.exchange.claims import Claims, Selected
from rulegrid.exchange.messages import web
from rulegrid.gateway.web_calls import CONNECTIONS, Calls
from rulegrid.gateway.web_errors import WebError
from rulegrid.grid import AreaId

_T = TypeVar("_T")

UNTOLD = "?"
"""The owner of an area that we do not get, where the server does not say who has it."""


class WebMembership:
    """An aggregator, and the areas it has selected. What the calls answer is the truth.

    The events that tell the same are taken in too; they may come before, after or never.
    """

    def __init__(self, calls: Calls, paths: web.Paths, name: str) -> None:
        self._calls = calls
        self._paths = paths
        self._name = name
        self._aggregator = ""
        self._names: dict[str, str] = {}
        self._claims = Claims()
        self._chosen: tuple[AreaId, ...] = ()
        self._already_ours: frozenset[AreaId] = frozenset()
        """What the server says is an aggregator's of our name, which can be another's."""
        self._selecting = Lock()

    def become(self, known: str | None, seconds: float) -> str:
        """Be an aggregator: the known one, one of our name, or a new one. Raises `WebError`."""
        self._names = dict(self._listed(seconds))
        ours = [uuid for uuid, name in self._names.items() if name == self._name]
        if known in self._names:
            ours.insert(0, known)
        self._aggregator = ours[0] if ours else self._created(seconds)
        return self._aggregator

    def probe(self, seconds: float) -> None:
        """Make any call: it works, or raises `WebError`."""
        self._listed(seconds)

    def learn(self, seconds: float) -> None:
        """Read which areas there are and whose they are. Raises `WebError`."""
        answer = self._calls.get(self._paths.registry, web.body(str(uuid4())), seconds)
        registry = _understood(web.read_registry, answer)
        self._claims.learn(registry.names)
        by_name = {name: uuid for uuid, name in self._names.items()}
        ours = {self._name, self._aggregator}
        for area in registry.names:
            owner = registry.owners.get(area)
            if owner is None:
                self._claims.lost(area)
            elif owner not in ours:
                self._claims.owned(area, by_name.get(owner, owner))
        self._already_ours = frozenset(a for a, who in registry.owners.items() if who in ours)

    def choose(self, areas: Collection[AreaId]) -> None:
        """From now on these areas are to be selected."""
        self._chosen = tuple(areas)

    def choose_by_name(self, is_wanted: Callable[[str], bool]) -> None:
        """From now on the areas of these names are to be selected."""
        self.choose([area for area, name in self._claims.known.items() if is_wanted(name)])

    def select(self, seconds: float) -> bool:
        """Select what was chosen, several at a time; whether all was tried in time.

        A call that fails leaves its area unselected.
        """
        deadline = monotonic() + seconds
        if not self._selecting.acquire(timeout=seconds):
            return False
        try:
            owners = self._claims.selected().owners
            missing = [a for a in self._claims.missing(self._chosen) if a not in owners]
            return self._select(missing, deadline)
        finally:
            self._selecting.release()

    def selected(self, areas: Collection[AreaId] | None = None) -> Selected:
        """What is known of these areas, or of those that were chosen."""
        return self._claims.selected(frozenset(self._chosen if areas is None else areas))

    def told(self, selection: web.SelectionTold) -> None:
        """Take in an event about a selection."""
        if selection.is_ours:
            self._claims.granted(selection.area)
        else:
            self._claims.lost(selection.area)

    def release(self, seconds: float) -> None:
        """Let go of all areas, several at a time; one that fails stays ours."""
        deadline = monotonic() + seconds

        def let_go(area: AreaId) -> None:
            about = web.about_area(str(uuid4()), self._aggregator, area)
            with suppress(WebError):
                left = deadline - monotonic()
                self._calls.post(self._paths.unselect_aggregator, about, max(0.1, left))
                self._claims.lost(area)

        with ThreadPoolExecutor(CONNECTIONS, "rulegrid unselect") as many:
            list(many.map(let_go, self._claims.selected().areas))

    def _select(self, areas: Iterable[AreaId], deadline: float) -> bool:
        is_complete = True
        with ThreadPoolExecutor(CONNECTIONS, "rulegrid select") as many:
            for area, owner in many.map(lambda area: self._asked(area, deadline), areas):
                if owner == self._aggregator:
                    self._claims.granted(area)
                elif owner:
                    self._claims.owned(area, owner)
                is_complete = is_complete and bool(owner)
        return is_complete

    def _asked(self, area: AreaId, deadline: float) -> tuple[AreaId, str]:
        """An area that was asked for, and who controls it; nothing where that is not known."""
        left = deadline - monotonic()
        if left <= 0:
            return area, ""
        ask = web.about_area(str(uuid4()), self._aggregator, area)
        try:
            self._calls.post(self._paths.select_aggregator, ask, left)
        except WebError as error:
            ours = self._aggregator if area in self._already_ours else UNTOLD
            return area, (web.read_owner(error.answer) or ours) if error.is_lasting else ""
        return area, self._aggregator

    def _listed(self, seconds: float) -> Mapping[str, str]:
        answer = self._calls.get(self._paths.list_aggregators, web.body(str(uuid4())), seconds)
        return _understood(web.read_aggregators, answer)

    def _created(self, seconds: float) -> str:
        ask = web.create_aggregator(str(uuid4()), self._name)
        answer = self._calls.post(self._paths.create_aggregator, ask, seconds)
        return _understood(web.read_created, answer)


def _understood(read: Callable[[bytes], _T], answer: bytes) -> _T:
    try:
        return read(answer)
    except web.WebRefusalError as error:
        raise WebError(f"the server answers what is not understood: {error}") from None
