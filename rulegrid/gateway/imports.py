"""Files of the exchange's SDK, and the rulebooks that are made from them."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rulegrid.diagnostics import Diagnostic
from rulegrid.gateway.files import (
    STANDARD_INPUT,
    FileRefusedError,
    read_bytes,
    schema,
    write_new,
)
from rulegrid.rulebook.document import MOST_BYTES, decode
from rulegrid.rulebook.format import format_source
from rulegrid.rulebook.imports import Draft, import_source
from rulegrid.rulebook.named_files import without_mark
from rulegrid.source import Source


@dataclass(frozen=True, slots=True)
class Made:
    """What was made from a file."""

    source: Source
    raw: bytes
    draft: Draft | None
    findings: tuple[Diagnostic, ...]


def import_file(path: str) -> Made:
    """The rulebook that says what a file, or standard input for `-`, says.

    Raises `FileNotFoundError`; everything else that can be wrong is a finding.
    """
    name = "<stdin>" if path == STANDARD_INPUT else path
    try:
        raw = read_bytes(path, MOST_BYTES)
    except FileRefusedError as error:
        return Made(Source(name, ""), b"", None, (Diagnostic("RG001", str(error)),))
    source, findings = decode(name, without_mark(raw))
    if findings:
        return Made(source, raw, None, findings)
    made = import_source(source)
    return Made(source, raw, made.draft and _formatted(made.draft), made.findings)


def _formatted(draft: Draft) -> Draft:
    formatted = format_source(Source("", draft.text), schema("rulebook"))
    return draft if formatted.text is None else replace(draft, text=formatted.text)


def keep(made: Made, draft: Draft, path: Path) -> None:
    """Write a rulebook to a new file, and beside it the table that it reads.

    A table that is there already, with the same content, is left as it is. Raises
    `FileExistsError` where something else is there, else `OSError`.
    """
    table = path.parent / draft.file
    if draft.file and path.exists():  # before the table is there for nothing
        raise FileExistsError(None, None, str(path))
    if draft.file and not _holds(table, made.raw):
        write_new(str(table), made.raw)
    write_new(str(path), draft.text)


def _holds(path: Path, raw: bytes) -> bool:
    with suppress(FileNotFoundError, FileRefusedError):
        return read_bytes(str(path), MOST_BYTES) == raw
    return False
