"""Whether a journal is as it was written: every record whole, and each behind the one before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rulegrid.gateway.journal.chain import FIRST, LEANT_ON, Head, hash_of, head_of, is_whole
from rulegrid.gateway.journal.files import finished_files, lines


@dataclass(slots=True)
class Verdict:
    """What was found in the files of a journal, up to the first record that is not sound."""

    files: int = 0
    records: int = 0
    first_slot: str = ""
    """Empty where no slot is told of, as `last_slot`."""
    last_slot: str = ""
    first: str = FIRST
    """What the first record carries: `FIRST`, unless files before it are not here."""
    last_hash: str = ""
    """The hash of the last record: noted elsewhere, it shows later that none was cut off."""
    last_kind: str = ""
    fault: str = ""
    """What is wrong with the first record that is not sound, and where: `FILE:LINE: ...`."""


@dataclass(slots=True)
class _Leaf:
    """How far a file has been followed."""

    path: Path
    start: int = 0
    line: int = 0
    places: dict[str, int] = field(default_factory=dict)


def verify(path: Path) -> Verdict:
    """Check a file, and the finished files before it if it is the one that is written to.

    Raises `FileNotFoundError`, and `JournalError` where a file cannot be read.
    """
    verdict = Verdict()
    for each in (*finished_files(path), path):
        for _ in followed(each, verdict):
            if verdict.fault:
                return verdict
        verdict.files += 1
    return verdict


def followed(path: Path, verdict: Verdict) -> Iterator[bytes]:
    """The records of a file, each checked on the way into the verdict.

    Behind the first that is not sound they come unchecked. Raises as `verify` does.
    """
    leaf = _Leaf(path)
    for text in lines(path):
        if not verdict.fault:
            _check(text, leaf, verdict)
        yield text


def _check(text: bytes, leaf: _Leaf, verdict: Verdict) -> None:
    leaf.line += 1
    head = head_of(text)
    fault = _fault_of_text(text, head) or (head and _fault_of_place(head, leaf, verdict))
    if fault or head is None:
        verdict.fault = f"{leaf.path}:{leaf.line}: record {verdict.records + 1}: {fault}"
    else:
        _take(head, text, leaf, verdict)


def _fault_of_text(text: bytes, head: Head | None) -> str:
    if not text.endswith(b"\n"):
        return "this is half a record, as a crash leaves it; the next run sets it aside"
    if head is None:
        return "this is no record of a journal"
    return "" if is_whole(text[:-1]) else "this record has been changed"


def _fault_of_place(head: Head, leaf: _Leaf, verdict: Verdict) -> str:
    if verdict.records and head.before != verdict.last_hash:
        return "this record does not follow on the one before: some are missing, or were moved"
    if leaf.line == 1 and head.kind != "run":
        return "a file begins with a run: the records before this one are missing"
    if head.places and head.places != leaf.places:
        return "this record leans on others than those before it: some are missing"
    return ""


def _take(head: Head, text: bytes, leaf: _Leaf, verdict: Verdict) -> None:
    """Count a sound record."""
    if not verdict.records:
        verdict.first = head.before
    verdict.records += 1
    verdict.last_hash, verdict.last_kind = hash_of(text[:-1]), head.kind
    verdict.first_slot = verdict.first_slot or head.slot
    verdict.last_slot = head.slot or verdict.last_slot
    if head.kind in LEANT_ON:
        leaf.places[head.kind] = leaf.start
    leaf.start += len(text)
