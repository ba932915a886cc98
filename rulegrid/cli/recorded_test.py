"""`rulegrid test --record`: a test file made of slots of a recording."""

from fnmatch import fnmatchcase
from pathlib import Path

import click

from rulegrid.cli.loading import given_slot, load_rulebook, open_replay_link
from rulegrid.diagnostics import did_you_mean, shown, shown_path
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.messages import Wire
from rulegrid.grid import Grid, MarketSlot, write_slot
from rulegrid.rehearsal.cases.recording import written
from rulegrid.rehearsal.cases.writing import NotRecordableError
from rulegrid.rehearsal.rehearse import RehearsalError, rehearse

_REPLAY = "replay:"


def recorded_test(rulebook: str, recording: str, slots: str | None, areas: tuple[str, ...]) -> str:
    """The test file for some slots and areas of a recording; what is wrong ends the command."""
    if slots is None or not areas:
        missing = "slots? add --slots A..B" if slots is None else "areas? add --areas X"
        raise click.UsageError(f"which {missing}")
    first, last = _span(slots)
    cycles = [each for each in _cycles(rulebook, recording) if first <= each.applies_to <= last]
    if not cycles:
        message = f"no fee was decided from {write_slot(first)} to {write_slot(last)} (UTC)"
        raise click.UsageError(message)
    places = sorted({place for area in areas for place in _places(cycles[0].binding.grid, area)})
    name = (
        f"as recorded, {write_slot(cycles[0].applies_to)} to {write_slot(cycles[-1].applies_to)}"
    )
    try:
        return written(Path(rulebook).name, f"{name} (UTC)", cycles, places)
    except NotRecordableError as error:
        raise click.UsageError(str(error)) from None


def _span(text: str) -> tuple[MarketSlot, MarketSlot]:
    first, dots, last = text.partition("..")
    if not dots:
        hint = "write two slots, such as 2021-07-01T10:00..2021-07-01T12:00"
        raise click.UsageError(f"`{shown(text)}`: {hint}")
    return given_slot(first), given_slot(last)


def _cycles(rulebook: str, recording: str) -> list[Cycle]:
    program = load_rulebook(rulebook).program
    link = open_replay_link(
        f"{_REPLAY}{recording.removeprefix(_REPLAY)}",
        Wire(percent=program.fee_dimension.percent),
    )
    try:
        return [each.cycle for each in rehearse(program, link) if each.cycle is not None]
    except RehearsalError as error:
        raise click.UsageError(f"the recording cannot be played: {error}") from None


def _places(grid: Grid, name: str) -> tuple[int, ...]:
    """The areas of a name, a path, or a wildcard with `*`."""
    found = grid.find(name)
    if not found and "*" in name:
        found = tuple(
            place
            for place, pair in enumerate(zip(grid.names, grid.paths, strict=True))
            if any(fnmatchcase(each, name) for each in pair)
        )
    if found:
        return found
    hint = did_you_mean(name, (*grid.names, *map(shown_path, grid.paths)))
    told = f"there is no area `{shown(name)}` in the recording"
    raise click.UsageError(f"{told}{f': {hint}' if hint else ''}")
