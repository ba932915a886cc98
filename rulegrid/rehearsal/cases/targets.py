"""What a column of a test stands for: a metric of an area, or the fee of one."""

from dataclasses import dataclass

from rulegrid.diagnostics import Diagnostic, did_you_mean, shown
from rulegrid.grid import Grid
from rulegrid.metrics import FEE, METRICS
from rulegrid.source import Span


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of one area; `place` is -1 where it is the same for the whole grid."""

    name: str
    place: int


def metric(text: str, span: Span, grid: Grid) -> Metric | Diagnostic:
    """The metric that `Community 1.import` names, or what is wrong with it.

    The area is all before the last dot. What is the same for the whole grid needs none.
    """
    area, dot, name = text.rpartition(".")
    if name not in METRICS:
        return _no_metric(name or text, span)
    found: int | Diagnostic = -1
    if dot:
        found = place(area, span, grid)
    elif not METRICS[name].grid_wide:
        hint = f"write an area before it, as in `{shown(grid.names[0])}.{name}`"
        return Diagnostic("RG802", f"`{name}` of which area?", span, hint=hint)
    if isinstance(found, Diagnostic):
        return found
    return Metric(name, -1 if METRICS[name].grid_wide else found)


def _no_metric(name: str, span: Span) -> Diagnostic:
    hint = did_you_mean(name, METRICS) or _METRIC_HINT
    if name == FEE:
        hint = "the fee decided is expected, not given; the one in force is `next_fee`"
    return Diagnostic("RG802", f"`{shown(name)}` is no metric", span, hint=hint)


_METRIC_HINT = "write an area and a metric, as in `Grid.import`"


def place(text: str, span: Span, grid: Grid) -> int | Diagnostic:
    """The place of the area that a name or a path means, or what is wrong with it."""
    name = text.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    places = grid.find(name)
    if len(places) == 1:
        return places[0]
    if places:
        paths = " or ".join(f"`{shown(grid.paths[each])}`" for each in places)
        message = f"{len(places)} areas are named `{shown(name)}`"
        return Diagnostic("RG801", message, span, hint=f"write its path: {paths}")
    hint = did_you_mean(name, (*grid.names, *grid.paths))
    message = f"there is no area `{shown(name)}` in the test's grid"
    return Diagnostic("RG801", message, span, hint=hint or "add it to `grid:`")
