"""What may be wrong with a history: each a finding, with the row it was found in."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from rulegrid.diagnostics import Diagnostic, did_you_mean, shown
from rulegrid.gateway.histories.folders import Part
from rulegrid.grid import MarketSlot, write_slot
from rulegrid.metrics import METRICS

SLOT, AREA = "slot", "area"
LONG_FORM = "a history has the columns `slot` and `area`, and one for each metric"


class HistoryError(Exception):
    """A history that cannot be read any further."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


def columns(names: Collection[str]) -> Iterator[Diagnostic]:
    """RG711: a column that is missing. RG712: one that is no metric, or stands there twice."""
    for needed in (SLOT, AREA):
        if needed not in names:
            others = [name for name in names if name not in METRICS]
            hint = did_you_mean(needed, others).replace("did you mean", "is it")
            told = f"there is no column `{needed}`"
            yield Diagnostic("RG711", told, hint=hint or LONG_FORM)
    if SLOT in names and AREA in names:
        yield from _no_metrics(names)


def _no_metrics(names: Collection[str]) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Diagnostic("RG712", f"two columns are named `{shown(name)}`")
        elif name not in METRICS and name not in (SLOT, AREA):
            yield _no_metric(name)
        seen.add(name)


def _no_metric(name: str) -> Diagnostic:
    hint = did_you_mean(name, METRICS) or "leave this column out, or give it a metric's name"
    return Diagnostic("RG712", f"`{shown(name)}` is no metric", hint=hint)


def parts(files: Sequence[Part]) -> Iterator[Diagnostic]:
    """What keeps the files of a folder, sorted by their first slot, from being one history.

    RG712: other columns than in the first. RG713: slots from before another's end.
    """
    for each in files[1:]:
        if set(each.columns) != set(files[0].columns):
            yield _unlike(files[0], each)
            break
    for before, each in pairwise(files):
        if before.edges and each.edges and each.edges[0] < before.edges[1]:
            yield _overlapping(before, each)
            break


def _unlike(one: Part, other: Part) -> Diagnostic:
    missing = [name for name in one.columns if name not in other.columns]
    more = [name for name in other.columns if name not in one.columns]
    has, lacks = (one, other) if missing else (other, one)
    column = shown((missing or more)[0])
    told = f"{lacks.told} has no column `{column}`, and {has.told} has it"
    hint = "all files of a history have the same columns; where there is no data, they are empty"
    return Diagnostic("RG712", told, hint=hint)


def _overlapping(before: Part, then: Part) -> Diagnostic:
    first, last = (then.edges or (0,))[0], (before.edges or (0,))[-1]
    told = (
        f"{then.told} begins with slot {written(first)}, before {before.told} ends with "
        f"{written(last)}"
    )
    hint = "the files of a history follow each other in time: split it by months or days"
    return Diagnostic("RG713", told, hint=hint)


def written(seconds: int) -> str:
    """A time, in seconds since 1970, as slots are written."""
    moment = datetime.fromtimestamp(int(seconds), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}" if moment.second else write_slot(MarketSlot(moment))


def out_of_order(row: str, slot: str, before: str) -> HistoryError:
    """RG713: a slot that comes after a later one."""
    told = f"{row}: slot {slot} comes after {before}"
    hint = "sort the rows by slot"
    return HistoryError(Diagnostic("RG713", told, hint=hint))


def doubled(row: str, slot: str, area: str) -> HistoryError:
    """RG713: an area that has two rows in a slot."""
    told = f"{row}: `{shown(area)}` has another row in slot {slot}"
    return HistoryError(Diagnostic("RG713", told, hint="keep one row a slot and area"))


def off_the_grid(row: str, slot: str, minutes: float) -> HistoryError:
    """RG714: a time at which no slot begins."""
    told = f"{row}: no slot begins at {slot}: slots are {minutes:g} min long"
    hint = "times are UTC; the length is the rulebook's `slot_length`"
    return HistoryError(Diagnostic("RG714", told, hint=hint))


def other_length(what: str, found: float, minutes: float) -> HistoryError:
    """RG714: slots that follow each other at another distance."""
    told = f"{what} has slots {found:g} min apart, in the rulebook they are {minutes:g} min"
    hint = f"write `slot_length: {found:g} min` if that is what they are"
    return HistoryError(Diagnostic("RG714", told, hint=hint))


def no_path(area: str) -> HistoryError:
    """RG715: an area without a name, or below one without."""
    told = f"column `{AREA}`: `{shown(area)}` is no path: a name in it is empty"
    hint = "write the names from the root down, with one `/` between them"
    return HistoryError(Diagnostic("RG715", told, hint=hint))


def empty() -> HistoryError:
    """RG715: a history of no slot."""
    return HistoryError(Diagnostic("RG715", "the history holds no slot"))


def unreadable(where: str, why: str) -> HistoryError:
    """RG715: a value that is not what its column holds."""
    return HistoryError(Diagnostic("RG715", f"{where}: {why}"))
