"""The functions of the public Python API."""

from collections.abc import Iterator
from typing import Any

from rulegrid.diagnostics import Diagnostic, render
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.fees import batch_of
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.replay import open_replay
from rulegrid.gateway.rulebooks import compile_file
from rulegrid.program import Program
from rulegrid.rehearsal.rehearse import RehearsalError
from rulegrid.rehearsal.rehearse import rehearse as rehearsed
from rulegrid.source import Source


class RulebookError(Exception):
    """A rulebook with errors.

    `findings` holds all of them; the message shows them as `rulegrid check` does.
    """

    def __init__(self, source: Source, findings: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n\n".join(render(finding, source) for finding in findings))
        self.source = source
        self.findings = findings


def compile_rulebook(path: str) -> Program:
    """The program of a rulebook file.

    Raises `RulebookError` with the findings where it has errors, and `FileNotFoundError`.
    """
    compiled = compile_file(path)
    if compiled.program is None:
        raise RulebookError(compiled.source, compiled.findings)
    return compiled.program


def rehearse(program: Program, recording: str = "") -> Iterator[Cycle]:
    """The cycles of a rulebook on a recorded day, as if its fees had been sent.

    Raises `RehearsalError` where the recording cannot be played or the rulebook does not fit it.
    """
    wire = Wire(percent=program.fee_dimension.percent)
    link, findings = open_replay(f"replay:{recording}", wire)
    if link is None:
        raise RehearsalError(findings[0].message, findings)
    return (slot.cycle for slot in rehearsed(program, link) if slot.cycle is not None)


def batch(cycle: Cycle) -> dict[str, list[dict[str, Any]]]:
    """The `batch_commands` object of a cycle: exactly what the exchange would be told."""
    return {str(area): commands for area, commands in batch_of(cycle).commands.items()}
