"""The files that a rulebook names: which ones, and which names are refused unread."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulegrid.rulebook.document import Document, Path

MOST_FILES = 100
"""A rulebook names no more files than these."""

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file could not be read, and what to do."""

    why: str
    hint: str = ""


def without_mark(raw: bytes) -> bytes:
    """The bytes of a table without the byte order mark that spreadsheets put before it."""
    return raw.removeprefix(codecs.BOM_UTF8)


Files = Mapping[str, bytes | Unread]
"""What became of each file that a rulebook names, by the name it has there."""


def places(document: Document) -> dict[Path, str]:
    """Each place in a document at which a file is named, and the name."""
    calendars: Any = document.data.get("calendars")
    found: dict[Path, str] = {}
    for name, calendar in calendars.items() if isinstance(calendars, dict) else ():
        file = calendar.get("file") if isinstance(calendar, dict) else None
        if isinstance(file, str):
            found["calendars", name, "file"] = file
    return found


def readable(document: Document) -> tuple[str, ...]:
    """The names of the files to read: each once, without those that are refused."""
    names = dict.fromkeys(places(document).values())
    return tuple(name for name in names if refused(name) is None)[:MOST_FILES]


def refused(name: str) -> Unread | None:
    """Why a file of this name is not read, whatever is in it."""
    hint = "write its name from the rulebook's folder, such as `tou.csv` or `fees/tou.csv`"
    steps = name.split("/")
    reasons = (
        (not name.strip() or steps[-1] in ("", "."), "this names no file"),
        ("\\" in name, "folders are separated by `/`"),
        (name.startswith("/") or _DRIVE.match(name), "a file is named relative to the rulebook"),
        (".." in steps, "a file lies in the rulebook's folder, or in one below it"),
    )
    return next((Unread(why, hint) for is_so, why in reasons if is_so), None)
