"""Writing the journal of a run, whatever happens to its file."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from rulegrid.exchange.effects import BegunAnew, Bound, Concluded, Dropped, Effect, Ended, Send
from rulegrid.gateway.journal.appending import Appender, sync_folder
from rulegrid.gateway.journal.chain import sealed
from rulegrid.gateway.journal.files import JournalError, name_for_finished
from rulegrid.gateway.journal.records import (
    Fields,
    Opening,
    cycle_fields,
    grid_fields,
    intent_fields,
    told,
)

MOST_WAITING_BYTES = 64 * 2**20
"""What cannot be written waits in memory, but no more than this."""

MOST_DROPS = 10
"""So many dropped messages between two slots get a record each; of more, only the number."""

Now = Callable[[], datetime]
"""The time of the wall clock, aware."""


def now_in_utc() -> datetime:
    """The time by the clock of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a file of a journal is finished and the next one begun."""

    most_bytes: int = 100 * 2**20
    daily: bool = True
    """Whether each day (UTC) gets a file of its own."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A record that has not found its place in the chain yet."""

    kind: str
    at: str
    body: bytes
    is_of_slot: bool = False
    """Whether it leans on the records of the run, its rulebook and its grid."""

    @property
    def day(self) -> str:
        return self.at[:10]


class Journal:
    """The journal of a run. Every record is on the disk when the call that makes it returns.

    Raises `JournalError` where that is not so. What could not be written waits for the next call,
    so that nothing is missing once writing works again.
    """

    is_failing = False
    """Whether the last record that was to be written could not be."""
    intended = ""
    """The transaction of the newest intent in the journal."""
    torn: Path | None = None
    """Where half a record was put that a crash had left at the end of the file."""

    def __init__(
        self,
        path: str | Path,
        opening: Opening,
        now: Now = now_in_utc,
        rotation: Rotation | None = None,
    ) -> None:
        self._path = Path(path)
        self._opening = opening
        self._now = now
        self._rotation = rotation or Rotation()
        self._file: Appender | None = None
        self._places: dict[str, int] = {}
        self._begun_size = 0
        self._grid: _Entry | None = None
        self._waiting: deque[_Entry] = deque()
        self._lost = self._drops = 0
        self._has_ended = False
        try:
            with self._telling():
                self._make_room(self._entry("run", {}))
        except JournalError:
            self.close()
            raise

    def __call__(self, effect: Effect) -> None:
        """Keep what an effect tells. The intent to send is kept by `intend`, before the send."""
        match effect:
            case Bound():
                self._write(self._entry("grid", grid_fields(effect.binding.grid)))
            case Concluded():
                fields = cycle_fields(effect, self._opening.program)
                cycle = self._entry("cycle", fields, is_of_slot=True)
                self._write(*self._more_drops(), cycle)
            case BegunAnew():  # nothing before this is remembered
                forgotten = replace(self._opening, goes_on=False)
                self._write(self._entry("run", forgotten.run_fields))
            case Dropped():
                self._drops += 1
                if self._drops <= MOST_DROPS:
                    self._write(self._entry("dropped", {"reason": effect.reason}))
            case _ if record := told(effect):
                self._has_ended = isinstance(effect, Ended)
                self._write(self._entry(*record))

    def intend(self, send: Send, *, keep: bool) -> None:
        """Write down what is about to be sent.

        `keep` says whether it will be sent also where this fails, and so is to be written later.
        """
        if send.cycle is None:
            return
        fields = intent_fields(send, send.cycle)
        self._write(self._entry("intent", fields, is_of_slot=True), keep=keep)
        self.intended = send.transaction

    def end(self, why: str) -> None:
        """Write down why the run ends, unless the conversation has told it already."""
        if not self._has_ended:
            self(Ended(why))

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _entry(self, kind: str, fields: Fields, *, is_of_slot: bool = False) -> _Entry:
        return _Entry(kind, self._time(), msgspec.json.encode(fields), is_of_slot)

    def _time(self) -> str:
        now = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        return f"{now.removesuffix('+00:00')}Z"

    def _more_drops(self) -> Iterator[_Entry]:
        """How many messages were dropped in a slot without a record of their own."""
        more, self._drops = self._drops - MOST_DROPS, 0
        if more > 0:
            yield self._entry("dropped", {"reason": "more of them", "messages": more})

    def _write(self, *entries: _Entry, keep: bool = True) -> None:
        self._waiting.extend(entries)
        try:
            with self._telling():
                self._write_waiting()
            self.is_failing = False
        except JournalError:
            self.is_failing = True
            if not keep:
                self._waiting.pop()
            self._forget_oldest()
            raise

    def _write_waiting(self) -> None:
        while self._waiting:
            if self._lost:
                self._put(self._entry("gap", {"records": self._lost}))
                self._lost = 0
            self._put(self._waiting[0])
            self._waiting.popleft()

    def _forget_oldest(self) -> None:
        while sum(len(entry.body) for entry in self._waiting) > MOST_WAITING_BYTES:
            self._waiting.popleft()
            self._lost += 1

    def _put(self, entry: _Entry) -> None:
        self._add(entry, self._make_room(entry))

    def _make_room(self, entry: _Entry) -> Appender:
        """A file that takes this record: a new one where it has to be."""
        file = self._file
        if file is None or not file.is_as_left():
            file = self._open()
        if self._is_full(file, entry):
            self._path.rename(name_for_finished(self._path, file.day))
            file = self._open()
        if not self._begun_size:
            self._begin(file)
        return file

    def _is_full(self, file: Appender, entry: _Entry) -> bool:
        if file.size <= self._begun_size:
            return False
        is_next_day = self._rotation.daily and file.day != entry.day
        return is_next_day or file.size + len(entry.body) > self._rotation.most_bytes

    def _open(self) -> Appender:
        self.close()
        self._begun_size = 0
        self._file = Appender(self._path)
        self.torn = self._file.torn or self.torn
        return self._file

    def _begin(self, file: Appender) -> None:
        """Write what every file begins with, so that it can be read without the ones before."""
        self._places = {}
        self._add(self._entry("run", self._opening.run_fields), file)
        self._add(self._entry("rulebook", self._opening.rulebook_fields), file)
        if self._grid is not None:
            self._add(replace(self._grid, at=self._time()), file)
        sync_folder(self._path)
        self._begun_size = file.size
        self._opening = replace(self._opening, goes_on=True)

    def _add(self, entry: _Entry, file: Appender) -> None:
        head: dict[str, Any] = {"before": file.hash, "kind": entry.kind, "at": entry.at}
        if entry.is_of_slot and "grid" in self._places:
            head["places"] = self._places
        place = file.add(sealed(head, entry.body), entry.day)
        if entry.kind in {"run", "rulebook", "grid"}:
            self._places = {**self._places, entry.kind: place}
        if entry.kind == "grid":
            self._grid = entry

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell the system's errors in our words."""
        try:
            yield
        except OSError as error:
            why = f"the journal {self._path} cannot be written: {error.strerror}"
            raise JournalError(why) from None
