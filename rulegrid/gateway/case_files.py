"""Test files, and the files that they name: rulebook, grid, fixtures."""

from dataclasses import replace
from os.path import normpath
from pathlib import Path as FilePath
from typing import Any

from rulegrid.diagnostics import Diagnostic, Related, has_errors
from rulegrid.gateway.files import FileRefusedError, read_bytes
from rulegrid.gateway.grids import grid_file, named_grid
from rulegrid.gateway.rulebooks import compile_file, source_name
from rulegrid.grid import Grid
from rulegrid.rulebook.compile import Compiled
from rulegrid.rulebook.document import MOST_BYTES, Document, Path, decode
from rulegrid.source import Source


def test_file(path: str) -> tuple[Source, tuple[Diagnostic, ...]]:
    """The text of a test file; with findings it is not to be looked at.

    Raises `FileNotFoundError`.
    """
    name = source_name(path)
    try:
        return decode(name, read_bytes(path, MOST_BYTES))
    except FileRefusedError as error:
        return Source(name, ""), (Diagnostic("RG001", str(error)),)


def beside(document: Document, name: str) -> str:
    """The path of a file that a test file names: from the test file on."""
    return normpath(FilePath(document.source.name).parent / name)


def rulebook(
    document: Document, known: dict[str, Compiled]
) -> tuple[Compiled | None, tuple[Diagnostic, ...]]:
    """The rulebook that a test file names, and what is wrong with it; `known` are those read."""
    path: Path = ("rulebook",)
    name = beside(document, document.text(path))
    try:
        compiled = known.get(name) or compile_file(name)
    except FileNotFoundError:
        return None, (_missing(document, path),)
    known[name] = compiled
    errors = [each for each in compiled.findings if has_errors([each])]
    if compiled.program is not None:
        return compiled, ()
    count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
    message = f"the rulebook has {count}"
    first = errors[0] if errors else None
    related: tuple[Related, ...] = ()
    if first is not None and first.span is not None:
        related = (
            Related(f"{first.code}: {first.message}", first.span, _source(first, compiled)),
        )
    elif first is not None:
        message = f"no rulebook: {first.message}"
    finding = Diagnostic(
        "RG805",
        message,
        document.spans[path],
        hint=f"`rulegrid check {name}` tells more",
        related=related,
    )
    return None, (finding,)


def _source(finding: Diagnostic, compiled: Compiled) -> Source:
    return finding.source or compiled.source


def grid(document: Document) -> Grid | Diagnostic:
    """The grid of a test file, as nested names or in a file that it names."""
    path: Path = ("grid",)
    written: Any = document.data["grid"]
    try:
        if isinstance(written, str):
            return grid_file(beside(document, written))
        return named_grid(_filled(written))
    except FileNotFoundError:
        return _missing(document, path)
    except FileRefusedError as error:
        return Diagnostic("RG805", str(error), document.spans[path])


def _filled(tree: Any) -> Any:
    """Nested names with `{}` where nothing is written."""
    if isinstance(tree, dict):
        return {name: _filled(below) for name, below in tree.items()}
    return {} if tree is None else tree


def fixture(document: Document, path: Path) -> tuple[Source | None, tuple[Diagnostic, ...]]:
    """The text of a fixture."""
    name = beside(document, document.text(path))
    try:
        source, findings = decode(name, read_bytes(name, MOST_BYTES))
    except FileNotFoundError:
        return None, (_missing(document, path),)
    except FileRefusedError as error:
        return None, (Diagnostic("RG805", str(error), document.spans[path]),)
    if findings:
        return None, tuple(replace(each, source=source) for each in findings)
    return source, ()


def _missing(document: Document, path: Path) -> Diagnostic:
    message = f"there is no file `{beside(document, document.text(path))}`"
    return Diagnostic(
        "RG805", message, document.spans[path], hint="a path begins at the test file's folder"
    )
