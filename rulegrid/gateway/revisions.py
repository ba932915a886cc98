"""Rulebooks as they are in a revision of a git repository: `HEAD~1:rules/a.yaml`."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from posixpath import dirname, join

from rulegrid.diagnostics import Diagnostic, shown
from rulegrid.gateway.files import STANDARD_INPUT
from rulegrid.gateway.named_files import read_named
from rulegrid.gateway.rulebooks import compile_bytes, compile_file
from rulegrid.rulebook.compile import Compiled
from rulegrid.rulebook.document import MOST_BYTES
from rulegrid.rulebook.named_files import Files, Unread
from rulegrid.source import Source

_QUIET = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
"""What git says is read here, and it asks nobody anything."""


class RevisionError(Exception):
    """A file that cannot be had from git; the message says why in plain words."""


@dataclass(frozen=True, slots=True)
class Given:
    """A rulebook that was handed over."""

    compiled: Compiled
    borrowed: tuple[str, ...] = ()
    """The files it names that were read beside the rulebook of which it is a copy."""


def compile_given(given: str) -> Given:
    """The rulebook in a file, on standard input, or in a revision: `REVISION:PATH`.

    A file that exists wins. The files that a rulebook of a revision names are those of the same
    revision. Raises `FileNotFoundError` and `RevisionError`; everything else that can be wrong is
    a finding.
    """
    if given == STANDARD_INPUT or ":" not in given or os.path.lexists(given):
        borrowed: list[str] = []
        compiled = compile_file(given, partial(_beside, borrowed))
        return Given(compiled, tuple(borrowed))
    raw = _shown(given)
    if raw is None:
        raise RevisionError(_why(given))
    if len(raw) > MOST_BYTES:
        finding = Diagnostic("RG001", f"this file is larger than {MOST_BYTES:,} bytes")
        return Given(Compiled(Source(given, ""), None, (finding,)))
    return Given(compile_bytes(given, raw, partial(_named, given)))


def _beside(borrowed: list[str], rulebook: str, names: Iterable[str]) -> Files:
    """Each file that a rulebook names, from its folder.

    `git difftool` hands over a copy of the old rulebook in a folder of its own, and says in `BASE`
    what it is a copy of: what is missing there is read beside that, and noted as borrowed.
    """
    found = read_named(rulebook, names)
    original = os.environ.get("BASE", "")
    missing = [name for name, file in found.items() if isinstance(file, Unread)]
    if not missing or not original or not rulebook.endswith(os.path.basename(original)):  # noqa: PTH119
        return found
    borrowed += missing
    return {**found, **read_named(original, missing)}


def _named(rulebook: str, names: Iterable[str]) -> Files:
    """Each file that a rulebook of a revision names, as it is in that revision."""
    revision, _, path = rulebook.partition(":")
    return {name: _file(f"{revision}:{join(dirname(path), name)}", name) for name in names}


def _file(spec: str, name: str) -> bytes | Unread:
    raw = _shown(spec)
    missing = Unread(f"there is no file `{shown(name)}` in the rulebook's folder of that revision")
    return missing if raw is None else raw


def _shown(spec: str) -> bytes | None:
    """The bytes of a file in a revision, at most one more than `MOST_BYTES`; None without one."""
    with _git("cat-file", "blob", spec) as git:
        raw = git.stdout.read(MOST_BYTES + 1) if git.stdout else b""
        if len(raw) > MOST_BYTES:
            git.kill()
            return raw
    return raw if git.returncode == 0 else None


def _git(*arguments: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - no shell, and what is given follows the command
            ["git", *arguments],  # noqa: S607 - the git of whoever calls
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_QUIET},
        )
    except FileNotFoundError:
        told = f"git is not installed, and `{shown(arguments[-1])}` is a file in a revision"
        raise RevisionError(told) from None


def _says(*arguments: str) -> bool:
    """Whether git agrees."""
    with _git(*arguments) as git:
        git.communicate()
    return git.returncode == 0


def _why(spec: str) -> str:
    """Why there is no file to be had."""
    revision, _, path = spec.partition(":")
    if not _says("rev-parse", "--git-dir"):
        return f"there is no file `{shown(spec)}`, and no git repository here to look it up in"
    if revision and not _says(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{tree}}"
    ):
        return f"there is no revision `{shown(revision)}` in this git repository"
    told = f"there is no file `{shown(path)}` in {_revision(revision)}"
    if not path.startswith("./") and _shown(f"{revision}:./{path}") is not None:
        return f"{told}: paths start at its root; write `{shown(revision)}:./{shown(path)}`"
    return told


def _revision(revision: str) -> str:
    return f"revision `{shown(revision)}`" if revision else "what is staged"
