"""Two rulebooks side by side, as one selector sees them."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from rulegrid.rulebook.diff.meanings import Meaning, Meanings, See
from rulegrid.rulebook.diff.pairing import paired
from rulegrid.rulebook.diff.sight import Sight, Version, Whose
from rulegrid.rulebook.reading import Reading


class Both:
    """The old rulebook and the new one."""

    def __init__(self, old: Reading, new: Reading) -> None:
        self.meanings = Meanings()
        self.old, self.new = Sight(old, self.meanings), Sight(new, self.meanings)
        self._views: dict[Whose, View] = {}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What named values of the old rulebook are called in the new one."""
        return paired(self.old, self.new)

    def view(self, selector: Whose) -> "View":
        """What a selector sees; those without versions of their own share one view."""
        has_own = selector in self.old.versions or selector in self.new.versions
        whose = selector if has_own else None
        if whose not in self._views:
            self._views[whose] = View(self, whose)
        return self._views[whose]

    def views(self) -> Iterator["View"]:
        """All views that there are."""
        return map(self.view, dict.fromkeys((*self.old.versions, *self.new.versions)))

    def is_same_fee(self, selector: str) -> bool:
        """Whether a selector that both have gives the same fee before limits."""
        old, new = (
            sight.fee(sight.areas[selector], sight.see(selector)) for sight in (self.old, self.new)
        )
        return old == new

    def selectors(self) -> Iterator[str]:
        """The selectors that both have."""
        return (selector for selector in self.old.areas if selector in self.new.areas)


class View:
    """Both rulebooks through the eyes of areas that see the same versions.

    A named value that has changed is opaque in it: formulas that read it do not differ for that
    reason. Every other one means what stands behind it, so that it may be pasted in or pulled out.
    """

    def __init__(self, both: Both, whose: Whose) -> None:
        self.both, self.whose = both, whose
        old, new = both.old.see(whose), both.new.see(whose)
        seen = {
            name: after
            for name, after in both.names.items()
            if both.old.version(name, whose) and both.new.version(after, whose)
        }
        self.changed: Mapping[str, str] = {
            name: after for name, after in seen.items() if old.own[name] != new.own[after]
        }
        everywhere = _opaque(both, both.names, old.everywhere, new.everywhere)
        same_name = {name: name for name in old.groups if name in new.groups}
        groups = _opaque(both, same_name, old.groups, new.groups)
        own = _opaque(both, seen, old.own, new.own)
        fixed = [
            See(
                {name: own[at][name] for name in (seen if at == 0 else seen.values())},
                everywhere[at],
                groups[at],
            )
            for at in (0, 1)
        ]
        self.see_old = both.old.inlined(whose, fixed[0])
        self.see_new = both.new.inlined(whose, fixed[1])
        self.gone = frozenset(old.own) - frozenset(seen)
        """Named values that only the old rulebook has."""
        self.come = frozenset(new.own) - frozenset(seen.values())

    def pair(self, name: str) -> tuple[Version, Version]:
        """Both versions of a named value that has changed, by its old name."""
        old = self.both.old.version(name, self.whose)
        new = self.both.new.version(self.changed[name], self.whose)
        if old is None or new is None:
            raise KeyError(name)
        return old, new


def _opaque(
    both: Both, names: Mapping[str, str], old: Mapping[str, Meaning], new: Mapping[str, Meaning]
) -> tuple[dict[str, Meaning], dict[str, Meaning]]:
    """What names mean on both sides, where those that have changed mean the same unknown."""
    before, after = dict(old), dict(new)
    for name, now in names.items():
        if name in old and now in new and old[name] != new[now]:
            before[name] = after[now] = both.meanings.of("changed", name)
    return before, after
