"""The answers to batch commands, in both dialects.

Today `responses` is an object keyed by area; the documented interface of 2020 has a list of lists,
names the area in each entry and keys statistics by slot.
"""

from collections.abc import Iterable, Iterator
from math import isfinite, isnan

import msgspec
from msgspec import Struct

from rulegrid.diagnostics import shown
from rulegrid.exchange.messages.kinds import (
    BatchAnswer,
    BrokenMessageError,
    FeeAnswer,
    Statistics,
    Wire,
)
from rulegrid.exchange.messages.tree import NOT_REPORTED
from rulegrid.grid import AreaId


class _Throughput(Struct, rename={"into": "import", "out": "export"}, gc=False):
    into: float | None = None
    out: float | None = None


class _Stats(Struct, gc=False):
    area_throughput: _Throughput | None = None
    self_sufficiency: float | None = None
    self_consumption: float | None = None
    market_fee_revenue: float | None = None


class _Entry(Struct, gc=False):
    """The answer to one command of the batch."""

    command: str | None = None
    status: str | None = None
    area_uuid: str | None = None
    market_fee_const: str | float | bool | None = None
    market_fee_percent: str | float | bool | None = None
    error_message: str | None = None
    message: str | None = None
    msg: str | None = None


class _EntryOfToday(_Entry, gc=False):
    market_stats: _Stats | None = None


class _EntryOf2020(_Entry, gc=False):
    market_stats: dict[str, _Stats | str | None] | None = None


_Responses = dict[str, list[_EntryOfToday | None]] | list[list[_EntryOf2020 | None]]
_read_responses = msgspec.json.Decoder(_Responses).decode


def batch_answer(transaction: str | None, responses: msgspec.Raw, wire: Wire) -> BatchAnswer:
    """The answer in `responses`, area by area.

    Where a batch set a fee twice, the last answer counts.
    """
    if transaction is None:
        raise BrokenMessageError("the answer to no transaction")
    statistics: dict[AreaId, Statistics | None] = {}
    fees: dict[AreaId, FeeAnswer] = {}
    errors: dict[AreaId, tuple[str, ...]] = {}
    for area, entry in _entries(_read_responses(responses)):
        error = shown(_error(entry))
        if error:
            errors[area] = (*errors.get(area, ()), error)
        if entry is not None and entry.command == "grid_fees":
            fees[area] = _fee_answer(entry, error, wire)
        elif entry is not None and entry.command in {"market_stats", "dso_market_stats"}:
            statistics[area] = _fuller(statistics.get(area), _statistics(entry))
    return BatchAnswer(transaction, statistics, fees, errors)


def _entries(
    responses: _Responses,
) -> Iterator[tuple[AreaId, _EntryOfToday | _EntryOf2020 | None]]:
    if isinstance(responses, dict):
        for area, answers in responses.items():
            yield from ((AreaId(area), answer) for answer in answers)
    else:
        for entries in responses:
            named = next((entry.area_uuid for entry in entries if entry and entry.area_uuid), "")
            if named:
                yield from ((AreaId(named), entry) for entry in entries)


def _fee_answer(entry: _Entry, error: str, wire: Wire) -> FeeAnswer:
    echo = entry.market_fee_percent if wire.percent else entry.market_fee_const
    return FeeAnswer(_number(echo), error)


def _number(echo: str | float | None) -> float | None:
    """The number in an echo, which is written as Python does: `True` is 1 and `None` is no fee."""
    if echo is None:
        return None
    try:
        number = float({"True": 1, "False": 0}.get(echo, echo) if isinstance(echo, str) else echo)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _error(entry: _EntryOfToday | _EntryOf2020 | None) -> str:
    """What went wrong with a command, or an empty text. The exchange has three keys for it."""
    if entry is None:
        return "no answer"
    told = entry.error_message or entry.message or entry.msg or _error_in_statistics(entry)
    return told or ("" if entry.status == "ready" else f"status {entry.status}")


def _error_in_statistics(entry: _EntryOfToday | _EntryOf2020) -> str:
    """The text in place of a slot's statistics where the slot asked for cannot be read."""
    slots: Iterable[object] = (
        entry.market_stats.values() if isinstance(entry.market_stats, dict) else ()
    )
    return next((stats for stats in slots if isinstance(stats, str)), "")


def _statistics(entry: _EntryOfToday | _EntryOf2020) -> Statistics | None:
    """An entry's statistics; of several slots, the newest."""
    stats = entry.market_stats
    if isinstance(stats, dict):
        newest = stats[max(stats)] if stats else None
        stats = None if isinstance(newest, str) else newest
    if stats is None:
        return None
    through = stats.area_throughput or _Throughput()
    values = (
        through.into,
        through.out,
        stats.self_sufficiency,
        stats.self_consumption,
        stats.market_fee_revenue,
    )
    return Statistics(*(NOT_REPORTED if value is None else value for value in values))


def _fuller(known: Statistics | None, more: Statistics | None) -> Statistics | None:
    """Both together: `market_stats` and `dso_market_stats` of one batch tell different things."""
    if known is None or more is None:
        return more or known
    return Statistics(*(old if isnan(new) else new for old, new in zip(known, more, strict=True)))
