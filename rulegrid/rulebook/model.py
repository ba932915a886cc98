"""The author's words, typed: what a rulebook says before it is known whether it makes sense.

Building finds nothing: a part of the wrong shape is left out here, because `structure` has already
said so. That way one mistake does not hide the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rulegrid.rulebook.document import Document, Path
from rulegrid.rulebook.entries import (
    BandEntry,
    CalendarEntry,
    DatedEntry,
    SheetEntry,
    StepEntry,
    Text,
    VariableEntry,
    WindowEntry,
    WorthEntry,
)


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One line of `rules:`, or the one formula of an area."""

    path: Path
    fee: Text | None
    when: Text | None = None
    is_otherwise: bool = False
    because: str | None = None


@dataclass(frozen=True, slots=True)
class LimitsEntry:
    """The limits that are written, by name."""

    path: Path
    amounts: dict[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AreaEntry:
    """What stands under one selector."""

    selector: str
    path: Path
    rules: tuple[RuleEntry, ...]
    has_rules: bool
    """Whether the author wrote `rules:`, not a single formula."""
    limits: LimitsEntry | None = None
    when_no_data: Text | None = None
    variables: tuple[VariableEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class HolidaysEntry:
    """Which days are holidays: those of a country and its region, or the days written."""

    path: Path
    days: tuple[Text, ...] = ()
    country: Text | None = None
    region: Text | None = None


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A name for several areas, and the selectors that find them."""

    name: str
    path: Path
    selectors: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A whole rulebook in the author's words."""

    document: Document
    name: str
    fee_unit: str
    timezone: Text | None
    slot_length: Text | None
    holidays: HolidaysEntry | None
    variables: tuple[VariableEntry, ...]
    """Bands and calendars among them."""
    areas: tuple[AreaEntry, ...]
    limits: LimitsEntry | None
    when_no_data: Text | None
    groups: tuple[GroupEntry, ...] = ()

    @property
    def all_variables(self) -> tuple[VariableEntry, ...]:
        """The shared named values, and then those of areas."""
        return (*self.variables, *(own for area in self.areas for own in area.variables))


def build(document: Document) -> Rulebook:
    """The rulebook of a document, without what is not of the right shape."""
    data: Any = document.data
    top = data if isinstance(data, dict) else {}
    reader = _Reader(document)
    name = top.get("name")
    return Rulebook(
        document,
        name if isinstance(name, str) else "",
        "percent" if top.get("fee_unit") == "percent" else "ct/kWh",
        reader.text(("timezone",), str),
        reader.text(("slot_length",)),
        reader.holidays(("holidays",)),
        tuple(reader.named_values()),
        tuple(reader.areas(("areas",))),
        reader.limits(("limits",)),
        reader.text(("when_no_data",)),
        tuple(reader.groups(("groups",))),
    )


class _Reader:
    """Takes typed parts out of a document by their path."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def _at(self, path: Path) -> Any:
        value: Any = self._document.data
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _mapping(self, path: Path) -> dict[str, Any]:
        value = self._at(path)
        return (
            {k: v for k, v in value.items() if isinstance(k, str)}
            if isinstance(value, dict)
            else {}
        )

    def text(self, path: Path, kinds: type | tuple[type, ...] = (str, int, float)) -> Text | None:
        value = self._at(path)
        if not isinstance(value, kinds) or isinstance(value, bool):
            return None
        return Text(self._document.text(path), path)

    def named_values(self) -> Iterator[VariableEntry]:
        """The shared variables, calendars and bands."""
        yield from self.variables(("variables",))
        for kind, read in (("calendars", self._calendar), ("bands", self._band)):
            for name, value in self._mapping((kind,)).items():
                here = (kind, name)
                body = read(here) if isinstance(value, dict) else None
                yield VariableEntry(name, here, body, self.text((*here, "unit"), str))

    def variables(self, path: Path) -> Iterator[VariableEntry]:
        for name, value in self._mapping(path).items():
            here = (*path, name)
            if isinstance(value, dict) and "value" in value:
                unit = self.text((*here, "unit"), str)
                yield VariableEntry(name, here, self.text((*here, "value")), unit)
            else:
                yield VariableEntry(name, here, self._worth(here), self.text((*here, "unit"), str))

    def _worth(self, path: Path) -> WorthEntry | None:
        """A formula, or formulas by the day from which they hold."""
        steps = self._mapping((*path, "from"))
        if not steps:
            return self.text(path)
        here = (*path, "from")
        pairs = ((Text(day, (*here, day)), self.text((*here, day))) for day in steps)
        return DatedEntry(here, tuple((day, value) for day, value in pairs if value))

    def _band(self, path: Path) -> BandEntry:
        steps = self._items((*path, "steps"))
        return BandEntry(path, self.text((*path, "input")), tuple(map(self._step, steps)))

    def _step(self, path: Path) -> StepEntry:
        up_to, above = self.text((*path, "up_to")), self.text((*path, "above"))
        return StepEntry(path, up_to, above, self._worth((*path, "fee")))

    def _calendar(self, path: Path) -> CalendarEntry | SheetEntry:
        file = self.text((*path, "file"), str)
        if file:
            return SheetEntry(file)
        windows = tuple(map(self._window, self._items((*path, "windows"))))
        otherwise = self._worth((*path, "otherwise"))
        return CalendarEntry(path, windows, otherwise, self.text((*path, "overlap"), str))

    def _window(self, path: Path) -> WindowEntry:
        name = self._at((*path, "name"))
        return WindowEntry(
            path,
            name if isinstance(name, str) else None,
            self._texts((*path, "months")),
            self._texts((*path, "days")),
            self.text((*path, "hours"), str),
            self._worth((*path, "value")),
        )

    def holidays(self, path: Path) -> HolidaysEntry | None:
        value = self._at(path)
        if isinstance(value, dict):
            country, region = (self.text((*path, key), str) for key in ("country", "region"))
            return HolidaysEntry(path, country=country, region=region)
        return HolidaysEntry(path, self._texts(path)) if isinstance(value, list) else None

    def _texts(self, path: Path) -> tuple[Text, ...]:
        """A text, or a list of them."""
        if not isinstance(self._at(path), list):
            return tuple(filter(None, [self.text(path, str)]))
        count = range(len(self._at(path)))
        return tuple(filter(None, (self.text((*path, number), str) for number in count)))

    def _items(self, path: Path) -> list[Path]:
        """The places of the mappings in a list."""
        items = self._at(path)
        listed = enumerate(items if isinstance(items, list) else ())
        return [(*path, number) for number, item in listed if isinstance(item, dict)]

    def groups(self, path: Path) -> Iterator[GroupEntry]:
        for name, value in self._mapping(path).items():
            here = (*path, name)
            count = len(value) if isinstance(value, list) else 0
            selectors = (self.text((*here, number), str) for number in range(count))
            yield GroupEntry(name, here, tuple(each for each in selectors if each))

    def areas(self, path: Path) -> Iterator[AreaEntry]:
        for selector, value in self._mapping(path).items():
            here = (*path, selector)
            if isinstance(value, dict):
                yield self._area(selector, here, value)
            else:
                rule = RuleEntry(here, self.text(here), is_otherwise=True)
                yield AreaEntry(selector, here, (rule,), has_rules=False)

    def _area(self, selector: str, here: Path, value: dict[str, Any]) -> AreaEntry:
        has_rules = "rules" in value
        rules = tuple(self._rules((*here, "rules")))
        if not has_rules:
            fee = self.text((*here, "fee"))
            because = value.get("because")
            rules = (
                RuleEntry(
                    (*here, "fee"),
                    fee,
                    is_otherwise=True,
                    because=because if isinstance(because, str) else None,
                ),
            )
        return AreaEntry(
            selector,
            here,
            rules,
            has_rules,
            self.limits((*here, "limits")),
            self.text((*here, "when_no_data")),
            tuple(self.variables((*here, "variables"))),
        )

    def _rules(self, path: Path) -> Iterator[RuleEntry]:
        for here in self._items(path):
            line = self._at(here)
            because = line.get("because")
            last = "otherwise" in line
            yield RuleEntry(
                here,
                self.text((*here, "otherwise" if last else "fee")),
                None if last else self.text((*here, "when")),
                last,
                because if isinstance(because, str) else None,
            )

    def limits(self, path: Path) -> LimitsEntry | None:
        written = self._mapping(path)
        if not written:
            return None
        amounts = {key: self.text((*path, key)) for key in written}
        return LimitsEntry(path, {key: text for key, text in amounts.items() if text is not None})
