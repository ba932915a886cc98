"""The state of a sandbox on disk, so that a restart goes on where it was."""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from rulegrid.exchange.day import Day
from rulegrid.exchange.recorded import Memory
from rulegrid.gateway.files import FileRefusedError, read_bytes

MOST_BYTES = 64 * 1024 * 1024


class SandboxError(Exception):
    """Why a sandbox cannot be served: one line for the one who started it."""


class _Kept(msgspec.Struct):
    """What is in the file: of which recording, and what the exchange remembers."""

    recording: str
    memory: Memory


class StateFile:
    """Keeps what the exchange must know. It is written before the exchange says anything of it.

    A file is replaced in one step, so that a `kill -9` leaves the old or the new one. It does not
    wait for the disk: a power cut may cost the newest.
    """

    def __init__(self, path: str, day: Day) -> None:
        self._path = Path(path)
        self._recording = _fingerprint(day)
        self._kept = b""

    def restored(self) -> Memory | None:
        """What was kept, or None where there is no file yet.

        Raises `SandboxError` where it cannot be read or belongs to another recording.
        """
        try:
            raw = read_bytes(str(self._path), MOST_BYTES)
            kept = msgspec.json.decode(raw, type=_Kept)
        except FileNotFoundError:
            return None
        except FileRefusedError as error:
            raise SandboxError(f"{self._path}: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SandboxError(f"{self._path}: this is no state of a sandbox") from None
        if kept.recording != self._recording:
            raise SandboxError(f"{self._path}: this is the state of another recording")
        return kept.memory

    def keep(self, memory: Memory) -> None:
        """Write down what the exchange knows, if it is new. Raises `SandboxError`."""
        encoded = msgspec.json.encode(_Kept(self._recording, memory))
        if encoded == self._kept:
            return
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            beside.write_bytes(encoded)
            beside.replace(self._path)
        except OSError as error:
            raise SandboxError(f"{self._path} cannot be written: {error.strerror}") from None
        self._kept = encoded

    def forget(self) -> None:
        """The day is over: the next sandbox begins anew."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _fingerprint(day: Day) -> str:
    """Tells one recording from another by its slots and markets."""
    told: tuple[Any, ...] = (day.slots[0].slot, len(day.slots), sorted(day.names), day.percent)
    return sha256(repr(told).encode()).hexdigest()[:16]
