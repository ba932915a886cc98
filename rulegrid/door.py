"""The functions of the public Python API."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from rulegrid.diagnostics import Diagnostic, render
from rulegrid.engine.cycle import Cycle
from rulegrid.exchange.fees import batch_of
from rulegrid.exchange.messages import Wire
from rulegrid.gateway.files import AnyPath, path_of
from rulegrid.gateway.histories import (
    History,
    HistoryError,
    MissingExtraError,
    belongs_to,
    open_history,
)
from rulegrid.gateway.replay import open_replay
from rulegrid.gateway.rulebooks import compile_file
from rulegrid.program import Program
from rulegrid.rehearsal.backtest import Backtest, Watching
from rulegrid.rehearsal.backtest import backtest as backtested
from rulegrid.rehearsal.rehearse import RehearsalError
from rulegrid.rehearsal.rehearse import rehearse as rehearsed
from rulegrid.source import Source

__all__ = [
    "HistoryError",
    "RehearsalError",
    "RulebookError",
    "backtest",
    "batch",
    "compile_rulebook",
    "rehearse",
]

Rulebook = AnyPath | Program
"""A rulebook's path, or its program."""

_FEES = (".parquet", ".csv")


class RulebookError(Exception):
    """A rulebook with errors.

    `findings` holds all of them; the message shows them as `rulegrid check` does.
    """

    def __init__(self, source: Source, findings: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n\n".join(render(finding, source) for finding in findings))
        self.source = source
        self.findings = findings


def compile_rulebook(path: AnyPath) -> Program:
    """The program of a rulebook file.

    Raises `RulebookError` with the findings where it has errors, and `FileNotFoundError`.
    """
    compiled = compile_file(path_of(path))
    if compiled.program is None:
        raise RulebookError(compiled.source, compiled.findings)
    return compiled.program


def rehearse(program: Program, recording: AnyPath = "") -> Iterator[Cycle]:
    """The cycles of a rulebook on a recorded day, as if its fees had been sent.

    Raises `RehearsalError` where the recording cannot be played or the rulebook does not fit it.
    """
    wire = Wire(percent=program.fee_dimension.percent)
    link, findings = open_replay(f"replay:{path_of(recording)}", wire)
    if link is None:
        raise RehearsalError(findings[0].message, findings)
    return (slot.cycle for slot in rehearsed(program, link) if slot.cycle is not None)


def backtest(
    rulebooks: Rulebook | Sequence[Rulebook],
    history: AnyPath = "",
    *,
    fees: AnyPath = "",
) -> Backtest:
    """What one or several rulebooks would have charged over a history, and what it had earned.

    `rulebooks` are paths, or programs of `compile_rulebook`. `history` is the path of a
    `.parquet`, a folder of such files, `.csv`, `.jsonl` or `.jsonl.gz`; the empty one is the day
    that ships with rulegrid.
    It is read once, in blocks: the memory needed does not grow with its length.

    The results are in the order of the rulebooks: fees in their `fee_unit`, energy in kWh, money
    in EUR. The energy is what was recorded, it does not react to another fee. `fees` is a
    `.parquet` or `.csv` to be written with the fee of every rulebook, slot and area.

    Raises `RulebookError` where a rulebook has errors, `HistoryError` where the history cannot be
    read, `RehearsalError` where the two do not fit, `FileNotFoundError`, `ValueError` without a
    rulebook, for another kind of file or for fees in the place of the history, and `ImportError`
    where pyarrow is not installed.
    """
    given = _listed(rulebooks)
    history, fees = path_of(history), path_of(fees)
    if not given:
        raise ValueError("name a rulebook")
    if fees and not fees.lower().endswith(_FEES):
        raise ValueError(f"the file of fees ends in {' or '.join(_FEES)}: {fees}")
    if fees and belongs_to(fees, history):
        raise ValueError(f"the file of fees would be part of the history: {fees}")
    programs = [compile_rulebook(each) if isinstance(each, str) else each for each in given]
    names = [each if isinstance(each, str) else each.name for each in given]
    opened = _opened(history)
    with ExitStack() as stack:
        watching = Watching()
        if fees:
            watching = Watching(stack.enter_context(_fees_file(fees, names)).write)
        return backtested(programs, opened, watching)


def _listed(rulebooks: Rulebook | Sequence[Rulebook]) -> list[str | Program]:
    if isinstance(rulebooks, Sequence) and not isinstance(rulebooks, str):
        return [each for some in rulebooks for each in _listed(some)]
    return [rulebooks if isinstance(rulebooks, Program) else path_of(rulebooks)]


def _opened(path: str) -> History:
    history, findings = open_history(path)
    if history is None:
        raise HistoryError(findings[0])
    return history


def _fees_file(path: str, names: Sequence[str]) -> Any:
    try:
        from rulegrid.gateway.histories.writing import FeesFile  # noqa: PLC0415 - pyarrow
    except ImportError:
        told = "files of fees need pyarrow: pip install 'rulegrid[backtest]'"
        raise MissingExtraError(told) from None
    return FeesFile(path, names)


def batch(cycle: Cycle) -> dict[str, list[dict[str, Any]]]:
    """The `batch_commands` object of a cycle: exactly what the exchange would be told."""
    return {str(area): commands for area, commands in batch_of(cycle).commands.items()}
