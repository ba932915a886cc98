"""The files that a rulebook names, read from its folder."""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from rulegrid.diagnostics import did_you_mean, shown
from rulegrid.gateway.files import STANDARD_INPUT, FileRefusedError, read_bytes
from rulegrid.rulebook.document import MOST_BYTES
from rulegrid.rulebook.named_files import Files, Unread

_MOST_NAMES = 1000
"""So many files of a folder are looked through for one that was meant."""


def read_named(rulebook: str, names: Iterable[str]) -> Files:
    """Each file that the rulebook at a path names, read once, or why it cannot be read.

    They lie in the rulebook's folder or below it; those of a rulebook on standard input in the
    current folder.
    """
    folder = Path() if rulebook == STANDARD_INPUT else Path(rulebook).parent
    return {name: _read(folder, name) for name in names}


def digest_of(raw: bytes, files: Files) -> str:
    """The digest of a rulebook's bytes and of every file it names.

    Without files it is that of the rulebook alone. With files it is the digest of a text: the
    rulebook's digest on the first line, and for each file, sorted by name, a line with its digest,
    two blanks and its name.
    """
    digest = sha256(raw).hexdigest()
    if files:
        read = {name: file for name, file in sorted(files.items()) if isinstance(file, bytes)}
        lines = (f"{sha256(file).hexdigest()}  {name}\n" for name, file in read.items())
        digest = sha256(f"{digest}\n{''.join(lines)}".encode()).hexdigest()
    return f"sha256:{digest}"


def _read(folder: Path, name: str) -> bytes | Unread:
    try:
        return _bytes(folder, name)
    except FileNotFoundError:
        why = f"there is no file `{shown(name)}` in the rulebook's folder"
        return Unread(why, _meant(folder, name))
    except FileRefusedError as error:
        return Unread(str(error))
    except (OSError, ValueError):
        return Unread("no file can have this name")


def _bytes(folder: Path, name: str) -> bytes:
    path = os.path.realpath(folder / name)
    if not Path(path).is_relative_to(os.path.realpath(folder)):
        raise FileRefusedError("a link leads out of the rulebook's folder")
    return read_bytes(path, MOST_BYTES)


def _meant(folder: Path, name: str) -> str:
    """The file of the same folder that was meant."""
    inside = (folder / name).parent
    try:
        with os.scandir(inside) as found:
            names = [entry.name for entry, _ in zip(found, range(_MOST_NAMES), strict=False)]
    except OSError:
        return "its folder is not there either"
    start = name.rpartition("/")[0]
    return did_you_mean(name, (f"{start}/{each}" if start else each for each in names))
