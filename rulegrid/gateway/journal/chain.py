"""Records as lines of JSON, chained: each holds the hash of the line before, and its own.

The own one shows that a line is whole, also the last, which no other line vouches for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

FIRST = "0" * 64
"""What the first record carries in place of a hash."""

LEANT_ON = ("run", "rulebook", "grid")
"""The records that those of slots lean on. Every file begins with them."""

MOST_HEAD_BYTES = 512
"""A head is shorter than that."""

_HEAD = re.compile(
    rb'\{"before":"([0-9a-f]{64})","kind":"([a-z]+)","at":"([0-9TZ:.-]{24})"'
    rb'(?:,"places":\{"run":(\d{1,15}),"rulebook":(\d{1,15}),"grid":(\d{1,15})\})?'
    rb'(?:,"slot":"([0-9T:-]{16})")?(?:,"applies_to":"([0-9T:-]{16})")?'
)
_SUM = b',"sum":"'
_SEAL_BYTES = len(_SUM) + 64 + len(b'"}')


class Head(NamedTuple):
    """The beginning of a record, read without the rest of the line."""

    before: str
    kind: str
    at: str
    places: Mapping[str, int]
    """By each kind of `LEANT_ON`, where in the file that record begins which this one leans on, in
    bytes. Empty for records that lean on none."""
    slot: str
    """Empty for records of no slot."""
    applies_to: str
    """The slot in which its fees are in force; empty for records without fees."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record as it is written, its line end included."""

    text: bytes
    hash: str
    """What the next record carries."""


def sealed(head: Mapping[str, Any], body: bytes) -> Line:
    """A record of a head and an encoded object with all else."""
    more = memoryview(body)[1:-1]
    text = [msgspec.json.encode(head)[:-1], b"," if more else b"", more]
    digest = sha256()
    for part in text:
        digest.update(part)
    seal = _SUM + digest.hexdigest().encode() + b'"}'
    digest.update(seal)
    return Line(b"".join((*text, seal, b"\n")), digest.hexdigest())


def hash_of(line: bytes) -> str:
    """The hash of a record, given without its line end."""
    return sha256(line).hexdigest()


def is_whole(line: bytes) -> bool:
    """Whether a line, given without its end, is a record as it was written."""
    text, seal = line[:-_SEAL_BYTES], line[-_SEAL_BYTES:]
    return seal == _SUM + sha256(text).hexdigest().encode() + b'"}'


def head_of(line: bytes) -> Head | None:
    """The head of a record; None where a line does not begin as one."""
    found = _HEAD.match(line)
    if found is None:
        return None
    before, kind, at, *numbers, slot, applies_to = (
        part.decode() if part else "" for part in found.groups()
    )
    places = dict(zip(LEANT_ON, map(int, numbers), strict=True)) if numbers[0] else {}
    return Head(before, kind, at, places, slot, applies_to)


def may_have_begun(text: bytes) -> bool:
    """Whether a text may be the beginning of a record: what a crash leaves of the first.

    Zeros may stand in place of what did not get to the disk.
    """
    begun, beginning = text.rstrip(b"\0"), b'{"before":"'
    return begun[: len(beginning)] == beginning[: len(begun)]
