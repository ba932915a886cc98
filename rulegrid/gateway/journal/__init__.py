"""The journal: every decision of a run with all it was made from, appended only.

Each record carries the hash of the one before, so that a change anywhere shows, and that of a slot
all that was read: its fees can be worked out again from the journal alone.
"""

from rulegrid.gateway.journal.bookkeeper import Bookkeeper, OnError
from rulegrid.gateway.journal.chain import FIRST
from rulegrid.gateway.journal.files import JournalError, default_path
from rulegrid.gateway.journal.reading import (
    Decided,
    JournalledRun,
    Record,
    Told,
    records_backwards,
)
from rulegrid.gateway.journal.records import Opening
from rulegrid.gateway.journal.verifying import Verdict, followed, verify
from rulegrid.gateway.journal.writing import Journal, Rotation, now_in_utc

__all__ = [
    "FIRST",
    "Bookkeeper",
    "Decided",
    "Journal",
    "JournalError",
    "JournalledRun",
    "OnError",
    "Opening",
    "Record",
    "Rotation",
    "Told",
    "Verdict",
    "default_path",
    "followed",
    "now_in_utc",
    "records_backwards",
    "verify",
]
