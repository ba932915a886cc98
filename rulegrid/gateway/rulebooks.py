"""Rulebooks in files."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType

from rulegrid.diagnostics import Diagnostic
from rulegrid.gateway.files import STANDARD_INPUT, FileRefusedError, read_bytes, schema
from rulegrid.gateway.named_files import digest_of, read_named
from rulegrid.rulebook.compile import Compiled, compile_opened, open_source
from rulegrid.rulebook.document import MOST_BYTES, decode
from rulegrid.rulebook.named_files import Files, Unread
from rulegrid.source import Source

Read = Callable[[Iterable[str]], Files]
"""Reads the files that a rulebook names."""


def compile_file(path: str, named: Callable[[str, Iterable[str]], Files] = read_named) -> Compiled:
    """Read, check and compile the rulebook in a file, or on standard input for `-`.

    The files that it names are read once, by `named`: from its folder. Raises `FileNotFoundError`;
    everything else that can be wrong is a finding.
    """
    name = source_name(path)
    try:
        raw = read_bytes(path, MOST_BYTES)
    except FileRefusedError as error:
        return Compiled(Source(name, ""), None, (Diagnostic("RG001", str(error)),))
    return compile_bytes(name, raw, partial(named, path))


NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def compile_bytes(name: str, raw: bytes, read: Read | Mapping[str, bytes] = NO_FILES) -> Compiled:
    """Read, check and compile a rulebook from its bytes.

    `read` are the bytes of the files it may name, or what reads them. The digest is that of
    exactly these bytes, of the rulebook and of the files.
    """
    source, findings = decode(name, raw)
    if findings:
        return Compiled(source, None, findings)
    opened = open_source(source)
    if isinstance(read, Mapping):
        files: Files = {file: read.get(file, _NOT_GIVEN) for file in opened.files}
    else:
        files = read(opened.files)
    return compile_opened(opened, schema("rulebook"), files, digest_of(raw, files))


def is_test_file(path: str) -> bool:
    """Whether a file holds rulebook tests, by its name."""
    return path.endswith(_TEST_ENDINGS)


_TEST_ENDINGS = (".test.yaml", ".test.yml")


def source_name(path: str) -> str:
    """The name by which findings call a file."""
    return "<stdin>" if path == STANDARD_INPUT else path


_NOT_GIVEN = Unread("this file is not at hand")
