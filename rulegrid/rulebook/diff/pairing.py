"""Which named value of one rulebook is which of the other."""

from collections.abc import Mapping

from rulegrid.formula import Expression
from rulegrid.rulebook.diff.sight import Sight, Version


def paired(old: Sight, new: Sight) -> Mapping[str, str]:
    """For named values of the old rulebook what they are called in the new one.

    First by their names, then by what they mean. A single one of its kind that is left over on
    both sides was renamed and changed at once.
    """
    before, after = _versions(old), _versions(new)
    pairs = {name: name for name in before if name in after}
    gone = {name: version for name, version in before.items() if name not in pairs}
    come = {name: version for name, version in after.items() if name not in pairs}
    by_meaning = {_meant(new, version): name for name, version in reversed(come.items())}
    for name, version in list(gone.items()):
        found = by_meaning.pop(_meant(old, version), None)
        if found is not None:
            pairs[name] = found
            del gone[name], come[found]
    by_kind = _single(come)
    for kind, name in _single(gone).items():
        if kind in by_kind:
            pairs[name] = by_kind[kind]
    return pairs


def _versions(sight: Sight) -> dict[str, Version]:
    """A version of each named value, the shared one where there is one."""
    found: dict[str, Version] = {}
    for versions in sight.versions.values():
        for name, version in versions.items():
            found.setdefault(name, version)
    return found


def _meant(sight: Sight, version: Version) -> int:
    return sight.see(version.whose).own[version.name]


def _single(versions: Mapping[str, Version]) -> dict[tuple[object, ...], str]:
    """The named values of which there is one of a kind only."""
    found: dict[tuple[object, ...], list[str]] = {}
    for name, version in versions.items():
        body = version.body
        what = "formula" if isinstance(body, Expression) else type(body).__name__
        found.setdefault((what, body.kind), []).append(name)
    return {kind: names[0] for kind, names in found.items() if len(names) == 1}
