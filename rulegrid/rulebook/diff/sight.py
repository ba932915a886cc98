"""What the named values of a rulebook mean, for each selector that sees its own versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rulegrid.bodies import Body
from rulegrid.rulebook.diff.change import Side
from rulegrid.rulebook.diff.meaning import meaning
from rulegrid.rulebook.diff.meanings import Meaning, Meanings, See
from rulegrid.rulebook.diff.reads import Reads, reads_of
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.entries import VariableEntry
from rulegrid.rulebook.reading import ReadArea, Reading

Whose = str | None
"""The selector that has versions of its own; None for the shared ones."""


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """A named value as some areas see it."""

    entry: VariableEntry
    whose: Whose
    body: Body
    reads: Reads

    @property
    def name(self) -> str:
        """What it is called."""
        return self.entry.name


class Sight:
    """A rulebook that was read, and what its named values mean."""

    def __init__(self, reading: Reading, meanings: Meanings) -> None:
        self.reading = reading
        self.meanings = meanings
        self.areas: Mapping[str, ReadArea] = {area.entry.selector: area for area in reading.areas}
        self.groups: Mapping[str, Meaning] = {
            group.name: meanings.of("group", *sorted({each.text for each in group.selectors}))
            for group in reading.rulebook.groups
        }

    def side(self, path: Path, text: str) -> Side:
        """What stands at a place of the document, in these words."""
        document = self.reading.rulebook.document
        span = document.key_spans.get(path) or document.spans.get(path)
        line = document.source.position(span.start).line if span else None
        return Side(text, document.source.name, line)

    def at_line(self, line: int, text: str) -> Side:
        """What stands on a line of the document."""
        return Side(text, self.reading.rulebook.document.source.name, line)

    @cached_property
    def versions(self) -> Mapping[Whose, Mapping[str, Version]]:
        """Every version of each named value, by whose it is and by its name."""
        rulebook = self.reading.rulebook
        found: dict[Whose, Mapping[str, Version]] = {
            None: self._versions(None, rulebook.variables, self.reading.variables)
        }
        for selector, area in self.areas.items():
            if area.variables:
                found[selector] = self._versions(selector, area.entry.variables, area.variables)
        return found

    def version(self, name: str, whose: Whose) -> Version | None:
        """The version of a named value that somebody sees."""
        return self.versions.get(whose, {}).get(name) or self.versions[None].get(name)

    def reached(self, selector: str) -> Reads:
        """All that the fee of a selector's areas depends on, however far down."""
        rules = self.areas[selector].rules
        reached = self._reads(body for rule in rules for body in (rule.when, rule.fee) if body)
        waiting = [(name, True) for name in reached.own]
        waiting += [(name, False) for name in reached.everywhere]
        while waiting:
            name, is_own = waiting.pop()
            whose = [selector] if is_own else list(self.versions)
            versions = (self.version(name, each) for each in whose)
            found = Reads.together(version.reads for version in versions if version)
            found = found if is_own else found.of_everyone
            waiting += [(each, True) for each in found.own - reached.own]
            waiting += [(each, False) for each in found.everywhere - reached.everywhere]
            reached = Reads.together((reached, found))
        return reached

    def see(self, whose: Whose) -> See:
        """What all names mean to somebody."""
        known, everywhere = self._known
        return See(known.get(whose, known[None]), everywhere, self.groups)

    def fee(self, area: ReadArea, see: See) -> Meaning:
        """What all the rules of an area together mean: the first one that is true decides."""
        fees = [meaning(rule.fee, self.meanings, see) for rule in area.rules if rule.fee]
        whole = fees.pop()
        for rule, fee in zip(area.rules[-2::-1], reversed(fees), strict=True):
            if rule.when is not None:
                whole = self.meanings.choice(meaning(rule.when, self.meanings, see), fee, whole)
        return whole

    def inlined(self, whose: Whose, fixed: See) -> See:
        """A view in which some names have a fixed meaning, and the others that of their bodies."""
        seen = dict(fixed.own)
        see = See(seen, fixed.everywhere, fixed.groups)
        for name in self.reading.order:
            version = self.version(name, whose) if name not in seen else None
            if version:
                seen[name] = meaning(version.body, self.meanings, see)
        return see

    @cached_property
    def _known(self) -> tuple[Mapping[Whose, Mapping[str, Meaning]], Mapping[str, Meaning]]:
        """What each name means to everybody who has versions of their own, and everywhere."""
        known: dict[Whose, dict[str, Meaning]] = {whose: {} for whose in self.versions}
        everywhere: dict[str, Meaning] = {}
        for name in self.reading.order:
            for whose, seen in known.items():
                version = self.version(name, whose)
                if version and self._is_shared(version, known[None], seen):
                    seen[name] = known[None][name]
                elif version:
                    see = See(seen, everywhere, self.groups)
                    seen[name] = meaning(version.body, self.meanings, see)
            everywhere[name] = self._everywhere(name, known, everywhere)
        return known, everywhere

    def _is_shared(
        self, version: Version, shared: Mapping[str, Meaning], seen: Mapping[str, Meaning]
    ) -> bool:
        """Whether a version and all that it reads mean what they mean to everyone else."""
        is_known = version.whose is None and version.name in shared
        return is_known and all(seen.get(name) == shared.get(name) for name in version.reads.own)

    def _everywhere(
        self,
        name: str,
        known: Mapping[Whose, Mapping[str, Meaning]],
        everywhere: Mapping[str, Meaning],
    ) -> Meaning:
        """What a name means in areas of any selector."""
        shared, version = known[None].get(name), self.versions[None].get(name)
        own = sorted(
            (whose, seen[name])
            for whose, seen in known.items()
            if whose is not None and name in seen and seen[name] != shared
        )
        if version and not own:  # as good as what stands behind it
            return meaning(version.body, self.meanings, See(everywhere, everywhere, self.groups))
        return self.meanings.of("everywhere", shared, *own)

    def _versions(
        self, whose: Whose, entries: Iterable[VariableEntry], bodies: Mapping[str, Body]
    ) -> Mapping[str, Version]:
        return {
            entry.name: Version(
                entry, whose, bodies[entry.name], self._reads([bodies[entry.name]])
            )
            for entry in entries
            if entry.name in bodies
        }

    def _reads(self, bodies: Iterable[Body]) -> Reads:
        named = frozenset(self.reading.order)
        return Reads.together(reads_of(body, named) for body in bodies)
