"""`rulegrid journal`: whether a journal is as it was written, and what it tells."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from rulegrid.cli.amounts import amount
from rulegrid.cli.exits import Exit
from rulegrid.cli.findings import counted
from rulegrid.cli.loading import given_slot
from rulegrid.cli.options import format_option
from rulegrid.cli.terminal import say
from rulegrid.diagnostics import shown, shown_path
from rulegrid.gateway.journal import (
    FIRST,
    JournalError,
    Verdict,
    followed,
    records_backwards,
    verify,
)
from rulegrid.grid import MarketSlot, write_slot

Told = Mapping[str, Any]
"""A record as plain data."""

EXAMPLES = """\b
Examples:
  rulegrid journal verify run.journal
  rulegrid journal show run.journal
  rulegrid journal show run.journal --slot 2021-07-01T10:45
"""


@click.group("journal", epilog=EXAMPLES)
def command() -> None:
    """Check and show what a run has written down.

    A journal has a record for all that a run has met, decided, sent and been answered. `rulegrid
    explain AREA --slot T --journal FILE` works a fee out again from it.
    """


def _reading(read: Callable[..., int]) -> Callable[..., int]:
    """A command that reads a journal, with the errors of that told in a line."""

    @wraps(read)
    def told(file: str, **options: Any) -> int:
        try:
            return read(file, **options)
        except FileNotFoundError:
            raise click.UsageError(f"there is no file `{shown_path(file)}`") from None
        except JournalError as error:
            click.echo(f"rulegrid: {error}", err=True)
            return Exit.FINDINGS

    return told


@command.command("verify")
@click.argument("file", metavar="FILE")
@_reading
def verify_command(file: str) -> int:
    """Check that every record is as it was written, and that none is missing or moved.

    With the file that is written to, its finished files (FILE.DATE) are checked too. The hash of
    the last record, noted elsewhere, shows later that nothing was cut off behind it.
    """
    verdict = verify(Path(file))
    if verdict.fault:
        click.echo(f"rulegrid: {verdict.fault}", err=True)
        return Exit.FINDINGS
    say(_in_words(verdict))
    return Exit.FINE


def _in_words(verdict: Verdict) -> str:
    if not verdict.records:
        return "no record: this journal is empty"
    files = f" in {verdict.files} files" if verdict.files > 1 else ""
    slots = (
        f"slots {verdict.first_slot} to {verdict.last_slot}" if verdict.last_slot else "no slot"
    )
    before = "" if verdict.first == FIRST else "; those before them are in files that are not here"
    end = "" if verdict.last_kind == "end" else "; the last run has not ended"
    records = counted(verdict.records, "record")
    return f"{records}{files}, {slots}, chain unbroken, last hash {verdict.last_hash}{before}{end}"


@command.command("show", short_help="Show the records of a file, or the fees of a slot.")
@click.argument("file", metavar="FILE")
@click.option("--slot", metavar="T", help="Only the slot in which these fees were in force.")
@format_option("json", explained="text is a line a record, json the records as they are.")
@_reading
def show_command(file: str, slot: str | None, form: Literal["text", "json"]) -> int:
    """Show the records of a file, or with --slot the fees of a slot, from finished files too.

    The slot is the one in which the fees were in force, in UTC or with an offset. Times are those
    of the clock that the agent ran by, in UTC. Records that are not as they were written are told
    of behind the last one, with exit code 3.
    """
    in_words = _in_a_line if slot is None else _with_fees
    show = _as_it_is if form == "json" else in_words
    verdict = Verdict()
    path = Path(file)
    texts = followed(path, verdict) if slot is None else _of_slot(path, given_slot(slot))
    for number, text in enumerate(texts, 1):
        try:
            show(text)
        except (AttributeError, LookupError, TypeError, ValueError):
            where = f"{file}:{number}" if slot is None else file
            raise JournalError(f"{where}: this is no record of a journal") from None
    if verdict.fault:
        raise JournalError(verdict.fault)
    return Exit.FINE


def _of_slot(path: Path, wanted: MarketSlot) -> list[bytes]:
    """The newest records of a slot, oldest first: intents and cycle, and what the event showed."""
    slot = write_slot(wanted)
    found: list[bytes] = []
    with records_backwards(path) as records:
        for record in records:
            head = record.head
            if slot == (head.applies_to or head.slot):
                found.append(record.text)
            elif found and head.applies_to:
                break
    if not found:
        raise click.UsageError(f"the journal tells nothing of {slot}")
    return found[::-1]


def _as_it_is(text: bytes) -> None:
    msgspec.json.decode(text)
    say(text.decode().rstrip("\n"))


def _in_a_line(text: bytes) -> None:
    say(_line(msgspec.json.decode(text)))


def _with_fees(text: bytes) -> None:
    record = msgspec.json.decode(text)
    say(_line(record))
    if record["kind"] == "cycle":
        for row in _table(record["fees"]):
            say(row)


def _line(record: Told) -> str:
    """When, of which slot, and what."""
    slot = shown(str(record.get("slot", "")))
    tell = _WORDS.get(record["kind"])
    what = tell(record) if tell else shown(record["kind"])
    return f"{shown(record['at'][:19]).replace('T', ' ')}  {slot:16}  {what}"


def _cycle(record: Told) -> str:
    fees = record["fees"]
    why = f": {shown_path(record['why'])}" if record.get("why") else ""
    if record["status"] != "sent":
        return f"{shown(record['status'])}{why}"
    sent = [fee for fee in fees if fee["sent"]]
    confirmed = sum(fee["confirmed"] for fee in sent)
    return f"sent, {confirmed} of {counted(len(sent), 'fee')} confirmed{why}"


def _intent(record: Told) -> str:
    again = " again" if record["again"] else ""
    return f"{counted(len(record['fees']), 'fee')} to be sent{again}"


def _proof(record: Told) -> str:
    return f"not what was sent: {_differing(record)}" if record["areas"] else "in force as sent"


def _differing(record: Told) -> str:
    areas = record["areas"]
    fees = [f"{amount(each['sent'])} sent, {amount(each['shown'])} in force" for each in areas]
    names = [shown_path(each["area"]) for each in areas]
    return ", ".join(f"{name} ({fee})" for name, fee in zip(names, fees, strict=True))


_WORDS: Mapping[str, Callable[[Told], str]] = {
    "run": lambda r: f"run {shown(r['run'])}{' goes on' if r['goes_on'] else ''}",
    "rulebook": lambda r: f"rulebook {shown(r['file'])}, {shown(r['digest'][:15])}",
    "grid": lambda r: f"grid of {counted(len(r['uuids']), 'area')}",
    "intent": _intent,
    "cycle": _cycle,
    "proof": _proof,
    "foreign": lambda r: f"somebody else's fees: {_differing(r)}",
    "deaf": lambda r: f"no answer for {counted(r['slots'], 'slot')}: the exchange is deaf",
    "unreported": lambda r: f"not reported, so no data: {', '.join(r['metrics'])}",
    "dropped": lambda r: f"message dropped: {shown_path(r['reason'])}",
    "link": lambda r: f"link {shown(r['state'])}{': ' if r['why'] else ''}{shown_path(r['why'])}",
    "claimed": lambda r: (
        f"areas of others: {len(r['owners'])}; that could not be selected: {len(r['lacking'])}"
    ),
    "gap": lambda r: f"{counted(r['records'], 'record')} could not be kept",
    "end": lambda r: f"end{': ' if r['why'] else ''}{shown_path(r['why'])}",
}


def _table(fees: Sequence[Told]) -> Iterator[str]:
    """The fees of a slot: area, fee, what the exchange said, and why."""
    rows = [
        (shown_path(f["area"]), amount(f["fee"]), amount(f["echo"]), shown_path(f["reason"]))
        for f in fees
    ]
    wide = max((len(area) for area, *_ in rows), default=0)
    yield f"  {'area':{wide}}  {'fee':>8}  {'echo':>8}  reason"
    for area, fee, echo, reason in rows:
        yield f"  {area:{wide}}  {fee:>8}  {echo:>8}  {reason}"
