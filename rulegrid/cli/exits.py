"""Exit codes, and what is said when rulegrid itself is at fault."""

from enum import IntEnum


class Exit(IntEnum):
    """What the exit code of a command means."""

    FINE = 0
    BUG = 1
    USAGE = 2
    FINDINGS = 3
    TESTS_FAILED = 4
    WARNINGS = 5
    WORLD = 6
    INTERRUPTED = 130


def crash_note(error: BaseException) -> str:
    """One line for the user; the details go to a file whose name it tells."""
    import tempfile  # noqa: PLC0415 - slow to load, and hardly ever needed
    import traceback  # noqa: PLC0415 - as above

    summary = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="rulegrid-crash-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return f"rulegrid: this is a bug in rulegrid ({summary})"
    return f"rulegrid: this is a bug in rulegrid ({summary}); details are in {file.name}"
