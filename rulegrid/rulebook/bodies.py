"""From what an author writes behind a name to what it is worked out from."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal, TypeVar

from rulegrid.bodies import Band, Body, Calendar, Dated, Hours, Option, Sheet
from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.formula import Expression, Problem, Scope, TruthKind, literal
from rulegrid.rulebook import schedules
from rulegrid.rulebook.amounts import Amounts, Fault
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
from rulegrid.rulebook.named_files import Files, Unread
from rulegrid.rulebook.tables import Tables
from rulegrid.source import Place
from rulegrid.units import NUMBER, Dimension, Unit

Expected = Unit | TruthKind | None
"""What a formula has to end in: None for whatever it is."""
Read = Callable[[Text | None, Expected], Expression | None]
"""The expression of a formula, in the scope of whoever asks; None where it is missing or broken,
which has been told then."""

T = TypeVar("T")

_A_NUMBER = Unit("", NUMBER, Fraction(1))


class Bodies:
    """Reads what stands behind names, formula by formula, and collects the faults."""

    def __init__(
        self, document: Document, amounts: Amounts, files: Files | None, faults: list[Fault]
    ) -> None:
        self._document = document
        self._amounts = amounts
        self._faults = faults
        self._tables = Tables(document.source.name, amounts, files)
        self.in_files: dict[Path, tuple[Diagnostic, ...]] = {}
        """What is wrong in the files that are named, by the place where they are."""

    def body(self, entry: VariableEntry, read: Read) -> Body | None:
        """The body of a named value, or None where a part of it is broken."""
        unit = self._amounts.units.get(entry.path)
        if isinstance(entry.body, BandEntry):
            return self._band(entry.body, read)
        if isinstance(entry.body, SheetEntry):
            return self._sheet(entry.name, entry.body, unit or self._amounts.fee_unit)
        if isinstance(entry.body, CalendarEntry):
            return self._calendar(entry.body, unit or self._amounts.fee_unit, read)
        return self._worth(entry.body, unit, read)

    def _sheet(self, name: str, entry: SheetEntry, unit: Unit) -> Sheet | None:
        file = entry.file
        found = self._tables.read(file.text, unit)
        if isinstance(found, Unread):
            self._fault(file, "RG601", found.why, found.hint)
            return None
        table, wrong = found
        if wrong:
            self.in_files[file.path] = wrong
        return Sheet(unit.dimension, name, file.text, table) if table else None

    def _worth(
        self, entry: WorthEntry | None, unit: Expected, read: Read
    ) -> Expression | Dated | None:
        if isinstance(entry, DatedEntry):
            return self._dated(entry, unit, read)
        return read(entry, unit)

    def _dated(self, entry: DatedEntry, unit: Expected, read: Read) -> Dated | None:
        options: list[tuple[int, Option]] = []
        for written, text in entry.steps:
            day = self._scheduled(written, schedules.day)
            value = read(text, unit)
            if day and value:
                name = f"from {day.isoformat()}"
                options.append((day.toordinal(), Option(name, "", value, self._place(text.path))))
                self._same_kind(text, value, options[0][1].value)
        if len(options) < len(entry.steps) or not options:
            return None
        options.sort(key=lambda pair: pair[0])
        kind = options[0][1].value.kind
        return Dated(kind, tuple(o for _, o in options), tuple(first for first, _ in options))

    def _same_kind(self, text: Text, value: Expression, first: Expression | Dated) -> None:
        if value.kind != first.kind:
            message = f"this is {value.kind}, and the value of another day is {first.kind}"
            self._fault(text, "RG106", message, "one name has one unit, whatever the day")

    def _band(self, entry: BandEntry, read: Read) -> Band | None:
        size = read(entry.input, None)
        fees = [self._worth(step.fee, self._amounts.fee_unit, read) for step in entry.steps]
        if size is None or entry.input is None:
            return None
        if not isinstance(size.kind, Dimension):
            hint = "write an amount, or rules with `when`"
            self._fault(entry.input, "RG108", "this is a condition, and a band goes by size", hint)
            return None
        bounds = self._bounds(entry.steps, size.kind)
        options = [
            Option(f"step {number}", _limit(step), fee, self._place(step.path))
            for number, (step, fee) in enumerate(zip(entry.steps, fees, strict=True), start=1)
            if fee
        ]
        if bounds is None or len(options) != len(bounds) + 1:
            return None
        return Band(self._amounts.fee_unit.dimension, tuple(options), size, bounds)

    def _bounds(self, steps: Sequence[StepEntry], kind: Dimension) -> tuple[float, ...] | None:
        """The ends of all steps but the last, proved to rise without gap or overlap."""
        ends = [(text, self._bound(text, kind)) for step in steps if (text := step.up_to)]
        if not self._is_complete(steps) or len(ends) != len(steps) - 1:
            return None
        last = steps[-1].above
        known = [(text, bound) for text, bound in ends if bound is not None]
        for (before, lower), (text, upper) in pairwise(known):
            if upper <= lower:
                message = f"{shown(text.text)} does not lie above {shown(before.text)}"
                self._fault(text, "RG308", message, "let the steps rise")
        rest = self._bound(last, kind) if last else None
        if last and rest is not None and known and known[-1][1] != rest:
            end = shown(known[-1][0].text)
            what = "a gap" if rest > known[-1][1] else "an overlap"
            message = f"there is {what} between {end} and {shown(last.text)}"
            self._fault(last, "RG308", message, f"write `above: {end}`")
        return tuple(float(bound) for _, bound in known)

    def _is_complete(self, steps: Sequence[StepEntry]) -> bool:
        """Whether the last step, and no other, has no upper end."""
        early = [step.above for step in steps[:-1] if step.above and not step.up_to]
        for text in early:
            hint = "write `up_to` with the upper end of this step, or make it the last one"
            self._fault(text, "RG308", "only the last step of a band is `above`", hint)
        last = steps[-1].up_to if steps else None
        if last:
            message = f"there is no fee above {shown(last.text)}"
            hint = f"end the steps with `- {{above: {shown(last.text)}, fee: ...}}`"
            self._fault(last, "RG308", message, hint)
        return not early and not last

    def _bound(self, text: Text, kind: Dimension) -> Fraction | None:
        amounts = self._amounts
        scope = Scope({}, amounts.fee_unit.dimension, amounts.slot_length)
        value = literal(text.text, _A_NUMBER if kind == NUMBER else kind, scope)
        if isinstance(value, Fraction):
            return value
        self._faults.extend(Fault(text.path, problem) for problem in value)
        return None

    def _calendar(self, entry: CalendarEntry, unit: Unit, read: Read) -> Calendar | None:
        options: list[Option | None] = []
        windows: list[Hours | None] = []
        for number, window in enumerate(entry.windows, start=1):
            value = self._worth(window.value, unit, read)
            name = window.name or f"window {number}"
            place = self._place(window.path)
            options.append(Option(name, _span(window), value, place) if value else None)
            windows.append(self._hours(window))
        if entry.otherwise:
            rest = self._worth(entry.otherwise, unit, read)
            place = self._place((*entry.path, "otherwise"))
            options.append(Option("otherwise", "", rest, place) if rest else None)
        whole, hours = tuple(filter(None, options)), tuple(filter(None, windows))
        if len(whole) < len(options) or len(hours) < len(windows) or not hours:
            return None
        overlap: Literal["add", "last"] = "last"
        if entry.overlap and entry.overlap.text == "add":
            overlap = "add"
        return Calendar(unit.dimension, whole, hours, overlap)

    def _hours(self, window: WindowEntry) -> Hours | None:
        months = [self._scheduled(text, schedules.months) for text in window.months]
        days = [self._scheduled(text, schedules.days) for text in window.days]
        hours = self._scheduled(window.hours, schedules.hours) if window.hours else _WHOLE_DAY
        if None in months or None in days or hours is None:
            return None
        return Hours(
            _either(months) or schedules.ALL_MONTHS, _either(days) or schedules.ALL_DAYS, *hours
        )

    def _scheduled(self, text: Text, understand: Callable[[str], T | Problem]) -> T | None:
        found = understand(text.text)
        if isinstance(found, Problem):
            self._faults.append(Fault(text.path, found))
            return None
        return found

    def _fault(self, text: Text, code: str, message: str, hint: str) -> None:
        problem = Problem(0, len(text.text), code, message, hint)
        self._faults.append(Fault(text.path, problem))

    def _place(self, path: Path) -> Place:
        span = self._document.spans[path]
        return Place(span, self._document.source.position(span.start).line)


_WHOLE_DAY = (0, schedules.MIDNIGHT)


def _either(bits: Sequence[int | None]) -> int:
    together = 0
    for each in bits:
        together |= each or 0
    return together


def _limit(step: StepEntry) -> str:
    """The end of a step in the words of the rulebook."""
    ends = (("up_to", step.up_to), ("above", step.above))
    return ", ".join(f"{key} {text.text}" for key, text in ends if text)


def _span(window: WindowEntry) -> str:
    """When a window holds, in the words of the rulebook."""
    hours = (window.hours,) if window.hours else ()
    written = (*window.months, *window.days, *hours)
    return ", ".join(text.text for text in written)
