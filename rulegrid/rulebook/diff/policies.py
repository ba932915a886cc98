"""How the rules of a selector have changed: which, their conditions, fees, order and words."""

from collections.abc import Iterator
from dataclasses import dataclass

from rulegrid.bodies import Body
from rulegrid.formula import Expression
from rulegrid.rulebook.diff.both import View
from rulegrid.rulebook.diff.change import Change, Side
from rulegrid.rulebook.diff.matching import matched, moved
from rulegrid.rulebook.diff.meaning import meaning
from rulegrid.rulebook.diff.meanings import Meaning, See
from rulegrid.rulebook.diff.saying import said
from rulegrid.rulebook.diff.sight import Sight, Version
from rulegrid.rulebook.document import Path
from rulegrid.rulebook.reading import ReadArea, ReadRule


@dataclass(frozen=True, slots=True)
class Line:
    """A rule on one side."""

    rule: ReadRule
    number: int
    """The first is 1; 0 for an area with a single fee."""
    when: Meaning | None
    fee: Meaning

    @property
    def name(self) -> str:
        """What people call it."""
        return f"rule {self.number}" if self.rule.when else "otherwise" if self.number else "fee"


class Policies:
    """The rules of one selector on both sides."""

    def __init__(self, view: View, old: ReadArea, new: ReadArea) -> None:
        self.view, self.old, self.new = view, old, new
        self.before = _lines(old, view, view.see_old)
        self.after = _lines(new, view, view.see_new)

    def changes(self) -> Iterator[Change]:
        """All that is different in the rules themselves; what they read is told elsewhere."""
        sights = self.view.both.old, self.view.both.new
        if sights[0].fee(self.old, self.view.see_old) == sights[1].fee(
            self.new, self.view.see_new
        ):
            yield from self._words()
            return
        likenesses = (_by_all, _by_when, _by_fee, _by_because)
        pairs = matched(self.before, self.after, likenesses)
        gone = set(range(len(self.before))) - {before for before, _ in pairs}
        for at in sorted(gone):
            line = self.before[at]
            yield Change("rule", self._what(line), self._side(0, line.rule.entry.path, line), None)
        partner = {after: before for before, after in pairs}
        is_moved = moved(pairs)
        for at, line in enumerate(self.after):
            if at not in partner:
                side = self._side(1, line.rule.entry.path, line)
                yield Change("rule", self._what(line), None, side)
                continue
            yield from self._line(self.before[partner[at]], line)
            if partner[at] in is_moved:
                yield self._moved(self.before[partner[at]], line)

    def _line(self, was: Line, now: Line) -> Iterator[Change]:
        what = self._what(now, was)
        if was.when != now.when:
            yield Change(
                "condition",
                f"{what}: when",
                self._formula(0, was.rule.entry.when, was.rule.when),
                self._formula(1, now.rule.entry.when, now.rule.when),
            )
        if was.fee != now.fee:
            yield Change(
                "fee",
                what if now.name == "fee" else f"{what}: fee",
                self._formula(0, was.rule.entry.fee, was.rule.fee),
                self._formula(1, now.rule.entry.fee, now.rule.fee),
            )
        yield from self._because(was, now)

    def _words(self) -> Iterator[Change]:
        """Reasons that read otherwise, where all fees are the same."""
        for was, now in zip(self.before, self.after, strict=False):
            yield from self._because(was, now)
        rest = len(self.after)
        for line in (*self.before[rest:], *self.after[len(self.before) :]):
            yield from (
                self._because(line, None) if line in self.before else self._because(None, line)
            )

    def _because(self, was: Line | None, now: Line | None) -> Iterator[Change]:
        said_before = was.rule.entry.because if was else None
        said_now = now.rule.entry.because if now else None
        line = now or was
        if said_before != said_now and line:
            yield Change(
                "words",
                f"{self._what(line)}: because",
                self._reason(0, was, said_before),
                self._reason(1, now, said_now),
            )

    def _reason(self, side: int, line: Line | None, because: str | None) -> Side | None:
        if line is None or because is None:
            return None
        path = line.rule.entry.path
        path = path[:-1] if path[-1] == "fee" else path
        return self._sight(side).side((*path, "because"), because)

    def _moved(self, was: Line, now: Line) -> Change:
        return Change(
            "order",
            self._what(now),
            self._sight(0).side(was.rule.entry.path, was.name),
            self._sight(1).side(now.rule.entry.path, now.name),
        )

    def _what(self, line: Line, was: Line | None = None) -> str:
        renamed = f" (was {was.name})" if was and was.name != line.name else ""
        return f"`{self.new.entry.selector}`, {line.name}{renamed}"

    def _side(self, side: int, path: Path, line: Line) -> Side:
        fee = self._told(side, line.rule.fee)
        when = f"when {self._told(side, line.rule.when)}: " if line.rule.when else ""
        return self._sight(side).side(path, f"{when}{fee}")

    def _formula(self, side: int, text: object, expression: Expression | None) -> Side | None:
        path = getattr(text, "path", None)
        if path is None or expression is None:
            return None
        return self._sight(side).side(path, self._told(side, expression))

    def _told(self, side: int, expression: Expression | None) -> str:
        """A formula, and what named values are that only this side has."""
        if expression is None:
            return ""
        names = self.view.come if side else self.view.gone
        reads = (read.name for read in expression.all_reads().values() if read.scope == "own")
        known = (name for name in dict.fromkeys(reads) if name in names)
        versions = (self._sight(side).version(name, self.view.whose) for name in known)
        where = ", ".join(_definition(version) for version in versions if version)
        return f"{said(expression)} (where {where})" if where else said(expression)

    def _sight(self, side: int) -> Sight:
        return (self.view.both.old, self.view.both.new)[side]


def _lines(area: ReadArea, view: View, see: See) -> list[Line]:
    def meant(body: Body | None) -> Meaning | None:
        return None if body is None else meaning(body, view.both.meanings, see)

    first = 1 if area.entry.has_rules else 0
    return [
        Line(rule, number, meant(rule.when), meant(rule.fee) or 0)
        for number, rule in enumerate(area.rules, start=first)
    ]


def _definition(version: Version) -> str:
    return f"{version.entry.name} = {said(version.body)}"


def _by_all(line: Line) -> object:
    return line.when, line.fee


def _by_when(line: Line) -> object:
    return (line.when,)


def _by_fee(line: Line) -> object:
    return line.when is None, line.fee


def _by_because(line: Line) -> object:
    return line.rule.entry.because
