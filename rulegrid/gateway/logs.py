"""The log of a run: what the engineer on call reads, as lines for people or JSON for machines."""

import json
from collections.abc import Mapping
from functools import cache, singledispatchmethod
from typing import Literal, Protocol, get_args

import numpy as np
import structlog
from numpy.typing import NDArray

from rulegrid.diagnostics import shown_path
from rulegrid.exchange.effects import (
    BegunAnew,
    Bound,
    Claimed,
    Concluded,
    Deaf,
    Dropped,
    Effect,
    Ended,
    Foreign,
    LinkChanged,
    Proved,
    Unreported,
)
from rulegrid.gateway.standard_error import StandardError
from rulegrid.grid import Grid, write_slot

MOST_NAMED = 8
"""So many areas are named in one line; of more, only their number is told."""

DROPPED = "lines of the log were dropped, because nobody read them"

Form = Literal["text", "json"]


class Logger(Protocol):
    """The part of structlog's bound loggers that is used."""

    def info(self, event: str, **fields: object) -> None:
        """Tell of what went as it should."""

    def warning(self, event: str, **fields: object) -> None:
        """Tell of what somebody should look at some time."""

    def error(self, event: str, **fields: object) -> None:
        """Tell of what somebody should look at now."""


def logger(form: Form, *, colourful: bool = False) -> Logger:
    """The logger of a run. As text it tells warnings and errors, as JSON everything."""
    looks = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=colourful, pad_event_to=0)
    )
    level = "info" if form == "json" else "warning"
    made: Logger = structlog.wrap_logger(
        _standard_error(form),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            looks,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return made


@cache
def _standard_error(form: Form) -> StandardError:
    """The one queue to standard error."""
    if form == "json":
        return StandardError(lambda lines: json.dumps({"event": DROPPED, "lines": lines}))
    return StandardError(lambda lines: f"{DROPPED}: {lines}")


def finish_logs() -> None:
    """Let the last lines be read, if somebody reads them."""
    for form in get_args(Form):
        _standard_error(form).finish()


class Log:
    """Tells what happens in a conversation. It is an observer of it."""

    def __init__(self, to: Logger) -> None:
        self._to = to

    def __call__(self, effect: Effect) -> None:
        """Log an effect, if it is worth a line."""
        self._tell(effect)

    def staying(self, fees: Mapping[str, float | None]) -> None:
        """Tell at the end which fees stay in force, by area; None for those not known."""
        self._to.info("fees stay in force", fees=fees)

    @singledispatchmethod
    def _tell(self, effect: Effect) -> None:
        """What has no line of its own is told by others: sends by their receipts."""

    @_tell.register
    def _bound(self, effect: Bound) -> None:
        grid = effect.binding.grid
        alone = [grid.paths[place] for place in effect.binding.left_alone]
        self._to.info("grid met", areas=len(grid), left_alone=named(alone))

    @_tell.register
    def _claimed(self, effect: Claimed) -> None:
        paths, index = effect.grid.paths, effect.grid.index
        for area, owner in effect.owners.items():
            told = "area belongs to another aggregator"
            self._to.warning(told, area=paths[index[area]], owner=owner)
        if effect.lacking:
            areas = [paths[index[area]] for area in effect.lacking]
            self._to.warning("areas could not be selected", areas=named(areas))

    @_tell.register
    def _concluded(self, slot: Concluded) -> None:
        at = write_slot(slot.slot)
        if slot.why:
            self._to.warning(f"slot {slot.status}", slot=at, reason=slot.why)
        elif slot.receipt is not None and slot.batch is not None and slot.cycle is not None:
            grid = slot.cycle.binding.grid
            places = [grid.index[area] for area in slot.batch.fees]
            refused = [grid.paths[at] for at in places if not slot.receipt.confirmed[at]]
            if refused:
                self._to.warning("fees not confirmed", slot=at, areas=named(refused))
            else:
                self._to.info("fees confirmed", slot=at, fees=len(slot.batch.fees))

    @_tell.register
    def _proved(self, effect: Proved) -> None:
        areas = _places(effect.grid, effect.differs)
        if areas:
            told = "other fees in force than were sent"
            self._to.warning(told, slot=write_slot(effect.slot), areas=named(areas))

    @_tell.register
    def _foreign(self, effect: Foreign) -> None:
        areas = named(_places(effect.grid, effect.areas))
        told = "somebody else has set our fees"
        self._to.error(told, slot=write_slot(effect.slot), areas=areas)

    @_tell.register
    def _deaf(self, effect: Deaf) -> None:
        told = "market events come, but batches are not answered: the exchange is deaf"
        self._to.error(told, slots=effect.slots)

    @_tell.register
    def _unreported(self, effect: Unreported) -> None:
        told = "the exchange does not report what the rulebook reads: this is no data"
        self._to.warning(told, metrics=", ".join(effect.metrics))

    @_tell.register
    def _begun_anew(self, effect: BegunAnew) -> None:
        told = "the exchange has begun anew: what was remembered is forgotten"
        self._to.warning(told, slot=write_slot(effect.slot), newest=write_slot(effect.newest))

    @_tell.register
    def _link_changed(self, effect: LinkChanged) -> None:
        if effect.up:
            self._to.info("link restored")
        else:
            self._to.warning("link lost", reason=effect.trouble)

    @_tell.register
    def _dropped(self, effect: Dropped) -> None:
        self._to.warning("message dropped", reason=effect.reason)

    @_tell.register
    def _ended(self, effect: Ended) -> None:
        reason = effect.fault or "the exchange has finished"
        self._to.info("conversation ended", reason=reason)


def _places(grid: Grid, where: NDArray[np.bool_]) -> list[str]:
    return [grid.paths[place] for place in np.flatnonzero(where)]


def named(areas: list[str]) -> str:
    """Areas in one line: the first few, and how many more."""
    shown = ", ".join(map(shown_path, areas[:MOST_NAMED]))
    return f"{shown} and {len(areas) - MOST_NAMED} more" if len(areas) > MOST_NAMED else shown
