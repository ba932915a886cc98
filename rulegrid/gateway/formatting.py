"""Rulebooks in files, formatted."""

from rulegrid.diagnostics import Diagnostic
from rulegrid.gateway.files import FileRefusedError, read_bytes, schema
from rulegrid.gateway.rulebooks import source_name
from rulegrid.rulebook.document import MOST_BYTES, decode
from rulegrid.rulebook.format import Formatted, format_source
from rulegrid.source import Source


def format_file(path: str) -> Formatted:
    """Read the rulebook in a file, or on standard input for `-`, and format it. Writes nothing.

    Raises `FileNotFoundError`; everything else that can be wrong is a finding.
    """
    try:
        source, findings = decode(source_name(path), read_bytes(path, MOST_BYTES))
    except FileRefusedError as error:
        source, findings = Source(source_name(path), ""), (Diagnostic("RG001", str(error)),)
    if findings:
        return Formatted(source, None, findings)
    return format_source(source, schema("rulebook"))
