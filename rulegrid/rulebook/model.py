"""The author's words, typed: what a rulebook says before it is known whether it makes sense.

Building finds nothing: a part of the wrong shape is left out here, because `structure` has already
said so. That way one mistake does not hide the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rulegrid.rulebook.document import Document, Path


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as the author wrote it, and where it stands in the document."""

    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """A variable: `value` is None where its shape is broken, so that its name is still known."""

    name: str
    path: Path
    value: Text | None
    unit: Text | None = None


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
class Rulebook:
    """A whole rulebook in the author's words."""

    document: Document
    name: str
    fee_unit: str
    timezone: Text | None
    slot_length: Text | None
    variables: tuple[VariableEntry, ...]
    areas: tuple[AreaEntry, ...]
    limits: LimitsEntry | None
    when_no_data: Text | None

    @property
    def all_variables(self) -> tuple[VariableEntry, ...]:
        """The shared variables, and then those of areas."""
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
        tuple(reader.variables(("variables",))),
        tuple(reader.areas(("areas",))),
        reader.limits(("limits",)),
        reader.text(("when_no_data",)),
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

    def variables(self, path: Path) -> Iterator[VariableEntry]:
        for name, value in self._mapping(path).items():
            here = (*path, name)
            if isinstance(value, dict):
                unit = self.text((*here, "unit"), str)
                yield VariableEntry(name, here, self.text((*here, "value")), unit)
            else:
                yield VariableEntry(name, here, self.text(here))

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
        lines = self._at(path)
        for number, line in enumerate(lines if isinstance(lines, list) else ()):
            here = (*path, number)
            if not isinstance(line, dict):
                continue
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
