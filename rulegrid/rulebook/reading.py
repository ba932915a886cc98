"""Every formula of a rulebook, read and checked in dependency order, with its faults.

Reading goes on past mistakes: a broken variable keeps its name, so that the formulas which use it
are still checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from rulegrid.bodies import Body, Sheet, expressions
from rulegrid.diagnostics import Diagnostic
from rulegrid.formula import (
    TRUTH,
    Expression,
    Kind,
    Parsed,
    Problem,
    Scope,
    check,
    is_uniform,
    read,
)
from rulegrid.program import WhenNoData
from rulegrid.rulebook.amounts import Amounts, Fault, read_amounts
from rulegrid.rulebook.bodies import Bodies, Expected
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.entries import Text, VariableEntry
from rulegrid.rulebook.loops import loops
from rulegrid.rulebook.model import AreaEntry, Rulebook, RuleEntry
from rulegrid.rulebook.named_files import Files


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule with its expressions; None where a formula is missing or broken."""

    entry: RuleEntry
    when: Expression | None
    fee: Expression | None


@dataclass(frozen=True, slots=True)
class ReadArea:
    """A selector with everything under it read."""

    entry: AreaEntry
    rules: tuple[ReadRule, ...]
    limits: Mapping[str, float]
    """The limits written here, by name, in the rulebook's fee unit (`hold` in slots)."""
    when_no_data: WhenNoData | None
    variables: Mapping[str, Body]


@dataclass(frozen=True, slots=True)
class Reading:
    """A rulebook whose texts have all been read."""

    rulebook: Rulebook
    amounts: Amounts
    variables: Mapping[str, Body]
    """The shared named values that could be read."""
    order: tuple[str, ...]
    """All names, each after those it reads."""
    circles: tuple[tuple[VariableEntry, ...], ...]
    """Named values that read each other in a circle, the first one repeated at the end."""
    areas: tuple[ReadArea, ...]
    faults: tuple[Fault, ...]
    in_files: Mapping[Path, tuple[Diagnostic, ...]] = field(repr=False)
    """What is wrong in the files that are named, by the place where they are."""
    expressions: Mapping[Path, Expression] = field(repr=False)
    """Every formula without a fault, by its place in the document."""
    parsed: Mapping[Path, Parsed] = field(repr=False)
    """Every formula that could be parsed, by its place in the document."""


def read_texts(rulebook: Rulebook, files: Files | None) -> Reading:
    """Read and check every formula and amount of a rulebook, and the files that it names."""
    amounts = read_amounts(rulebook)
    reader = _Reader(rulebook, amounts, files)
    reader.read_variables()
    areas = tuple(reader.area(area) for area in rulebook.areas)
    return Reading(
        rulebook,
        amounts,
        reader.shared,
        reader.order,
        reader.circles,
        areas,
        (*amounts.faults, *reader.faults),
        reader.in_files,
        reader.expressions,
        reader.parsed,
    )


class _Reader:
    """Reads formulas in dependency order and collects their faults.

    Equal texts are common in large rulebooks, so each is parsed once, and checked once for each
    scope.
    """

    def __init__(self, rulebook: Rulebook, amounts: Amounts, files: Files | None) -> None:
        self._amounts = amounts
        self._kinds: dict[str, Kind | None] = {}
        self._own_kinds: dict[str, dict[str, Kind | None]] = {}
        self._first_kinds: dict[str, Kind] = {}
        self._own: dict[str, dict[str, Body]] = {}
        self._entries = _by_name(rulebook)
        self._groups = frozenset(group.name for group in rulebook.groups)
        self._elsewhere = _known_elsewhere(rulebook)
        self._uniform: set[str] = set()
        self._texts: dict[str, Parsed | tuple[Problem, ...]] = {}
        self._checked: dict[tuple[str, Expected], Expression | tuple[Problem, ...]] = {}
        self.faults: list[Fault] = []
        self.parsed: dict[Path, Parsed] = {}
        self.expressions: dict[Path, Expression] = {}
        self.shared: dict[str, Body] = {}
        self._bodies = Bodies(rulebook.document, amounts, files, self.faults)
        for text in _formulas(rulebook):
            self._parse(text)
        graph = {name: self._names_read(name) for name in self._entries}
        self._knots, self.circles = self._circles(graph)
        self.order = _arranged(graph, self._knots)

    @property
    def in_files(self) -> Mapping[Path, tuple[Diagnostic, ...]]:
        """What is wrong in the files that were read."""
        return self._bodies.in_files

    def read_variables(self) -> None:
        """Check every variable after those it reads; a knot of circles only keeps its name."""
        for name in self.order:
            for selector, entry in self._entries[name]:
                if name in self._knots:
                    self._kinds_in(selector)[name] = None
                elif selector is None:
                    self._read_shared(entry)
                else:
                    self._read_own(selector, entry)

    def _kinds_in(self, selector: str | None) -> dict[str, Kind | None]:
        """The kinds of a selector's own variables, or of the shared ones."""
        return self._kinds if selector is None else self._own_kinds.setdefault(selector, {})

    def area(self, area: AreaEntry) -> ReadArea:
        """A selector with its formulas checked against what its areas see."""
        fee = self._amounts.fee_unit
        rules = tuple(
            ReadRule(
                entry,
                self._expression(entry.when, TRUTH, area.selector),
                self._expression(entry.fee, fee, area.selector),
            )
            for entry in area.rules
        )
        return ReadArea(
            area,
            rules,
            self._amounts.own_limits.get(area.selector, {}),
            self._amounts.own_when_no_data.get(area.selector),
            self._own.get(area.selector, {}),
        )

    def _parse(self, text: Text) -> None:
        if text.text not in self._texts:
            self._texts[text.text] = read(text.text, self._groups)
        parsed = self._texts[text.text]
        if isinstance(parsed, Parsed):
            self.parsed[text.path] = parsed
        else:
            self.faults.extend(Fault(text.path, problem) for problem in parsed)

    def _circles(
        self, graph: Mapping[str, tuple[str, ...]]
    ) -> tuple[frozenset[str], tuple[tuple[VariableEntry, ...], ...]]:
        """The variables without which nothing goes round in a circle, and the circles."""
        found = loops(graph)
        circles = (tuple(self._entries[name][0][1] for name in each) for each in found.circles)
        return found.knots, tuple(circles)

    def _names_read(self, name: str) -> tuple[str, ...]:
        texts = (text for _, entry in self._entries[name] for text in entry.texts())
        parsed = (self.parsed[text.path] for text in texts if text.path in self.parsed)
        return tuple(dict.fromkeys(n for p in parsed for n in own_names(p) if n in self._entries))

    def _read_shared(self, entry: VariableEntry) -> None:
        body = self._bodies.body(entry, lambda text, unit: self._expression(text, unit, None))
        self._kinds[entry.name] = body.kind if body else None
        if body:
            self.shared[entry.name] = body
            if self._is_uniform(entry.name, body):
                self._uniform.add(entry.name)

    def _is_uniform(self, name: str, body: Body) -> bool:
        """Whether a variable has one value in all areas: a table has a column for each."""
        is_shared = all(selector is None for selector, _ in self._entries[name])
        alike = (is_uniform(each, self._uniform) for each in expressions(body))
        return is_shared and not isinstance(body, Sheet) and all(alike)

    def _read_own(self, selector: str, entry: VariableEntry) -> None:
        """An area's own version of a variable: it has to be of the other versions' kind."""
        kinds = self._kinds_in(selector)
        kinds[entry.name] = None
        first = self._kinds.get(entry.name) or self._first_kinds.get(entry.name)
        body = self._bodies.body(entry, lambda text, unit: self._expression(text, unit, selector))
        if body is None:
            return
        if first is not None and body.kind != first:
            message = f"`{entry.name}` is {body.kind} here and {first} in its other definition"
            hint = "one name has one unit, whatever the area"
            text = next(entry.texts())
            problem = Problem(0, len(text.text), "RG106", message, hint)
            self.faults.append(Fault(text.path, problem))
            return
        kinds[entry.name] = self._first_kinds[entry.name] = body.kind
        self._own.setdefault(selector, {})[entry.name] = body

    def _expression(
        self, text: Text | None, expected: Expected, selector: str | None
    ) -> Expression | None:
        if text is None or text.path not in self.parsed:
            return None
        own = self._own_kinds.get(selector or "")
        key = (text.text, expected)
        checked = None if own else self._checked.get(key)
        if checked is None:
            checked = check(self.parsed[text.path], self._scope(own or {}), expected)
        if not own and selector is not None:
            self._checked[key] = checked
        if isinstance(checked, Expression):
            self.expressions[text.path] = checked
            return checked
        self.faults.extend(Fault(text.path, problem) for problem in checked)
        return None

    def _scope(self, own: Mapping[str, Kind | None]) -> Scope:
        return Scope(
            {**self._kinds, **own},
            self._amounts.fee_unit.dimension,
            self._amounts.slot_length,
            self._elsewhere,
            self._uniform,
        )


def _arranged(graph: Mapping[str, tuple[str, ...]], knots: frozenset[str]) -> tuple[str, ...]:
    """The names of a graph, each after those it needs; a knot needs none."""
    needs = {name: () if name in knots else needed for name, needed in graph.items()}
    return tuple(TopologicalSorter(needs).static_order())


def own_names(parsed: Parsed) -> tuple[str, ...]:
    """The names a formula reads of the area itself, and of each of several areas.

    They are metrics, clock names and variables.
    """
    read = (name.reference for name in parsed.names_read)
    return tuple(each.name for each in read if each.scope in ("own", "members"))


def _by_name(rulebook: Rulebook) -> dict[str, list[tuple[str | None, VariableEntry]]]:
    """Every version of each variable, the shared one first, with the selector of an area's own."""
    entries: dict[str, list[tuple[str | None, VariableEntry]]] = {}
    for variable in rulebook.variables:
        entries.setdefault(variable.name, []).append((None, variable))
    for area in rulebook.areas:
        for variable in area.variables:
            entries.setdefault(variable.name, []).append((area.selector, variable))
    return entries


def _known_elsewhere(rulebook: Rulebook) -> dict[str, str]:
    """What a formula can name and not read as an amount, and what it is."""
    areas = dict.fromkeys((area.selector for area in rulebook.areas), "an area")
    return areas | dict.fromkeys((group.name for group in rulebook.groups), "a group of areas")


def _formulas(rulebook: Rulebook) -> Iterator[Text]:
    texts: list[Text | None] = [t for each in rulebook.all_variables for t in each.texts()]
    for area in rulebook.areas:
        for rule in area.rules:
            texts.extend((rule.when, rule.fee))
    return (text for text in texts if text is not None)
