"""How a named value has changed: a formula, dated values, the steps of a band, windows, cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from rulegrid.bodies import Band, Body, Calendar, Dated, Option, Sheet
from rulegrid.formula import Expression
from rulegrid.rulebook.diff.both import Both, View
from rulegrid.rulebook.diff.change import Change, Gathered, Kind, Side
from rulegrid.rulebook.diff.matching import matched
from rulegrid.rulebook.diff.meaning import meaning
from rulegrid.rulebook.diff.meanings import Meaning, See
from rulegrid.rulebook.diff.saying import amount, day, said
from rulegrid.rulebook.diff.sight import Sight, Version, Whose
from rulegrid.rulebook.diff.tables import cells

Worth = Expression | Dated


@dataclass(frozen=True, slots=True)
class Part:
    """A value that a body may take, on one side."""

    option: Option
    meant: Meaning
    side: Callable[[str], Side]
    """Its place, with what is said there."""
    key: object = None
    """By what it is chosen."""


class NamedValues:
    """The named values that have changed, and whose fees they reach."""

    def __init__(self, both: Both) -> None:
        self._both = both
        self._known: dict[tuple[Whose, str], tuple[Change, ...]] = {}
        self._gathered = Gathered()

    def add(self, selector: str) -> None:
        """Note what has changed behind the names that the fee of a selector depends on."""
        view, both = self._both.view(selector), self._both
        before, after = both.old.reached(selector), both.new.reached(selector)
        for name, now in view.changed.items():
            if name in before.own or now in after.own:
                self._gathered.add(self._told(view, name), selector)
        everywhere = before.everywhere | after.everywhere
        for other in both.views() if everywhere else ():
            for name, now in other.changed.items():
                if name in before.everywhere or now in after.everywhere:
                    self._gathered.add(self._told(other, name), selector)
        self._add_groups(before.groups & after.groups, selector)

    def _add_groups(self, names: frozenset[str], selector: str) -> None:
        old, new = self._both.old, self._both.new
        for name in sorted(names & old.groups.keys() & new.groups.keys()):
            if old.groups[name] != new.groups[name]:
                sides = (sight.side(("groups", name), _group(sight, name)) for sight in (old, new))
                change = Change("group", f"group `{name}`", next(sides), next(sides))
                self._gathered.add([change], selector)

    def changes(self) -> tuple[Change, ...]:
        """All of them."""
        return self._gathered.changes()

    def _told(self, view: View, name: str) -> tuple[Change, ...]:
        key = (view.whose, name)
        if key not in self._known:
            self._known[key] = tuple(Comparison(view, *view.pair(name)).changes())
        return self._known[key]


class Comparison:
    """One named value on both sides."""

    def __init__(self, view: View, old: Version, new: Version) -> None:
        self.view, self.old, self.new = view, old, new
        self.kind: Kind = _kind(new.body)
        self.what = f"{self.kind} `{new.entry.name}`"
        if new.whose is not None:
            self.what += f" of `{new.whose}`"
        if old.entry.name != new.entry.name:
            self.what += f" (was `{old.entry.name}`)"

    def changes(self) -> Iterator[Change]:
        """All that is different in it by itself; what it reads is told elsewhere."""
        if self._means(self.old, self.view.see_old) == self._means(self.new, self.view.see_new):
            return
        found = list(self._parts(self.old.body, self.new.body))
        yield from found or [self._whole()]

    def _means(self, version: Version, see: See) -> Meaning:
        return meaning(version.body, self.view.both.meanings, see)

    def _parts(self, old: Body, new: Body) -> Iterator[Change]:
        if isinstance(old, Band) and isinstance(new, Band):
            yield from self._band(old, new)
        elif isinstance(old, Calendar) and isinstance(new, Calendar):
            yield from self._calendar(old, new)
        elif isinstance(old, Dated) and isinstance(new, Dated):
            yield from self._dated(old, new, "")
        elif isinstance(old, Sheet) and isinstance(new, Sheet):
            yield from cells(self.what, old, new)

    def _whole(self) -> Change:
        old, new = said(self.old.body), said(self.new.body)
        sights = self.view.both.old, self.view.both.new
        if old == new:
            old, new = (f"{old} {_slots(sight)}" for sight in sights)
        return self._change(
            "",
            sights[0].side(self.old.entry.path, old),
            sights[1].side(self.new.entry.path, new),
        )

    def _change(self, part: str, old: Side | None, new: Side | None) -> Change:
        return Change(self.kind, f"{self.what}{part}", old, new)

    def _band(self, old: Band, new: Band) -> Iterator[Change]:
        meanings, view = self.view.both.meanings, self.view
        if meaning(old.input, meanings, view.see_old) != meaning(
            new.input, meanings, view.see_new
        ):
            yield self._change(
                ", input",
                view.both.old.side((*self.old.entry.path, "input"), said(old.input)),
                view.both.new.side((*self.new.entry.path, "input"), said(new.input)),
            )
        before = self._options(view.both.old, view.see_old, old.options, (*old.bounds, inf))
        after = self._options(view.both.new, view.see_new, new.options, (*new.bounds, inf))
        alike = (_by_key, _by_meaning) if len(before) == len(after) else (_by_meaning, _by_key)
        pairs = matched(before, after, (_by_key_and_meaning, *alike, _by_nothing))
        for part in _left(before, pairs, 0):
            yield self._change(f", step {_reach(old, part)}", part.side(_worth(part)), None)
        for at, now in enumerate(after):
            step = f", step {_reach(new, now)}"
            was = next((before[left] for left, right in pairs if right == at), None)
            if was is None:
                yield self._change(step, None, now.side(_worth(now)))
                continue
            if was.key != now.key:
                ends = was.side(_reach(old, was)), now.side(_reach(new, now))
                yield self._change(f", {now.option.name}: where it holds", *ends)
            yield from self._worths(f"{step}: fee", was, now)

    def _calendar(self, old: Calendar, new: Calendar) -> Iterator[Change]:
        view = self.view
        before = self._options(view.both.old, view.see_old, old.options, old.windows)
        after = self._options(view.both.new, view.see_new, new.options, new.windows)
        likenesses = (_by_all, _by_name, _by_key, _by_meaning)
        pairs = matched(before, after, likenesses)
        for part in _left(before, pairs, 0):
            yield self._change(f", {_window(part)}", part.side(_timed(part)), None)
        for at, now in enumerate(after):
            was = next((before[left] for left, right in pairs if right == at), None)
            if was is None:
                yield self._change(f", {_window(now)}", None, now.side(_timed(now)))
                continue
            if was.key != now.key:
                sides = was.side(_when(was)), now.side(_when(now))
                yield self._change(f", {_window(now)}: when it holds", *sides)
            yield from self._worths(f", {_window(now)}: value", was, now)
        if old.overlap != new.overlap:
            paths = (*self.old.entry.path, "overlap"), (*self.new.entry.path, "overlap")
            yield self._change(
                ", overlap",
                view.both.old.side(paths[0], old.overlap),
                view.both.new.side(paths[1], new.overlap),
            )

    def _worths(self, part: str, was: Part, now: Part) -> Iterator[Change]:
        if was.meant == now.meant:
            return
        old, new = was.option.value, now.option.value
        if isinstance(old, Dated) and isinstance(new, Dated):
            yield from self._dated(old, new, part)
        else:
            yield self._change(part, was.side(said(old)), now.side(said(new)))

    def _dated(self, old: Dated, new: Dated, part: str) -> Iterator[Change]:
        view = self.view
        before = self._options(view.both.old, view.see_old, old.options, old.first_days)
        after = self._options(view.both.new, view.see_new, new.options, new.first_days)
        pairs = matched(before, after, (_by_key, _by_meaning))
        for was in _left(before, pairs, 0):
            yield self._change(f"{part}, {was.option.name}", was.side(_worth(was)), None)
        for at, now in enumerate(after):
            found = next((before[left] for left, right in pairs if right == at), None)
            if found is None:
                yield self._change(f"{part}, {now.option.name}", None, now.side(_worth(now)))
            elif found.key != now.key:
                days = (f"from {day(int(str(each.key)))}" for each in (found, now))
                sides = found.side(next(days)), now.side(next(days))
                yield self._change(f"{part}, {_worth(now)}: from when", *sides)
            elif found.meant != now.meant:
                sides = found.side(_worth(found)), now.side(_worth(now))
                yield self._change(f"{part}, {now.option.name}", *sides)

    def _options(
        self, sight: Sight, see: See, options: Sequence[Option], keys: Sequence[object]
    ) -> list[Part]:
        """The options of one side; one without a key has None."""
        spare: list[object] = [None] * len(options)
        return [
            Part(
                option,
                meaning(option.value, self.view.both.meanings, see),
                lambda text, line=option.place.line: sight.at_line(line, text),  # type: ignore[misc]
                key,
            )
            for option, key in zip(options, [*keys, *spare], strict=False)
        ]


def _kind(body: Body) -> Kind:
    if isinstance(body, Band):
        return "band"
    if isinstance(body, Calendar):
        return "calendar"
    return "table" if isinstance(body, Sheet) else "variable"


def _by_all(part: Part) -> tuple[object, ...]:
    return part.option.name, part.key, part.meant


def _by_key_and_meaning(part: Part) -> tuple[object, ...]:
    return part.key, part.meant


def _by_name(part: Part) -> str | None:
    return None if part.option.name.startswith("window ") else part.option.name


def _by_key(part: Part) -> object:
    return part.key


def _by_meaning(part: Part) -> Meaning:
    return part.meant


def _by_nothing(part: Part) -> bool:
    """Steps that are left over on both sides are each other's successors."""
    del part
    return True


def _left(parts: Sequence[Part], pairs: Sequence[tuple[int, int]], side: int) -> Iterator[Part]:
    """Those that have no partner."""
    taken = {pair[side] for pair in pairs}
    return (part for at, part in enumerate(parts) if at not in taken)


def _reach(band: Band, part: Part) -> str:
    """The inputs that a step takes: `1 (up to 10 kWh)`."""
    at = next(at for at, option in enumerate(band.options) if option is part.option)
    kind = band.input.kind
    if at == 0:
        ends = f"up to {amount(band.bounds[0], kind)}" if band.bounds else "any"
    elif at == len(band.bounds):
        ends = f"above {amount(band.bounds[-1], kind)}"
    else:
        ends = f"above {amount(band.bounds[at - 1], kind)} up to {amount(band.bounds[at], kind)}"
    return f"{at + 1} ({ends})"


def _worth(part: Part) -> str:
    return said(part.option.value)


def _window(part: Part) -> str:
    name = part.option.name
    return name if name == "otherwise" or name.startswith("window ") else f"window `{name}`"


def _when(part: Part) -> str:
    return part.option.when or "at all times"


def _timed(part: Part) -> str:
    return _worth(part) if part.key is None else f"{_when(part)}: {_worth(part)}"


def _group(sight: Sight, name: str) -> str:
    groups = sight.reading.rulebook.groups
    return ", ".join(text.text for each in groups if each.name == name for text in each.selectors)


def _slots(sight: Sight) -> str:
    minutes = sight.reading.amounts.slot_length.total_seconds() / 60
    return f"in slots of {minutes:g} min"
