"""How all but the formulas has changed: settings of the whole rulebook, and limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rulegrid.program import Limits, WhenNoData
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.diff.both import Both
from rulegrid.rulebook.diff.change import Change, Side
from rulegrid.rulebook.diff.saying import amount
from rulegrid.rulebook.diff.sight import Sight
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.entries import Text

_MOST_DAYS = 5
_LIMITS = {
    "min": "minimum",
    "max": "maximum",
    "max_change": "max_change",
    "dead_band": "dead_band",
    "hold": "hold_slots",
    "decimals": "decimals",
}
"""The limits as a rulebook names them, and as a program does."""


def settings(both: Both) -> Iterator[Change]:
    """What has changed for every area."""
    old, new = both.old, both.new
    if old.reading.rulebook.name != new.reading.rulebook.name:
        yield Change("words", "name", _name(old), _name(new))
    told = _told(old), _told(new)
    for key, was in told[0].items():
        now = told[1][key]
        if was != now:
            yield Change("setting", key, old.side((key,), was), new.side((key,), now))
    yield from _holidays(old, new)


def limits(both: Both, selector: str) -> Iterator[Change]:
    """What has changed in the limits of a selector's areas, and in what they do without data."""
    before, after = (_Limited(sight, selector) for sight in (both.old, both.new))
    for key in _LIMITS:
        was, now = before.limit(key), after.limit(key)
        if was != now:
            yield Change("limit", f"limits: {key}", before.side(key, was), after.side(key, now))
    if before.when_no_data != after.when_no_data:
        yield Change("when_no_data", "when_no_data", before.no_data(), after.no_data())


def _name(sight: Sight) -> Side | None:
    name = sight.reading.rulebook.name
    return sight.side(("name",), name) if name else None


def _told(sight: Sight) -> Mapping[str, str]:
    amounts = sight.reading.amounts
    zone = amounts.timezone
    return {
        "fee_unit": str(amounts.fee_unit.dimension),
        "timezone": "none" if zone is None else zone.key,
        "slot_length": f"{amounts.slot_length // timedelta(minutes=1)} min",
    }


def _holidays(old: Sight, new: Sight) -> Iterator[Change]:
    before, after = old.reading.amounts.holidays, new.reading.amounts.holidays
    if before != after:
        sides = (
            sight.side(("holidays",), _days(sight, days, others))
            for sight, days, others in ((old, before, after), (new, after, before))
        )
        yield Change("setting", "holidays", next(sides), next(sides))


def _days(sight: Sight, days: frozenset[date], others: frozenset[date]) -> str:
    """Which holidays there are, and which of them the other side has not."""
    entry = sight.reading.rulebook.holidays
    names: list[Text | None] = [entry.country, entry.region] if entry else []
    of = " ".join(text.text for text in names if text) or f"{len(days) or 'no'} days"
    only = sorted(days - others)
    if not only:
        return of
    listed = ", ".join(map(str, only[:_MOST_DAYS]))
    more = f" and {len(only) - _MOST_DAYS} more" if len(only) > _MOST_DAYS else ""
    return f"{of}, {listed}{more} among them"


@dataclass(frozen=True, slots=True)
class _Limited:
    """A selector on one side."""

    sight: Sight
    selector: str

    def limit(self, key: str) -> float | None:
        """A limit as it holds, whoever has written it."""
        of: Limits = merged_limits(self.sight.reading.amounts, self.selector)
        value: float | None = getattr(of, _LIMITS[key])
        return value

    def side(self, key: str, value: float | None) -> Side:
        """A limit and where it is written; nowhere for one that is not."""
        amounts = self.sight.reading.amounts
        text = "none" if value is None else amount(value, amounts.fee_unit.dimension)
        if value is not None and key == "hold":
            text = f"{value:g} slot{'' if value == 1 else 's'}"
        elif value is not None and key == "decimals":
            text = f"{value:g}"
        own, shared = amounts.own_limits.get(self.selector, {}), amounts.limits
        if key in own:
            return self.sight.side((*self._path, "limits", key), text)
        place: Path = ("limits", key) if key in shared else ()
        return self.sight.side(place, text) if place else self._default(text)

    @property
    def when_no_data(self) -> WhenNoData:
        """What is done without data."""
        own = self.sight.reading.amounts.own_when_no_data.get(self.selector)
        shared = self.sight.reading.amounts.when_no_data
        said = own if own is not None else shared
        return "keep" if said is None else said

    def no_data(self) -> Side:
        """What is done without data, and where that is written."""
        amounts, value = self.sight.reading.amounts, self.when_no_data
        text = value if isinstance(value, str) else amount(value, amounts.fee_unit.dimension)
        if amounts.own_when_no_data.get(self.selector) is not None:
            return self.sight.side((*self._path, "when_no_data"), text)
        if amounts.when_no_data is not None:
            return self.sight.side(("when_no_data",), text)
        return self._default(text)

    @property
    def _path(self) -> Path:
        return self.sight.areas[self.selector].entry.path

    def _default(self, text: str) -> Side:
        return Side(text, self.sight.reading.rulebook.document.source.name, None)
