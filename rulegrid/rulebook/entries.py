"""What an author may write behind a name: the author's words, typed."""

from collections.abc import Iterator
from dataclasses import dataclass

from rulegrid.rulebook.document import Path


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as the author wrote it, and where it stands in the document."""

    text: str
    path: Path


@dataclass(frozen=True, slots=True)
class DatedEntry:
    """Values by the day from which they hold; the first of each pair is that day."""

    path: Path
    steps: tuple[tuple[Text, Text], ...]

    def texts(self) -> Iterator[Text]:
        """The formulas in it."""
        return (value for _, value in self.steps)


WorthEntry = Text | DatedEntry
"""What a fee or a value may be: one for ever, or one from a day on."""


@dataclass(frozen=True, slots=True)
class StepEntry:
    """A step of a band."""

    path: Path
    up_to: Text | None
    above: Text | None
    fee: WorthEntry | None


@dataclass(frozen=True, slots=True)
class BandEntry:
    """A fee by the size of an input."""

    path: Path
    input: Text | None
    steps: tuple[StepEntry, ...]

    def texts(self) -> Iterator[Text]:
        """The formulas in it."""
        yield from _texts(self.input)
        for step in self.steps:
            yield from _texts(step.fee)


@dataclass(frozen=True, slots=True)
class WindowEntry:
    """A window of a calendar; what is not written holds always."""

    path: Path
    name: str | None
    months: tuple[Text, ...]
    days: tuple[Text, ...]
    hours: Text | None
    value: WorthEntry | None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A value by the clock."""

    path: Path
    windows: tuple[WindowEntry, ...]
    otherwise: WorthEntry | None
    overlap: Text | None

    def texts(self) -> Iterator[Text]:
        """The formulas in it."""
        for window in self.windows:
            yield from _texts(window.value)
        yield from _texts(self.otherwise)


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A calendar that reads a table."""

    file: Text

    def texts(self) -> Iterator[Text]:
        """The formulas in it: there are none."""
        return iter(())


BodyEntry = Text | DatedEntry | BandEntry | CalendarEntry | SheetEntry


def _texts(entry: BodyEntry | None) -> Iterator[Text]:
    if isinstance(entry, Text):
        yield entry
    elif entry is not None:
        yield from entry.texts()


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """A named value: a variable, a band or a calendar.

    `body` is None where its shape is broken, so that its name is still known.
    """

    name: str
    path: Path
    body: BodyEntry | None
    unit: Text | None = None

    def texts(self) -> Iterator[Text]:
        """Every formula in it."""
        return _texts(self.body)

    def dated(self) -> Iterator[DatedEntry]:
        """Everything in it that changes on certain days."""
        worths: tuple[object, ...] = (self.body,)
        if isinstance(self.body, BandEntry):
            worths = tuple(step.fee for step in self.body.steps)
        elif isinstance(self.body, CalendarEntry):
            windows = (window.value for window in self.body.windows)
            worths = (*windows, self.body.otherwise)
        return (worth for worth in worths if isinstance(worth, DatedEntry))
