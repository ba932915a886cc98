"""What is proven of the fees of a rulebook without errors, whatever the exchange reports."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from rulegrid.bodies import Body, expressions
from rulegrid.bounds import (
    ANYTHING,
    NEVER,
    Chances,
    Knowledge,
    Possible,
    Range,
    between,
    either,
    exactly,
    gathered,
    rounded,
)
from rulegrid.formula import Expression, Reference
from rulegrid.program import Limits, WhenNoData
from rulegrid.rulebook.amounts import merged_limits
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.reading import ReadArea, Reading, ReadRule

_EVERY_AREA = "*"


@dataclass(frozen=True, slots=True)
class Line:
    """What is proven of one rule of an area."""

    when: Chances | None
    """By itself; None for the last line, which has no condition."""
    follows: Chances
    """Where all lines above are false."""
    fee: Range
    """Of the formula where this line decides; never data where it cannot."""


@dataclass(frozen=True, slots=True)
class Fee:
    """What is proven of the fee of a selector's areas, in the rulebook's fee unit."""

    lines: tuple[Line, ...]
    raw: Range
    """Before limits."""
    settled: Range
    """After all limits, where nothing else holds the fee back."""
    is_kept: bool
    """Whether the fee in force may be sent again because there is no data."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven of a selector's areas."""

    area: ReadArea
    knowledge: Knowledge
    limits: Limits
    when_no_data: WhenNoData
    fee: Fee


@dataclass(frozen=True, slots=True)
class Proofs:
    """Everything that is proven of a rulebook."""

    reading: Reading
    shared: Knowledge
    """Of the variables that serve every area."""
    areas: tuple[Proof, ...]

    def formulas(self) -> Iterator[tuple[Path, Expression, Knowledge]]:
        """Every formula by its place in the document, with what is known where it stands."""
        known = {proof.area.entry.path: proof.knowledge for proof in self.areas}
        for path, expression in self.reading.expressions.items():
            yield path, expression, known.get(path[:2], self.shared)


def prove(reading: Reading) -> Proofs:
    """Prove what can be proven of a rulebook without errors."""
    prover = _Prover(reading)
    areas = tuple(prover.area(area) for area in reading.areas)
    return Proofs(reading, prover.shared, areas)


class _Prover:
    """Goes over the areas in the order of the file; equal ones are worked out once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._settled = {
            area.entry.selector: _rails(self._limits(area), self._when_no_data(area))
            for area in reading.areas
        }
        self._paths = _paths(self._settled)
        self._every = either(self._settled.values()) if self._settled else ANYTHING
        self._known: dict[tuple[object, ...], Fee] = {}
        self._order = {name: place for place, name in enumerate(reading.order)}
        self._readers = _readers(reading)
        shared = reading.variables
        variables = [(name, shared[name]) for name in reading.order if name in shared]
        self._minutes = reading.amounts.slot_length // timedelta(minutes=1)
        self.shared = Knowledge(variables, self._minutes, self._fee)

    def area(self, area: ReadArea) -> Proof:
        """What is proven of a selector."""
        limits, when_no_data = self._limits(area), self._when_no_data(area)
        knowledge = self._knowledge(area)
        key = (id(knowledge), limits, when_no_data, *map(_identity, area.rules))
        fee = self._known.get(key)
        if fee is None:
            lines = tuple(_lines(area, knowledge))
            fee = _after_limits(lines, limits, when_no_data)
            self._known[key] = fee
        if not fee.is_kept and not _holds_back(limits):
            self._settled[area.entry.selector] = fee.settled
        return Proof(area, knowledge, limits, when_no_data, fee)

    def _limits(self, area: ReadArea) -> Limits:
        return merged_limits(self._reading.amounts, area.entry.selector)

    def _when_no_data(self, area: ReadArea) -> WhenNoData:
        shared = self._reading.amounts.when_no_data
        own = area.when_no_data if area.when_no_data is not None else shared
        return "keep" if own is None else own

    def _knowledge(self, area: ReadArea) -> Knowledge:
        """What is known in areas that may have variables of their own.

        Those that read one of them are worked out anew.
        """
        if not area.variables:
            return self.shared
        anew = set(area.variables)
        waiting = list(anew)
        while waiting:
            readers = self._readers.get(waiting.pop(), set()) - anew
            anew |= readers
            waiting.extend(readers)
        seen: Mapping[str, Body] = {**self._reading.variables, **area.variables}
        variables = [(n, seen[n]) for n in sorted(anew, key=self._order.__getitem__) if n in seen]
        return Knowledge(variables, self._minutes, self._fee, self.shared.named)

    def _fee(self, reference: Reference) -> Range:
        """What the fee of another area may be.

        It is that of our own rules where some selector surely names the area. There may be no such
        area.
        """
        area = reference.area
        if area in self._settled and "/" not in area:
            named = (area, *self._paths.get(area, ()))
            return either((self._settled[each] for each in named), lacking=True)
        is_ours = _EVERY_AREA in self._settled or area in self._settled
        return replace(self._every if is_ours else ANYTHING, lacking=True)


def _paths(selectors: Iterable[str]) -> dict[str, list[str]]:
    """The selectors that are paths, by the name at their end."""
    paths: dict[str, list[str]] = {}
    for selector in selectors:
        _, slash, name = selector.rpartition("/")
        if slash:
            paths.setdefault(name, []).append(selector)
    return paths


def _rails(limits: Limits, when_no_data: WhenNoData) -> Range:
    """What a fee may be by its limits alone; one that is skipped is whatever it was before."""
    if when_no_data == "skip":
        return ANYTHING
    return between(limits.minimum, limits.maximum)


def _holds_back(limits: Limits) -> bool:
    """Whether a fee may stay near the one in force, whoever has set that."""
    kinds = (limits.max_change, limits.dead_band, limits.hold_slots or None)
    return any(kind is not None for kind in kinds)


def _readers(reading: Reading) -> dict[str, set[str]]:
    """By variable, the variables that read it in one of their versions."""
    readers: dict[str, set[str]] = {}
    versions = list(reading.variables.items())
    versions += [pair for area in reading.areas for pair in area.variables.items()]
    for name, body in versions:
        for expression in expressions(body):
            for read in expression.all_reads().values():
                readers.setdefault(read.name, set()).add(name)
    return readers


def _identity(rule: ReadRule) -> tuple[int, int]:
    """Equal texts share one expression."""
    return id(rule.when), id(rule.fee)


def _lines(area: ReadArea, knowledge: Knowledge) -> Iterator[Line]:
    assumed: Mapping[str, Possible] | None = {}
    for rule in area.rules:
        if rule.fee is None:
            continue
        line = _line(rule, rule.fee, knowledge, assumed)
        yield line
        assumed = _after(rule, knowledge, assumed) if line.follows.no else None


def _line(
    rule: ReadRule,
    fee: Expression,
    knowledge: Knowledge,
    assumed: Mapping[str, Possible] | None,
) -> Line:
    """A line under what is known where all lines above are false; None for never."""
    alone = knowledge.possible(rule.when) if rule.when else None
    when = alone if isinstance(alone, Chances) else None
    if assumed is None:
        return Line(when, Chances(yes=False, no=False), NEVER)
    if rule.when is None:
        return Line(when, Chances(yes=True, no=False), _amount(knowledge, fee, assumed))
    walk = knowledge.walk(rule.when, assumed)
    follows: Chances = walk.value(rule.when.tree)
    inner = walk.assuming(rule.when.tree, holds=True)
    found = _amount(knowledge, fee, {**assumed, **inner.names}) if inner else NEVER
    return Line(when, follows, found)


def _after(
    rule: ReadRule, knowledge: Knowledge, assumed: Mapping[str, Possible] | None
) -> Mapping[str, Possible] | None:
    """What is known below a line."""
    if rule.when is None or assumed is None:
        return None
    walk = knowledge.walk(rule.when, assumed).assuming(rule.when.tree, holds=False)
    return {**assumed, **walk.names} if walk else None


def _amount(knowledge: Knowledge, fee: Expression, assumed: Mapping[str, Possible]) -> Range:
    found = knowledge.walk(fee, assumed).value(fee.tree) if assumed else knowledge.possible(fee)
    return found if isinstance(found, Range) else ANYTHING


def _after_limits(lines: tuple[Line, ...], limits: Limits, when_no_data: WhenNoData) -> Fee:
    reached = [line for line in lines if line.follows.yes]
    lacking = any(line.follows.lacking for line in lines)
    raw = either((line.fee for line in reached), lacking=lacking)
    replaced = isinstance(when_no_data, float) and raw.lacking
    filled = [Range(raw.pieces)]
    if isinstance(when_no_data, float) and replaced:
        filled.append(exactly(when_no_data))
    is_lacking = raw.lacking and not replaced
    pieces = ((_settle(low, limits), _settle(high, limits)) for low, high in either(filled).pieces)
    return Fee(lines, raw, gathered(pieces, lacking=is_lacking), is_lacking)


def _settle(fee: float, limits: Limits) -> float:
    """A fee after the limits that need to know no other fee."""
    within = min(max(fee, limits.minimum), limits.maximum)
    return min(max(rounded(within, limits.decimals), limits.lowest), limits.highest)
