"""Rulebooks in files."""

from hashlib import sha256

from rulegrid.diagnostics import Diagnostic
from rulegrid.gateway.files import STANDARD_INPUT, FileRefusedError, read_bytes, schema
from rulegrid.rulebook.compile import Compiled, compile_source
from rulegrid.rulebook.document import MOST_BYTES, decode
from rulegrid.source import Source


def compile_file(path: str) -> Compiled:
    """Read, check and compile the rulebook in a file, or on standard input for `-`.

    Raises `FileNotFoundError`; everything else that can be wrong is a finding.
    """
    name = source_name(path)
    try:
        raw = read_bytes(path, MOST_BYTES)
    except FileRefusedError as error:
        return Compiled(Source(name, ""), None, (Diagnostic("RG001", str(error)),))
    return compile_bytes(name, raw)


def compile_bytes(name: str, raw: bytes) -> Compiled:
    """Read, check and compile a rulebook from its bytes.

    The digest is that of exactly these bytes.
    """
    source, findings = decode(name, raw)
    if findings:
        return Compiled(source, None, findings)
    return compile_source(source, schema("rulebook"), f"sha256:{sha256(raw).hexdigest()}")


def source_name(path: str) -> str:
    """The name by which findings call a file."""
    return "<stdin>" if path == STANDARD_INPUT else path
